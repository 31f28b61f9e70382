"""Commands of the GraphQL room."""

import typer

from linli_graphql.commands.demo import demo
from linli_graphql.commands.schema import schema
from linli_graphql.commands.serve import serve


def register(app: typer.Typer) -> None:
    """Add the room's commands."""
    app.command("demo")(demo)
    app.command("serve")(serve)
    app.add_typer(schema)
