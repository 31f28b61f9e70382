"""A whole register checked against the territory, the residents known already, and itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, literal, select

from linli import model as t
from linli.database.sql import any_of
from linli.importing.entries import Entry, EntryReader
from linli.model.types import TextList
from linli.personal import ID_NUMBER
from linli.vault import Vault

ABOVE_PEOPLE: Final = frozenset({"province", "city", "county", "town"})
ZEROS: Final = (1, 2)  # how many a spreadsheet may have dropped


def import_key(vault: Vault, entry: Entry) -> str:
    """Return the key by which a later import recognises the same person."""
    if entry.id_number:
        return vault.lasting("import_key", f"id\x1f{entry.id_number}")
    birth = entry.birth_date.isoformat() if entry.birth_date else ""
    parts = ("row", entry.name, birth, entry.grid_code, entry.household or "")
    return vault.lasting("import_key", "\x1f".join(parts))


def known_keys(connection: Connection, keys: Collection[str]) -> set[str]:
    """Return those keys whose persons were imported before."""
    c = t.resident.c
    statement = select(c.import_key).where(any_of(c.import_key, literal(list(keys), TextList())))
    return {str(key) for key in connection.execute(statement).scalars()}


@dataclass
class Territory:
    """The grids that the codes of a file name, looked up once each.

    `scope` holds the paths below which the importer may write, None for everywhere; what lies outside reads
    as if it were not there.
    """

    scope: Sequence[str] | None
    _open: dict[str, Row[Any]] = field(default_factory=dict)
    _missing: set[str] = field(default_factory=set)
    _closed: set[str] = field(default_factory=set)
    _shortened: set[str] = field(default_factory=set)

    def look_up(self, connection: Connection, codes: set[str]) -> None:
        """Fetch the grids of codes that were not asked for yet."""
        wanted = sorted(codes - self._open.keys() - self._missing)
        c = t.grid.c
        statement = select(c.id, c.code, c.level, c.spine, c.path, c.valid_to)
        found = connection.execute(
            statement.where(any_of(c.code, literal(wanted, TextList())), c.valid_to.is_(None))
        )
        self._open |= {row.code: row for row in found if self.covers(row.path)}
        missing = [code for code in wanted if code not in self._open]
        if missing:
            self._explain(connection, missing)

    def _explain(self, connection: Connection, missing: Sequence[str]) -> None:
        """Find out which codes belong to closed grids, and which lack zeros that a spreadsheet dropped."""
        padded = {"0" * count + code: code for code in missing if code.isdecimal() for count in ZEROS}
        c = t.grid.c
        statement = select(c.code, c.path, c.valid_to).where(
            any_of(c.code, literal([*missing, *padded], TextList()))
        )
        for row in connection.execute(statement):
            if self.covers(row.path) and row.code in padded:
                self._shortened.add(padded[row.code])
            elif self.covers(row.path):
                self._closed.add(row.code)
        self._missing |= set(missing)

    def covers(self, path: str) -> bool:
        """Whether the importer may know of what stands at a path."""
        return self.scope is None or path.startswith(tuple(self.scope))

    def fault(self, code: str) -> str | None:
        """Return the key of the message that says why people cannot be placed there."""
        row = self._open.get(code)
        if row is not None:
            return "import.grid_level" if row.level in ABOVE_PEOPLE or not row.spine else None
        if code in self._closed:
            return "import.grid_closed"
        return "import.grid_zeros" if code in self._shortened else "import.grid_unknown"


@dataclass
class ResidentChecker:
    """Checks batch after batch; faults go to the reader's log."""

    reader: EntryReader
    vault: Vault
    territory: Territory
    rows: int = 0
    known: int = 0
    _rows: dict[int, int] = field(default_factory=dict)
    _heads: dict[int, int] = field(default_factory=dict)

    def check(self, connection: Connection, batch: Sequence[Entry]) -> None:
        """Check some entries."""
        self.rows += len(batch)
        self.territory.look_up(connection, {entry.grid_code for entry in batch})
        for entry in batch:
            reason = self.territory.fault(entry.grid_code)
            if reason:
                self.reader.fault(entry.row, "grid_code", reason)
        keys = self._singles(batch)
        known = known_keys(connection, keys)
        self.known += len(known)
        self._check_id_numbers(connection, [entry for key, entry in keys.items() if key not in known])

    def _singles(self, batch: Sequence[Entry]) -> dict[str, Entry]:
        """Return, by their keys, the entries that are not the second of their kind in the file."""
        singles = {}
        for entry in batch:
            key = import_key(self.vault, entry)
            first = self._rows.setdefault(_short(key), entry.row)
            if first == entry.row:
                singles[key] = entry
            elif entry.id_number:
                self.reader.fault(entry.row, "id_number", "import.id_twice", first=first)
            else:
                self.reader.fault(entry.row, None, "import.person_twice", first=first)
            self._check_head(entry)
        return singles

    def _check_head(self, entry: Entry) -> None:
        if not (entry.is_head and entry.household):
            return
        door = _short(self.vault.lasting("import_door", f"{entry.grid_code}\x1f{entry.household}"))
        first = self._heads.setdefault(door, entry.row)
        if first != entry.row:
            self.reader.fault(entry.row, "relation", "import.second_head", first=first)

    def _check_id_numbers(self, connection: Connection, entries: Sequence[Entry]) -> None:
        numbered = [(e, e.id_number) for e in entries if e.id_number]
        blinds = {blind: e for e, number in numbered for blind in ID_NUMBER.blinds(self.vault, number)}
        c = t.resident.c
        statement = select(c.id_number_blind, c.path).where(
            any_of(c.id_number_blind, literal(list(blinds), TextList())), c.valid_to.is_(None)
        )
        for row in connection.execute(statement):
            if self.territory.covers(row.path):
                self.reader.fault(blinds[row.id_number_blind].row, "id_number", "import.id_taken")


def _short(digest: str) -> int:
    """Sixteen digits of a digest are enough to tell the rows of one file apart, in a quarter of the room."""
    return int(digest[:16], 16)
