"""SQLite's part of backups: a copy by the online API as of one moment, and tables in canonical form."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from linli.backup.errors import BackupError
from linli.backup.manifest import TableState
from linli.database.migration_sql import quoted

PAGES: Final = 4096  # copied between two reports
CHUNK: Final = 1024 * 1024
# The tables behind a full-text index are part of the file, and made again from the rows.
TABLES: Final = """
SELECT name FROM pragma_table_list
WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
"""


def copy(source: Path, target: Path, tell: Callable[[int, int], None]) -> None:
    """Copy a database that is written to meanwhile; no writer waits. The copy is one file, on the disk."""
    with closing(_reader(source)) as origin, closing(sqlite3.connect(target)) as made:
        origin.execute("BEGIN")
        # From the first read on this connection sees one moment; else each write would begin the copy anew.
        origin.execute("SELECT count(*) FROM sqlite_master").fetchone()
        origin.backup(made, pages=PAGES, progress=lambda _, left, total: tell(total - left, total))
        made.execute("PRAGMA journal_mode=DELETE")


def tables(file: Path, tell: Callable[[int, int], None]) -> Mapping[str, TableState]:
    """Return what each table of a database hashes to."""
    with closing(_reader(file)) as connection:
        connection.execute("BEGIN")
        names = table_names(connection)
        found = {}
        for number, name in enumerate(names):
            tell(number, len(names))
            found[name] = _state(connection, name)
        return found


def table_names(connection: sqlite3.Connection) -> list[str]:
    """Return the names of all tables with rows of their own."""
    return [name for (name,) in connection.execute(TABLES)]


def is_empty(file: Path) -> bool:
    """Whether there is no database in a file, or one without tables."""
    if not file.exists() or file.stat().st_size == 0:
        return True
    with closing(_reader(file)) as connection:
        return not table_names(connection)


def check(file: Path) -> None:
    """Refuse a file that SQLite itself finds fault with.

    Raises:
        BackupError: it is damaged.
    """
    with closing(sqlite3.connect(file)) as connection:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        if said != ["ok"]:
            raise BackupError("backup.integrity", reason=said[0])


def pieces(file: Path) -> Iterator[bytes]:
    """Yield the bytes of a file."""
    with file.open("rb") as opened:
        while piece := opened.read(CHUNK):
            yield piece


def _reader(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, timeout=10)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _state(connection: sqlite3.Connection, table: str) -> TableState:
    """Hash a table's rows in the order of its key, each value as the SQL literal that `quote` makes of it."""
    information = list(connection.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)))
    columns = tuple(name for name, _ in information)
    keys = [name for name, number in sorted(information, key=lambda one: one[1]) if number] or columns
    literals = " || ',' || ".join("quote(" + quoted(name) + ")" for name in columns)
    order = ", ".join(quoted(name) for name in keys)
    statement = "SELECT " + literals + " FROM " + quoted(table) + " ORDER BY " + order  # noqa: S608 - quoted names
    digest, rows = hashlib.sha256(), 0
    for (text,) in connection.execute(statement):
        digest.update(text.encode("utf-8", "surrogatepass") + b"\n")
        rows += 1
    return TableState(columns=columns, rows=rows, sha256=digest.hexdigest())
