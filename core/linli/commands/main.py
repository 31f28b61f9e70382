"""The command `linli`: what the core, the rooms and the plugins can do at the keyboard."""

import sys

import typer

from linli.commands.backups import backup, restore
from linli.commands.contributed import add_contributed
from linli.commands.doctor import configuration, doctor
from linli.commands.imports import imports
from linli.commands.keys import keys
from linli.commands.place import init, migrate_command
from linli.commands.plugin import plugin
from linli.commands.privacy import privacy
from linli.commands.sign_in import join
from linli.commands.templates import templates
from linli.commands.users import users
from linli.commands.verify import verify
from linli.plugins.discovery import installed_rooms


def application() -> typer.Typer:
    """Return the whole command."""
    app = typer.Typer(
        name="linli",
        help="Linli (邻里): grassroots governance as a graph.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.command("init")(init)
    app.command("migrate")(migrate_command)
    join(users)
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.command("doctor")(doctor)
    for group in (configuration, imports, keys, plugin, privacy, templates, users, verify):
        app.add_typer(group)
    for room in installed_rooms():
        room.register(app)
    return app


def main() -> None:
    """Run the command."""
    app = application()
    try:
        add_contributed(app, sys.argv[1:])
    except typer.Exit as refused:
        sys.exit(refused.exit_code)
    app()
