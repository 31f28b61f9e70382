"""The databases that every other test stands on."""

import sqlite3
from pathlib import Path

import asyncpg
import psycopg
import pytest
import sqlalchemy

from tests.support.postgres import PostgresServer, running_postgres


async def test_both_drivers_and_sqlalchemy_take_the_url(fresh_postgres: str) -> None:
    with psycopg.connect(fresh_postgres) as connection:
        connection.execute("CREATE TABLE mark (name text)")
        connection.execute("INSERT INTO mark VALUES ('邻里')")
    other = await asyncpg.connect(fresh_postgres)
    try:
        assert await other.fetchval("SELECT name FROM mark") == "邻里"
    finally:
        await other.close()
    engine = sqlalchemy.create_engine(fresh_postgres.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as third:
        assert third.scalar(sqlalchemy.text("SELECT count(*) FROM mark")) == 1
    engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_finds_its_database_empty(fresh_postgres: str, turn: int) -> None:
    with psycopg.connect(fresh_postgres) as connection:
        connection.execute("CREATE TABLE left_behind (id int)")


def test_a_database_is_dropped_even_when_a_connection_stays(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as url:
        forgotten = psycopg.connect(url)
    with psycopg.connect(postgres_server.url()) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'linli_%'").fetchall()
    forgotten.close()
    assert url not in [postgres_server.url(name) for (name,) in rows]


def test_what_was_committed_outlives_a_killed_server_and_nothing_outlives_the_run() -> None:
    with running_postgres() as server:
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS id")
        server.crash()
        server.start()
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT id FROM kept").fetchone() == (1,)
        server.stop()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url())
    assert not server.folder.exists()


def test_the_sqlite_file_is_not_there_yet(sqlite_path: Path) -> None:
    assert not sqlite_path.exists()
    assert sqlite_path.parent.is_dir()


def test_both_kinds_of_url_open(database_url: str) -> None:
    if database_url.startswith("sqlite:///"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        connection.close()
    else:
        with psycopg.connect(database_url) as other:
            assert other.execute("SELECT 1").fetchone() == (1,)
