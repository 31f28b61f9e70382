"""Worlds for the tests of the core: made once for each database, given back unchanged after each test."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from linli.database.database import Database, open_database
from tests.conftest import BACKENDS
from tests.core.deployed import Deployed, deployed, prepare
from tests.core.worlds import World, build
from tests.support.postgres import PostgresServer

Made = tuple[Database, dict[str, str]]


@pytest.fixture(scope="session")
def sqlite_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A SQLite database with a world in it."""
    file: Path = tmp_path_factory.mktemp("world") / "linli.db"
    yield from _made(f"sqlite:///{file}")


@pytest.fixture(scope="session")
def world_template(postgres_server: PostgresServer) -> Iterator[tuple[str, dict[str, str]]]:
    """The name of a PostgreSQL database with a world in it, to be copied."""
    with postgres_server.database() as url:
        for database, ids in _made(url):
            database.engine.dispose()
            yield str(make_url(url).database), ids


@pytest.fixture(scope="session")
def postgres_world(
    postgres_server: PostgresServer, world_template: tuple[str, dict[str, str]]
) -> Iterator[Made]:
    """A PostgreSQL database with a world in it."""
    name, ids = world_template
    with postgres_server.database(name) as url:
        database = open_database(url)
        yield database, ids
        database.engine.dispose()


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


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    file: Path = tmp_path_factory.mktemp("template") / "linli.db"
    prepare(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a migrated PostgreSQL database, to be copied."""
    with postgres_server.database() as url:
        prepare(url)
        yield str(make_url(url).database)


@pytest.fixture
def postgres_copy(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database of this test's own."""
    with postgres_server.database(postgres_template) as url:
        yield url


@pytest.fixture
async def postgres_place(postgres_copy: str) -> AsyncIterator[Deployed]:
    """A deployed PostgreSQL database of this test's own."""
    async with deployed(postgres_copy) as place:
        yield place


@pytest.fixture
async def sqlite_place(sqlite_path: Path, sqlite_template: Path) -> AsyncIterator[Deployed]:
    """A deployed SQLite database of this test's own."""
    shutil.copyfile(sqlite_template, sqlite_path)
    async with deployed(f"sqlite:///{sqlite_path}") as place:
        yield place


@pytest.fixture(params=BACKENDS)
def place(request: pytest.FixtureRequest) -> Deployed:
    """A deployed database of each kind in turn, of this test's own; rows are committed."""
    name = "sqlite_place" if request.param == "sqlite" else "postgres_place"
    found: Deployed = request.getfixturevalue(name)
    return found
