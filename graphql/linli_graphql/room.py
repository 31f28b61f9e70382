"""What the GraphQL room adds to `linli`: the hook of plugins' schemas, and its commands."""

from linli.rooms import Room
from linli_graphql import hookspecs
from linli_graphql.commands import register

ROOM = Room("linli_graphql", (hookspecs,), register)
