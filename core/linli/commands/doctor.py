"""`linli doctor` and `linli config show`: what is unsafe or missing, and what is set."""

import os

import typer

from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, fail, say, translator
from linli.config import ConfigError, load_config
from linli.config.faults import EX_CONFIG
from linli.config.shown import shown
from linli.doctor import examine

configuration = typer.Typer(name="config", help="The configuration of the place.", no_args_is_help=True)


def doctor(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Tell what is unsafe or missing, each with its mend; ends with 1 where there is a danger."""
    with deployment(config, migrated=False) as opened:
        told, found = translator(opened), examine(opened)
        for advice in found:
            say(advice.line(told))
        dangers = sum(one.danger for one in found)
        say(told.text("doctor.sum", dangers=dangers, notes=len(found) - dangers))
        if dangers:
            raise typer.Exit(1)


@configuration.command("show")
def show(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Show every key as it is in force, and where a variable sets it; secrets are never shown."""
    try:
        loaded = load_config(config, os.environ)
    except ConfigError as error:
        fail(str(error), EX_CONFIG)
    for line in shown(loaded):
        say(line)
