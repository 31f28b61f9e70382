"""Reads of SQLite: short ones inline, long ones aside, so that nobody waits for somebody else's."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from linli.database import sqlite
from linli.database.database import Unavailable
from linli.database.sqlite import SqliteDatabase

SHORT = "SELECT 1, ?"
LONG = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT max(i), 'long' FROM n
"""
FOREVER = 10**12


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """An empty database, open."""
    opened = SqliteDatabase(str(tmp_path / "linli.db"))
    with opened.begin():
        pass
    await opened.open()
    yield opened
    await opened.close()


async def test_a_long_read_lets_a_short_one_pass(database: SqliteDatabase) -> None:
    long = asyncio.create_task(database.fetch(LONG, (3_000_000,)))
    while not database._aside._threads:
        await asyncio.sleep(0)
    assert await database.fetch(SHORT, ("short",)) == (1, "short")
    assert not long.done()
    assert await long == (3_000_000, "long")


async def test_a_read_that_never_ends_is_given_up(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LONGEST_SECONDS", 0.1)
    with pytest.raises(Unavailable):
        await database.fetch(LONG, (FOREVER,))


async def test_who_leaves_stops_the_read(database: SqliteDatabase) -> None:
    long = asyncio.create_task(database.fetch(LONG, (FOREVER,)))
    while not database._aside._threads:
        await asyncio.sleep(0)
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long
    # Both threads are free for others again.
    found = await asyncio.gather(*(database.fetch(LONG, (3_000_000,)) for _ in range(2)))
    assert found == [(3_000_000, "long")] * 2


async def test_what_is_wrong_is_told_as_it_is(database: SqliteDatabase) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await database.fetch("SELECT 1 FROM nowhere", ())


TRIED_BESIDE_READS = """
import asyncio, sys
from linli.database.sqlite import SqliteDatabase

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT max(i) FROM n"

async def main():
    database = SqliteDatabase(sys.argv[1])
    await database.open()
    def tries():
        return all(database.accepts(LONG, 0) for _ in range(3000))
    trying = asyncio.get_running_loop().run_in_executor(None, tries)
    while not trying.done():
        assert await database.fetch(LONG, ()) == (5000,)
        await asyncio.sleep(0)
    assert await trying
    await database.close()

asyncio.run(main())
"""


def test_statements_are_tried_on_a_thread_while_others_read(tmp_path: Path) -> None:
    """In a process of its own: two threads that wait for each other stop everything in theirs."""
    command = [sys.executable, "-c", TRIED_BESIDE_READS, str(tmp_path / "linli.db")]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0
