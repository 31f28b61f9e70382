"""What the policies room adds to `linli`: the commands of `linli policy` and `linli token`."""

import typer

from linli.rooms import Room
from linli_policies.cli import policy
from linli_policies.tokens import tokens


def register(app: typer.Typer) -> None:
    """Add the room's commands."""
    app.add_typer(policy)
    app.add_typer(tokens)


ROOM = Room("linli_policies", (), register)
