"""Places to serve, made once for each database: what a test adds, it finds by its own ids."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from linli_graphql.transport.app import AppOptions
from tests.conftest import BACKENDS
from tests.graphql.serving import Place, Served, made_place, serving
from tests.graphql.settled import settled
from tests.graphql.sockets import Line, line_to
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="session")
def sqlite_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place on SQLite."""
    file: Path = tmp_path_factory.mktemp("place") / "linli.db"
    with made_place(f"sqlite:///{file}") as place:
        yield place


@pytest.fixture(scope="session")
def postgres_place(postgres_server: PostgresServer) -> Iterator[Place]:
    """A place on PostgreSQL."""
    with postgres_server.database() as url, made_place(url) as place:
        yield place


@pytest.fixture
def own_place(database_url: str) -> Iterator[Place]:
    """A place of this test's own, to be spoilt, on each database in turn."""
    with made_place(database_url) as place:
        yield place


@pytest.fixture
async def own_served(own_place: Place) -> AsyncIterator[Served]:
    """A place of this test's own, served from each database in turn."""
    async with serving(own_place, AppOptions()) as served:
        yield served


@pytest.fixture
async def served(sqlite_place: Place) -> AsyncIterator[Served]:
    """A place served from SQLite."""
    async with serving(sqlite_place, AppOptions()) as served:
        yield served


@pytest.fixture(params=BACKENDS)
async def served_twice(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    """A place served from each database in turn."""
    name = "sqlite_place" if request.param == "sqlite" else "postgres_place"
    place: Place = request.getfixturevalue(name)
    async with serving(place, AppOptions()) as served:
        yield served


@pytest.fixture
async def line(sqlite_place: Place) -> AsyncIterator[Line]:
    """A place served from SQLite on a port."""
    async with line_to(sqlite_place, AppOptions()) as line:
        yield line


@pytest.fixture(scope="session")
def settled_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A settled place on SQLite, to be copied."""
    file: Path = tmp_path_factory.mktemp("settled") / "linli.db"
    return settled(f"sqlite:///{file}")


@pytest.fixture(scope="session")
def settled_postgres(postgres_server: PostgresServer) -> Iterator[Place]:
    """A settled place on PostgreSQL, to be copied."""
    with postgres_server.database() as url:
        yield settled(url)


@pytest.fixture
def sqlite_copy(settled_sqlite: Place, sqlite_path: Path) -> Place:
    """A settled place of this test's own on SQLite."""
    shutil.copyfile(str(make_url(settled_sqlite.url).database), sqlite_path)
    return replace(settled_sqlite, url=f"sqlite:///{sqlite_path}")


@pytest.fixture
def postgres_copy(settled_postgres: Place, postgres_server: PostgresServer) -> Iterator[Place]:
    """A settled place of this test's own on PostgreSQL."""
    with postgres_server.database(str(make_url(settled_postgres.url).database)) as url:
        yield replace(settled_postgres, url=url)


@pytest.fixture(params=BACKENDS)
def own_town(request: pytest.FixtureRequest) -> Place:
    """A settled place of this test's own, to be spoilt, on each database in turn."""
    name = "sqlite_copy" if request.param == "sqlite" else "postgres_copy"
    found: Place = request.getfixturevalue(name)
    return found
