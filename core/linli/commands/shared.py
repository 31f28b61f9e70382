"""What commands share: opening the deployment, telling faults, showing progress."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from linli.config.faults import EX_CONFIG, ConfigError
from linli.database.database import Unavailable
from linli.database.migrate import MigrationError, pending
from linli.deployment import Deployment, open_deployment
from linli.messages import Translator, core_messages, environment_language
from linli.policy import Actor

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="LINLI_CONFIG", help="The configuration file of the place.")
]
DEFAULT_CONFIG = Path("linli.toml")
EX_UNAVAILABLE = 69  # sysexits.h: service unavailable

Advance = Callable[[str, int, int], None]


def fail(message: str, code: int = 1) -> NoReturn:
    """Tell one fault on standard error and end the command."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(message, markup=False)
    raise typer.Exit(code)


@contextmanager
def deployment(path: Path, *, migrated: bool = True) -> Iterator[Deployment]:
    """Open the deployment for a command; faults of configuration end it with one sentence each."""
    try:
        opened = open_deployment(path, os.environ)
        try:
            if migrated and pending(opened.database, opened.migrations):
                fail(translator(opened).text("command.migrate_first"), EX_CONFIG)
            yield opened
        finally:
            opened.database.engine.dispose()
    except ConfigError as error:
        fail(str(error), EX_CONFIG)
    except MigrationError as error:
        fail(text_of(error), EX_CONFIG)
    except Unavailable as error:
        fail(str(error), EX_UNAVAILABLE)


def text_of(error: MigrationError) -> str:
    """Return a migration's fault in the language of the person at the keyboard."""
    return core_messages().text(error.key, environment_language(os.environ), **error.params)


def translator(opened: Deployment) -> Translator:
    """Return the deployment's messages in the language of the person at the keyboard."""
    return opened.messages.speaking(opened.config.source.translator.language)


def say(message: str) -> None:
    """Print one line for the person at the keyboard."""
    Console(soft_wrap=True, highlight=False).print(message, markup=False)


def operator() -> Actor:
    """Return the person at the keyboard as the audit names them: by the user of the operating system."""
    return Actor(name=f"os:{getpass.getuser()}"[:80])


@contextmanager
def progress() -> Iterator[Advance]:
    """Show a bar for each stage of long work; plain output elsewhere stays readable."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as shown:
        stages: dict[str, int] = {}

        def advance(stage: str, done: int, total: int) -> None:
            task = stages.setdefault(stage, -1)
            if task < 0:
                task = stages[stage] = int(shown.add_task(stage, total=total or None))
            shown.update(task, completed=done, total=total or None)  # type: ignore[arg-type]  # rich's TaskID is an int

        yield advance
