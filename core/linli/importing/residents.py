"""Registers of residents from Excel and CSV files: checked as a whole, then written in batches."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from linli.database.database import Database
from linli.importing.bulk import ahead, batches, look_up_by_index
from linli.importing.columns import RESIDENTS
from linli.importing.encodings import Undecidable
from linli.importing.entries import EntryReader
from linli.importing.exclusive import ImportRunning, only_import
from linli.importing.faults import Fault, FaultLog, Progress, fault_lines, quiet
from linli.importing.form_rows import detect_kind
from linli.importing.resident_checks import ResidentChecker, Territory
from linli.importing.resident_writing import GridGone, ResidentWriter
from linli.importing.runs import Run
from linli.messages import Language, Translator
from linli.policy import Actor
from linli.vault import Vault

KIND: Final = "residents"
BATCH: Final = 5_000
OPERATOR: Final = Actor(name="import")


@dataclass(frozen=True)
class ResidentReport:
    """What an import of residents did, or would do.

    Attributes:
        rows: persons in the file.
        created: persons entered; of a dry run, who would be.
        known: persons that were there already; their records stay as they are.
        households: households made.
        resumed: whether an earlier import of the same file had been broken off.
        faults: the first faults; `fault_count` counts all. Nothing was written if the file has one.
    """

    rows: int = 0
    created: int = 0
    known: int = 0
    households: int = 0
    resumed: bool = False
    dry_run: bool = False
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0

    def lines(self, texts: Translator) -> Iterator[str]:
        """Return the report as sentences."""
        yield from fault_lines(texts, self.faults, self.fault_count)
        if self.fault_count:
            return
        if self.resumed:
            yield texts.text("import.resumed")
        key = "import.residents_checked" if self.dry_run else "import.residents_done"
        numbers = {"rows": self.rows, "created": self.created, "known": self.known}
        yield texts.text(key, **numbers, households=self.households)


@dataclass(frozen=True)
class ImportOptions:
    """Who imports, where, and how the person is spoken to.

    Attributes:
        scope: paths below which the importer may write; None means everywhere. What lies outside is answered
            as if it were not there.
        language: of the columns that a fault says are missing.
        actor: whom the events name.
    """

    scope: tuple[str, ...] | None = None
    language: Language = "en"
    actor: Actor = OPERATOR


@dataclass(frozen=True)
class _Import:
    """One import: what it reads, where it writes, who for."""

    database: Database
    vault: Vault
    file: Path
    progress: Progress
    options: ImportOptions
    log: FaultLog


EVERYWHERE: Final = ImportOptions()


def import_residents(
    database: Database,
    vault: Vault,
    file: Path,
    progress: Progress = quiet,
    options: ImportOptions = EVERYWHERE,
    *,
    dry_run: bool = False,
) -> ResidentReport:
    """Enter the residents of an Excel workbook, or of a CSV file in UTF-8 or GB18030.

    The whole file is checked first, and nothing is written if a row is at fault. Persons are recognised by
    their ID number, or else by name, date of birth, grid and household: imported again, in any order, or
    after a crash, the file ends in the same state.

    Args:
        database: where the territory is and the residents go.
        vault: the deployment's key, under which phone and ID numbers are encrypted.
        file: the file; the header names its columns in Chinese or English, in any order.
        progress: called with the stages `check` (bytes) and `write` (rows).
        options: who imports and where.
        dry_run: check everything and write nothing.
    """
    one = _Import(database, vault, file, progress, options, FaultLog())
    try:
        kind = detect_kind(file, RESIDENTS)
        with only_import(database, KIND):
            return _import(one, kind, dry_run=dry_run)
    except Undecidable as reason:
        one.log.add(Fault(file.name, reason.row, None, reason.key, reason.params))
    except ImportRunning:
        one.log.add(Fault(file.name, 0, None, "import.running"))
    except GridGone:
        one.log.add(Fault(file.name, 0, None, "import.grid_gone"))
    return ResidentReport(dry_run=dry_run, faults=one.log.faults, fault_count=one.log.count)


def _import(one: _Import, kind: str, *, dry_run: bool) -> ResidentReport:
    checker = _check(one, kind)
    if one.log.count:
        return ResidentReport(
            rows=checker.rows, dry_run=dry_run, faults=one.log.faults, fault_count=one.log.count
        )
    if dry_run:
        new = checker.rows - checker.known
        return ResidentReport(rows=checker.rows, created=new, known=checker.known, dry_run=True)
    return _write(one, kind, checker)


def _check(one: _Import, kind: str) -> ResidentChecker:
    reader = EntryReader(one.file, kind, one.log, one.options.language)
    checker = ResidentChecker(reader, one.vault, Territory(one.options.scope))
    size = one.file.stat().st_size
    for batch in batches(reader.entries(partial(_report, one.progress, size)), BATCH):
        with one.database.begin() as connection:
            look_up_by_index(connection)
            checker.check(connection, batch)
    return checker


def _write(one: _Import, kind: str, checked: ResidentChecker) -> ResidentReport:
    reader = EntryReader(one.file, kind, one.log, one.options.language)
    writer, digest = ResidentWriter(one.vault, one.options.actor), _digest(one.file)
    with one.database.begin() as connection:
        run = Run.begin(connection, KIND, digest, one.options.actor.account_id)
    done, total = 0, checked.rows
    prepare = partial(writer.prepare, seal=checked.known * 2 < total)
    for batch in ahead(map(prepare, batches(reader.entries(_ignore), BATCH))):
        with one.database.begin() as connection:
            look_up_by_index(connection)
            writer.write(connection, batch)
            done += len(batch)
            run.reach(connection, done, finished=done == total)
        one.progress("write", done, total)
    if not total:
        with one.database.begin() as connection:
            run.reach(connection, 0, finished=True)
    return ResidentReport(
        rows=total,
        created=writer.created,
        known=total - writer.created,
        households=writer.households,
        resumed=run.resumed,
    )


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _report(progress: Progress, size: int, done: int) -> None:
    progress("check", done, size)


def _ignore(_done: int) -> None:
    return
