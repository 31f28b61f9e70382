"""New grids and committees, written level by level."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, literal, select

from linli import model as t
from linli.clock import now
from linli.database.sql import any_of
from linli.importing.bulk import BulkWriter, Values, new_ids
from linli.importing.counts import add_counts
from linli.importing.grid_changes import METRIC
from linli.importing.grid_rows import (
    COMMITTEE_COLUMNS,
    COMMITTEE_FIXED,
    GRID_COLUMNS,
    LEAF,
    Described,
    Place,
    describe,
    is_quasi,
    parent_name,
)
from linli.importing.names import is_filler, is_virtual
from linli.importing.sheets import OFFICIAL_SCHEMES, Division, Sheet
from linli.model.types import TextList

COUNT_COLUMNS = ("grid_key", "value")
TOP = Place(None, "/")


class CodeTaken(Exception):  # noqa: N818 - a state, not a mistake
    """A grid of another level has the code of a division."""

    def __init__(self, file: str, code: str) -> None:
        super().__init__(file, code)
        self.file = file
        self.code = code


@dataclass
class Tally:
    """What an import counts as it goes; `found` are grids with an official code that the table has too."""

    found: int = 0
    rows: int = 0
    created: int = 0
    unchanged: int = 0
    closed: int = 0
    organizations_created: int = 0
    fillers: int = 0
    virtual: int = 0
    quasi: int = 0


@dataclass
class GridWriter:
    """Compares divisions with the grids of a database and writes those that are new.

    Attributes:
        bulk: where new rows go.
        names: names of the upper levels by code, as the files have them.
        first_key: the first key that no grid has.
        known: all grids with a code if they are few, or None to look them up batch by batch.
    """

    connection: Connection
    bulk: BulkWriter
    names: Mapping[str, str]
    first_key: int
    known: Mapping[str, Row[Any]] | None
    dry_run: bool
    at: datetime = field(default_factory=now)
    tally: Tally = field(default_factory=Tally)
    changes: list[tuple[Row[Any], Sheet, Described]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._next_key = self.first_key
        self._committees: Counter[str] = Counter()  # new committees by the path of their town
        closed = select(t.grid.c.code).where(t.grid.c.valid_to.is_not(None), t.grid.c.code.is_not(None))
        self._closed = set(self.connection.execute(closed).scalars())

    def write(self, sheet: Sheet, divisions: Sequence[Division]) -> None:
        """Compare some divisions of one level, and write the new ones."""
        found = self._found(sheet, [code for code, _ in divisions])
        new: list[Division] = []
        for division in divisions:
            row = found.get(division[0])
            if row is None and self._can_be_made(sheet, division[0]):
                new.append(division)
                continue
            self._count(sheet, division)
            if row is not None:
                self._compare(sheet, division, row)
            else:
                self.tally.closed += 1
        if new:
            self._create(sheet, new)

    def finish(self) -> None:
        """Add the new committees up to the province."""
        self.bulk.wait()
        if self._committees and not self.dry_run:
            add_counts(self.connection, METRIC, self._committees, self.first_key)

    def _count(self, sheet: Sheet, division: Division) -> None:
        code, official = division
        self.tally.rows += 1
        self.tally.fillers += is_filler(official, parent_name(sheet, code, self.names))
        if sheet.level == LEAF:
            self.tally.virtual += is_virtual(official)
            self.tally.quasi += is_quasi(code)

    def _found(self, sheet: Sheet, codes: list[str]) -> Mapping[str, Row[Any]]:
        if self.known is not None:
            return self.known
        self.bulk.wait()
        statement = grids_by_code().where(any_of(t.grid.c.code, literal(codes, TextList())))
        if sheet.level != LEAF and not self.dry_run:
            # Nobody closes what new grids are about to hang below.
            statement = statement.order_by(t.grid.c.id).with_for_update(read=True)
        return {row.code: row for row in self.connection.execute(statement)}

    def _compare(self, sheet: Sheet, division: Division, row: Row[Any]) -> None:
        if row.level != sheet.level:
            raise CodeTaken(sheet.file, row.code)
        if sheet.level != LEAF:
            self._places[row.code] = Place(row.id, row.path)
        self.tally.found += row.code_scheme in OFFICIAL_SCHEMES
        if row.official_name == division[1]:
            self.tally.unchanged += 1
        else:
            self.changes.append((row, sheet, describe(sheet, division, self.names)))

    def _can_be_made(self, sheet: Sheet, code: str) -> bool:
        return code not in self._closed and (not sheet.above or code[: sheet.above[0][1]] in self._places)

    def _create(self, sheet: Sheet, divisions: Sequence[Division]) -> None:
        grids, committees, counts = self._rows(sheet, divisions)
        if not self.dry_run:
            stamps = {"created_at": self.at, "updated_at": self.at, "valid_from": self.at}
            fixed = {"version": 1, "code_scheme": sheet.scheme, "level": sheet.level, "spine": True}
            self.bulk.insert(t.grid, GRID_COLUMNS, grids, fixed | stamps)
            self.bulk.insert(t.organization, COMMITTEE_COLUMNS, committees, COMMITTEE_FIXED | stamps)
            self.bulk.insert(t.rollup, COUNT_COLUMNS, counts, {"metric": METRIC})
        self.tally.rows += len(grids)
        self.tally.created += len(grids)
        self.tally.organizations_created += len(committees)

    def _rows(self, sheet: Sheet, divisions: Sequence[Division]) -> tuple[list[Values], ...]:
        """Return the rows of the grids, of their committees, and the counts of those at their own grids."""
        grids: list[Values] = []
        committees: list[Values] = []
        counts: list[Values] = []
        ids, committee_ids = new_ids(len(divisions)), new_ids(len(divisions))
        for key, (division, grid_id) in enumerate(zip(divisions, ids, strict=True), self._next_key):
            described = describe(sheet, division, self.names)
            parent = self._places[described.code[: sheet.above[0][1]]] if sheet.above else TOP
            path = f"{parent.path}{key}/"
            grids.append(described.grid_row(grid_id, key, parent.id, path))
            self._note(sheet, described, Place(grid_id, path))
            committee = described.committee_row(next(committee_ids), grid_id, path)
            if committee:
                committees.append(committee)
                counts.append((key, 1))
                self._committees[parent.path] += 1
        self._next_key += len(grids)
        return grids, committees, counts

    def _note(self, sheet: Sheet, described: Described, place: Place) -> None:
        self.tally.fillers += described.filler
        if sheet.level == LEAF:
            self.tally.virtual += described.virtual
            self.tally.quasi += described.quasi
        else:
            self._places[described.code] = place


def grids_by_code() -> Select[Any]:
    """Return the statement of what is compared of open grids with a code."""
    c = t.grid.c
    return select(c.id, c.code, c.code_scheme, c.level, c.name, c.official_name, c.path).where(
        c.valid_to.is_(None), c.code.is_not(None)
    )
