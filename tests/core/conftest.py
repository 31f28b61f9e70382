"""Worlds for the tests of the core: made once for each database, given back unchanged after each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from linli.database.database import Database, open_database
from tests.conftest import BACKENDS
from tests.core.worlds import World, build
from tests.support.postgres import PostgresServer

Made = tuple[Database, dict[str, str]]


@pytest.fixture(scope="session")
def sqlite_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A SQLite database with a world in it."""
    file: Path = tmp_path_factory.mktemp("world") / "linli.db"
    yield from _made(f"sqlite:///{file}")


@pytest.fixture(scope="session")
def postgres_world(postgres_server: PostgresServer) -> Iterator[Made]:
    """A PostgreSQL database with a world in it."""
    with postgres_server.database() as url:
        yield from _made(url)


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A world in a transaction that is never committed, on each database in turn."""
    kept, ids = request.getfixturevalue("sqlite_world" if request.param == "sqlite" else "postgres_world")
    with kept.engine.connect() as connection, connection.begin() as transaction:
        yield World(connection, dict(ids))
        transaction.rollback()


def _made(url: str) -> Iterator[Made]:
    database = open_database(url)
    try:
        with database.begin() as connection:
            ids = build(connection)
        yield database, ids
    finally:
        database.engine.dispose()
