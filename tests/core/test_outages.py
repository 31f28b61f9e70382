"""A PostgreSQL that cannot be reached: everybody is told within five seconds, and it heals by itself."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from linli.database.database import Unavailable
from linli.database.migrate import CORE_LINE, migrate, pending
from linli.database.postgresql import PostgresDatabase
from tests.support.postgres import running_postgres

PROMISED = 5.0
QUEUE = 40
WRITERS = 4


def write(connection: Connection) -> int:
    return int(connection.execute(text("SELECT 1")).scalar_one())


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(make_url(url), WRITERS)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def seconds_until_refused(ask: Callable[[], Awaitable[object]]) -> float:
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await ask()
    return time.monotonic() - began


async def test_a_queue_before_a_server_that_never_answers_is_told_within_five_seconds() -> None:
    """As behind a firewall that drops: connections are taken and nothing comes back."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as silent:
        url = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/linli"
        async with opened(url) as database:
            writes = [seconds_until_refused(lambda: database.run(write)) for _ in range(QUEUE)]
            reads = [seconds_until_refused(lambda: database.fetch("SELECT 1", ())) for _ in range(QUEUE)]
            waited = await asyncio.gather(*writes, *reads)
    assert max(waited) < PROMISED


async def test_too_many_connections_are_an_outage_and_no_fault(fresh_postgres: str) -> None:
    with psycopg.connect(fresh_postgres, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS crowded")
        connection.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    crowded = make_url(fresh_postgres).set(username="crowded").render_as_string(hide_password=False)
    async with opened(crowded) as database:
        await seconds_until_refused(lambda: database.run(write))
        await seconds_until_refused(lambda: database.fetch("SELECT 1", ()))


async def test_who_starts_while_the_database_is_away_serves_once_it_is_back() -> None:
    with running_postgres() as server:
        server.stop()
        async with opened(server.url()) as database:
            await seconds_until_refused(lambda: database.run(write))
            await seconds_until_refused(lambda: database.fetch("SELECT 1", ()))
            server.start()
            assert await database.run(write) == 1
            assert await database.fetch("SELECT 1", ()) == (1,)
            server.crash()
            await seconds_until_refused(lambda: database.run(write))
            await seconds_until_refused(lambda: database.fetch("SELECT 1", ()))
            server.start()
            assert await database.run(write) == 1
            assert await database.fetch("SELECT 1", ()) == (1,)


async def test_connections_that_died_while_nobody_used_them_cost_no_read(fresh_postgres: str) -> None:
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    async with opened(fresh_postgres) as database:
        for _ in range(3):
            reads = [database.fetch("SELECT 1, pg_sleep(0.05)::text", ()) for _ in range(WRITERS)]
            assert [row[0] for row in await asyncio.gather(*reads)] == [1] * WRITERS
            with psycopg.connect(fresh_postgres, autocommit=True) as connection:
                connection.execute(f"{end} AND datname = current_database()".encode())
            await asyncio.sleep(0.1)  # until the loop has heard of it


async def test_who_looks_whether_all_is_well_does_not_wait_for_busy_writers(fresh_postgres: str) -> None:
    async with opened(fresh_postgres) as database:
        migrate(database, [CORE_LINE])
        release = threading.Event()
        try:
            busy = [asyncio.create_task(database.run(lambda _: release.wait())) for _ in range(WRITERS)]
            while len(database._writers._threads) < WRITERS:
                await asyncio.sleep(0.01)
            looks = [asyncio.to_thread(pending, database, [CORE_LINE]) for _ in range(2)]
            assert await asyncio.gather(*looks) == [(), ()]
            assert not any(one.done() for one in busy)
        finally:
            release.set()
        await asyncio.gather(*busy)
