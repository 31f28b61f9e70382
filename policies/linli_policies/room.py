"""What the policies room adds to `linli`: the commands of `linli policy`."""

from linli.rooms import Room
from linli_policies.cli import register

ROOM = Room("linli_policies", (), register)
