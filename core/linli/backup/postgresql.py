"""PostgreSQL's part of backups: COPY of every table in one snapshot, in the order of its key, both ways.

It needs no program of the server's, and its own role is enough to read. The text of COPY is the canonical
form that tables are compared by, so settings that change that text are fixed here.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

from linli.backup.manifest import TableState

Psycopg = Connection[Any]

SETTINGS: Final = (
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL client_encoding = 'UTF8'",
    "SET LOCAL statement_timeout = 0",
)
TABLES: Final = """
SELECT c.relname FROM pg_class AS c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname COLLATE "C"
"""
COLUMNS: Final = """
SELECT a.attname, a.attcollation <> 0, coalesce(array_position(i.indkey::int2[], a.attnum), 0)
FROM pg_attribute AS a LEFT JOIN pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = (quote_ident(current_schema()) || '.' || quote_ident(%s))::regclass
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""
SEQUENCES: Final = """
SELECT sequencename, last_value FROM pg_sequences
WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY sequencename
"""
REFERENCES: Final = """
SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint AS c
WHERE c.connamespace = current_schema()::regnamespace AND c.contype = 'f' AND c.conparentid = 0
"""


def settle(connection: Psycopg) -> None:
    """Fix, for this transaction, how values are written."""
    for statement in SETTINGS:
        connection.execute(statement)


def table_names(connection: Psycopg) -> list[str]:
    """Return the names of all tables."""
    return [name for (name,) in connection.execute(TABLES)]


def sequences(connection: Psycopg) -> Mapping[str, int]:
    """Return the last value of each sequence that was used."""
    return dict(connection.execute(SEQUENCES).fetchall())


class Reading:
    """A table being read: iterate over `pieces`, then ask for its `state`."""

    def __init__(self, connection: Psycopg, table: str) -> None:
        information = connection.execute(COLUMNS, (table,)).fetchall()
        keys = sorted((one for one in information if one[2]), key=lambda one: int(one[2])) or information
        self._connection = connection
        self._statement = SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
            _listed([name for name, _, _ in information]),
            Identifier(table),
            SQL(", ").join(_ordered(name, collated=collated) for name, collated, _ in keys),
        )
        self._columns = tuple(name for name, _, _ in information)
        self._digest = hashlib.sha256()
        self._rows = 0

    def pieces(self) -> Iterator[bytes]:
        """Yield the rows as COPY writes them."""
        with self._connection.cursor().copy(self._statement) as copied:
            for piece in copied:
                row = bytes(piece)
                self._digest.update(row)
                self._rows += row.count(b"\n")  # a line break within a value is written as two characters
                yield row

    @property
    def state(self) -> TableState:
        """What has been read."""
        return TableState(columns=self._columns, rows=self._rows, sha256=self._digest.hexdigest())


def state(connection: Psycopg, table: str) -> TableState:
    """Return what a table hashes to."""
    reading = Reading(connection, table)
    for _ in reading.pieces():
        pass
    return reading.state


class Loading:
    """A migrated database being filled: no trigger, no reference and no row is in the way until `close`."""

    def __init__(self, connection: Psycopg) -> None:
        self._connection = connection
        self._references = connection.execute(REFERENCES).fetchall()
        self._tables = table_names(connection)
        for table, name, _ in self._references:
            self._do("ALTER TABLE {} DROP CONSTRAINT {}", SQL(table), Identifier(name))
        for table in self._tables:
            self._do("ALTER TABLE {} DISABLE TRIGGER USER", Identifier(table))
            self._do("DELETE FROM {}", Identifier(table))  # what migrations have put there

    def fill(self, table: str, columns: Sequence[str], pieces: Iterable[bytes]) -> None:
        """Write a table's rows, as `Reading` gave them."""
        statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), _listed(columns))
        with self._connection.cursor().copy(statement) as copying:
            for piece in pieces:
                copying.write(piece)

    def close(self, last_values: Mapping[str, int]) -> None:
        """Set the sequences, and put triggers and references back; all rows are checked against these."""
        for name, value in last_values.items():
            self._connection.execute("SELECT setval(quote_ident(%s)::regclass, %s)", (name, value))
        for table in self._tables:
            self._do("ALTER TABLE {} ENABLE TRIGGER USER", Identifier(table))
        for table, name, definition in self._references:
            # Both are the server's own words about itself.
            self._do("ALTER TABLE {} ADD CONSTRAINT {} {}", SQL(table), Identifier(name), SQL(definition))

    def _do(self, statement: str, *parts: SQL | Identifier) -> None:
        self._connection.execute(SQL(statement).format(*parts))


def _listed(names: Iterable[str]) -> Composed:
    return SQL(", ").join(map(Identifier, names))


def _ordered(name: str, *, collated: bool) -> Composed:
    """Order texts by their bytes: two servers may have different alphabets."""
    return SQL('{} COLLATE "C"' if collated else "{}").format(Identifier(name))
