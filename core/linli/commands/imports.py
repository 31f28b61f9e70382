"""`linli import`: grids from the official table, residents from spreadsheets."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Protocol

import typer

from linli.commands.shared import (
    DEFAULT_CONFIG,
    ConfigOption,
    deployment,
    fail,
    operator,
    progress,
    say,
    translator,
)
from linli.importing.grids import import_grids
from linli.importing.residents import ImportOptions, import_residents
from linli.messages import Translator

imports = typer.Typer(name="import", help="Reading files into the graph.", no_args_is_help=True)
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything and write nothing.")]


@imports.command("grids")
def grids(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Folder of the five CSV files.")
    ],
    dry_run: DryRun = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Read provinces, cities, areas, streets and villages of the official division."""
    with deployment(config) as opened, progress() as advance:
        report = import_grids(opened.database, folder, advance, dry_run=dry_run)
        finish(translator(opened), report)


@imports.command("residents")
def residents(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="An Excel workbook (.xlsx) or a CSV file.")
    ],
    dry_run: DryRun = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Read residents from an Excel workbook, or from a CSV file in UTF-8 or GB18030."""
    with deployment(config) as opened, progress() as advance:
        options = ImportOptions(language=translator(opened).language, actor=operator())
        report = import_residents(opened.database, opened.vault, file, advance, options, dry_run=dry_run)
        finish(translator(opened), report)


class Report(Protocol):
    """What an import tells."""

    @property
    def fault_count(self) -> int: ...
    def lines(self, texts: Translator) -> Iterable[str]: ...


def finish(texts: Translator, report: Report) -> None:
    """Print a report line by line; end with a code where nothing was written."""
    for line in report.lines(texts):
        say(line)
    if report.fault_count:
        fail(texts.text("import.nothing_written"))
