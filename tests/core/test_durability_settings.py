"""What makes an acknowledged write durable: settings of our connections that nothing weakens."""

import ast
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from linli.database.migrate import CORE_LINE, migrate
from linli.database.postgresql import PostgresDatabase
from linli.database.sqlite import SqliteDatabase
from tests.house.source import Module, modules

FULL = 2  # of PRAGMA synchronous: the log is on the disk before a commit returns
PRAGMAS = ("journal_mode", "synchronous", "foreign_keys")
DUE = {"journal_mode": "wal", "synchronous": FULL, "foreign_keys": 1}
# Settings of PostgreSQL that decide what a commit is worth; only the operator may touch them.
GUARDED = ("synchronous_commit", "fsync", "full_page_writes", "commit_delay", "wal_sync_method")
ASKS = "core/linli/doctor/"  # what they are, to tell the operator
COPIES = "core/linli/backup/sqlite.py"  # a copy that nobody serves is made one file
WEAKER = re.compile(r"synchronous\s*=\s*(off|normal|0|1)\b|journal_mode\s*=\s*(?!wal)\w", re.IGNORECASE)


def pragmas(connection: Connection) -> dict[str, object]:
    return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in PRAGMAS}


async def test_every_writing_connection_of_sqlite_is_durable_and_keeps_references(sqlite_path: Path) -> None:
    database = SqliteDatabase(str(sqlite_path))
    try:
        migrate(database, [CORE_LINE])  # whatever it switches off meanwhile is on again
        with database.begin() as first:
            assert pragmas(first) == DUE
        assert await database.run(pragmas) == DUE
        with database.engine.connect() as one, database.engine.connect() as other:
            held = [each.connection.driver_connection for each in (one, other)]
            assert held[0] is not held[1]
            assert [_read(each, "synchronous") for each in held] == [FULL, FULL]
            assert [_read(each, "foreign_keys") for each in held] == [1, 1]
    finally:
        await database.close()


def _read(connection: object, name: str) -> object:
    assert isinstance(connection, sqlite3.Connection)
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


async def test_a_transaction_of_sqlite_holds_the_write_lock_before_it_reads(sqlite_path: Path) -> None:
    """Else two that both read first would lose one update, or fail with "database is locked"."""
    database = SqliteDatabase(str(sqlite_path))
    other = sqlite3.connect(sqlite_path, timeout=0, isolation_level=None)
    try:
        with database.begin(), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")
    finally:
        other.close()
        await database.close()


async def test_the_reading_connection_of_sqlite_cannot_write(sqlite_path: Path) -> None:
    database = SqliteDatabase(str(sqlite_path))
    try:
        with database.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE mark (id INTEGER)")
        await database.open()
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await database.fetch("INSERT INTO mark VALUES (1) RETURNING id", ())
    finally:
        await database.close()


async def test_a_commit_on_postgresql_waits_for_the_disk_as_the_operator_set_it(fresh_postgres: str) -> None:
    """The server of the tests itself runs without fsync, for a dead machine is not what they are about."""

    def seen(connection: Connection) -> str:
        return str(connection.execute(text("SHOW synchronous_commit")).scalar_one())

    database = PostgresDatabase(make_url(fresh_postgres), 2)
    try:
        migrate(database, [CORE_LINE])
        with database.begin() as connection:
            assert seen(connection) == "on"
            changed = (
                "SELECT name FROM pg_settings WHERE name = ANY(:names) AND source IN ('session', 'client')"
            )
            assert not connection.execute(text(changed), {"names": list(GUARDED)}).all()
        assert await database.run(seen) == "on"
    finally:
        await database.close()


@pytest.mark.parametrize("setting", GUARDED)
def test_nothing_in_the_code_touches_what_a_commit_is_worth(setting: str) -> None:
    others = [module for module in modules() if not module.place.startswith(ASKS)]
    assert not [module.place for module in others if any(setting in text for text in _texts(module))]


def _texts(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_nothing_in_the_code_weakens_sqlite() -> None:
    assert [module.place for module in modules() if WEAKER.search(module.text)] == [COPIES]
    assert WEAKER.search("PRAGMA synchronous=NORMAL")
    assert not WEAKER.search("PRAGMA synchronous=FULL")
