"""`linli credit`: what the operator's timer runs each night."""

from functools import partial

import typer

from linli.clock import today
from linli.commands.shared import (
    DEFAULT_CONFIG,
    ConfigOption,
    deployment,
    operator,
    progress,
    say,
    translator,
)
from linli.deeds import operate
from linli_graphql.composition import compose

from .daily import BATCH, JOBS

app = typer.Typer(name="credit", help="The credit bank.", no_args_is_help=True)


@app.command("daily")
def daily(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Let redemptions that nobody fetched expire and members who are leaving go; run it once a night."""
    with deployment(config) as opened, progress() as advance:
        deeds = compose(opened).deeds
        for job in JOBS:
            total, done = 0, BATCH
            while done == BATCH:
                with opened.database.begin() as connection:
                    done = operate(connection, deeds, operator(), partial(job, day=today()))
                total += done
                advance(job.__name__, total, 0)
            say(translator(opened).text(f"credit_bank.daily.{job.__name__}", count=total))
