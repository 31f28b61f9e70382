"""`linli plugin`: which plugins are installed and which run."""

import typer

from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, say
from linli.plugins.discovery import installed

plugin = typer.Typer(name="plugin", help="Plugins.", no_args_is_help=True)


@plugin.command("list")
def list_plugins(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List the installed plugins; those that run are marked."""
    with deployment(config, migrated=False) as opened:
        for name, candidates in installed().items():
            running = name in opened.plugins.names
            version = opened.plugins[name].manifest.version if running else ""
            say(f"{'●' if running else '○'} {name}\t{version}\t{candidates[0].distribution}")
