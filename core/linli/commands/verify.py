"""`linli verify`: whether what is stored agrees with itself."""

from pathlib import Path
from typing import Annotated

import typer

from linli.commands.shared import (
    DEFAULT_CONFIG,
    Advance,
    ConfigOption,
    deployment,
    progress,
    say,
    translator,
)
from linli.deployment import Deployment
from linli.traces.heads import read_heads
from linli.traces.reactions import reaction_consumers
from linli.verify import Report, export_audit, snapshot, verify_all, verify_audit

verify = typer.Typer(name="verify", help="Check what is stored against itself.", invoke_without_command=True)


@verify.callback()
def everything(context: typer.Context, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Check paths, counts, references, the audit's chain, the deliveries, and what plugins keep."""
    if context.invoked_subcommand is not None:
        return
    with deployment(config) as opened, progress() as advance:
        tell(opened, verified(opened, advance))


@verify.command("audit")
def audit(
    config: ConfigOption = DEFAULT_CONFIG,
    export: Annotated[
        Path | None, typer.Option(help="Also write it to a file, for scripts/verify_audit.py.")
    ] = None,
) -> None:
    """Check the audit alone: changed or missing entries, the chain, and the heads signed outside."""
    with deployment(config) as opened:
        heads = read_heads(opened.heads)
        with snapshot(opened.database) as connection:
            found = tuple(verify_audit(connection, heads))
            if export is not None:
                with export.open("w", encoding="utf-8") as file:
                    export_audit(connection, file)
        tell(opened, Report({"audit": found}))


def verified(opened: Deployment, advance: Advance) -> Report:
    """Return what the whole verification finds."""
    consumers = [one.name for one in reaction_consumers(opened.plugins)]
    more = {
        f"{plugin.name}.{check.name}": check.verify
        for plugin, checks in opened.plugins.each("linli_checks")
        for check in checks
    }
    return verify_all(opened.database, opened.heads, consumers=consumers, more=more, progress=advance)


def tell(opened: Deployment, report: Report) -> None:
    """Say what was found, and end with 1 where there is a fault."""
    for line in report.lines(translator(opened)):
        say(line)
    if not report.sound:
        raise typer.Exit(1)
