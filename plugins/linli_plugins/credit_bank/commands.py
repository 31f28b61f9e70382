"""`linli credit`: what the operator's timer runs each night, and awards from files."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from linli.clock import today
from linli.commands.imports import DryRun, finish
from linli.commands.shared import (
    DEFAULT_CONFIG,
    ConfigOption,
    deployment,
    operator,
    progress,
    say,
    translator,
)
from linli.commands.templates import FileArgument, LangOption, offer
from linli.operating import operate

from .daily import BATCH, JOBS
from .importing import FORM, AwardFile, import_award

app = typer.Typer(name="credit", help="The credit bank.", no_args_is_help=True)


@app.command("daily")
def daily(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Let redemptions that nobody fetched expire and members who are leaving go; run it once a night."""
    with deployment(config) as opened, progress() as advance:
        for job in JOBS:
            total, done = 0, BATCH
            while done == BATCH:
                with opened.database.begin() as connection:
                    done = operate(connection, opened, operator(), partial(job, day=today()))
                total += done
                advance(job.__name__, total, 0)
            say(translator(opened).text(f"credit_bank.daily.{job.__name__}", count=total))


@app.command("award")
def award(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV or Excel file.")],
    bank: Annotated[str, typer.Option(help="Public id of the bank.")],
    measure: Annotated[str, typer.Option(help="Code of the line of the measure table.")],
    title: Annotated[str, typer.Option(help="What was done.")],
    day: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="When it was done.")],
    dry_run: DryRun = False,  # noqa: FBT002 - typer reads options from parameters
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Prepare an award from a file of member numbers and quantities; somebody approves it afterwards."""
    with deployment(config) as opened, progress() as advance:
        given = AwardFile(file, bank, measure, title, day.date())
        texts = translator(opened)
        finish(texts, import_award(opened, operator(), given, texts, advance, dry_run=dry_run))


@app.command("template")
def template(file: FileArgument, lang: LangOption = None) -> None:
    """Write a template of an award."""
    offer(file, FORM, lang)
