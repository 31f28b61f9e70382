"""Databases for the tests: real ones, empty at the start of each test, gone afterwards."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support import network
from tests.support.postgres import PostgresServer, running_postgres

NEEDS_POSTGRES = {"postgres_server", "postgres_url", "fresh_postgres"}
BACKENDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


def pytest_configure() -> None:
    """No network; generated cases judge what happens, never how fast."""
    network.turn_off()
    hypothesis.settings.register_profile("linli", deadline=None, print_blob=True)
    hypothesis.settings.load_profile("linli")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses PostgreSQL, so that -m "not postgres" is the quick half."""
    for item in items:
        if NEEDS_POSTGRES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The one server of this run. A test that stops or crashes it starts it again."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """URL of the maintenance database: create databases from here, keep nothing in it."""
    return postgres_server.url()


@pytest.fixture
def fresh_postgres(postgres_server: PostgresServer) -> Iterator[str]:
    """URL of an empty PostgreSQL database of this test's own."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    """Where this test may make its SQLite file; nothing is there yet."""
    return tmp_path / "linli.db"


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind in turn: sqlite:///<absolute path> or PostgreSQL as above."""
    if request.param == "sqlite":
        path: Path = request.getfixturevalue("sqlite_path")
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("fresh_postgres")
    return url
