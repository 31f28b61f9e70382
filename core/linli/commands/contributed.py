"""Commands that the plugins of a place bring: `linli motto list`."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
from typer.main import get_group

from linli.commands.shared import DEFAULT_CONFIG, fail
from linli.config.faults import ConfigError
from linli.deployment import Deployment, open_deployment
from linli.plugins.checks import command_name

CONFIG_OPTIONS = ("-c", "--config")


def add_contributed(app: typer.Typer, arguments: Sequence[str]) -> None:
    """Add the plugins' commands, if the arguments ask for one that is not linli's own, or for help."""
    own = set(get_group(app).commands)
    asked = next((one for one in arguments if not one.startswith("-")), None)
    file = config_of(arguments)
    if asked in own or not file.is_file():
        return
    try:
        opened = open_deployment(file, os.environ)
        contributed = list(_contributed(opened))
    except ConfigError as error:
        if asked is None:  # help must be had even where the configuration is broken
            return
        fail(str(error), error.exit_code)
    for plugin, name, command in contributed:
        if name in own:
            text = opened.config.source.translator.text
            fail(text("plugins.command_clash", plugin=plugin, name=name), ConfigError.exit_code)
        app.add_typer(command, name=name)


def config_of(arguments: Sequence[str]) -> Path:
    """Return the configuration file that a command's arguments name, or else the usual one."""
    for place, one in enumerate(arguments):
        if one.startswith("--config="):
            return Path(one.removeprefix("--config="))
        if one in CONFIG_OPTIONS and place + 1 < len(arguments):
            return Path(arguments[place + 1])
    return Path(os.environ.get("LINLI_CONFIG", DEFAULT_CONFIG))


def _contributed(opened: Deployment) -> Iterator[tuple[str, str, typer.Typer]]:
    for plugin, commands in opened.plugins.each("linli_commands"):
        for one in commands:
            yield plugin.name, command_name(one, plugin.name), one
