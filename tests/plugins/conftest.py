"""What tests of plugins share: a stranger's distribution, installed once, and a place where it runs."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import BACKENDS
from tests.plugins.ledger_place import Ledger, ledger
from tests.plugins.motto_place import (
    DISTRIBUTION,
    Place,
    importable,
    opened,
    pip_install,
    settled,
    write_config,
)
from tests.support.postgres import PostgresServer


@dataclass(frozen=True)
class Template:
    """A settled place, closed; each test opens a copy. `name` is the database's."""

    folder: Path
    name: str
    ids: dict[str, str]
    tokens: dict[str, str]

    @classmethod
    def made(cls, folder: Path, url: str, name: str) -> "Template":
        async def make() -> "Template":
            async with settled(write_config(folder, url, "motto")) as place:
                return cls(folder, name, place.ids, place.tokens)

        return asyncio.run(make())


@pytest.fixture(scope="session")
def motto_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the distribution linli-motto."""
    site = tmp_path_factory.mktemp("site")
    pip_install(DISTRIBUTION, site)
    return site


@pytest.fixture
def imported(motto_site: Path) -> Iterator[None]:
    """The plugin can be imported in this process, as long as the test runs."""
    with importable(motto_site):
        yield


@pytest.fixture(scope="session")
def sqlite_place(motto_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder = tmp_path_factory.mktemp("place")
    with importable(motto_site):
        return Template.made(folder, "sqlite:///linli.db", "linli.db")


@pytest.fixture(scope="session")
def postgres_place(
    motto_site: Path, tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[Template]:
    with postgres_server.database() as url:
        name = url.partition("?")[0].rpartition("/")[2]
        with importable(motto_site):
            template = Template.made(tmp_path_factory.mktemp("place"), url, name)
        yield template


@pytest.fixture(params=BACKENDS)
def place_config(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Template]]:
    """The configuration of a copy of the small place, with the plugin on, on each database in turn."""
    sqlite = request.param == "sqlite"
    template: Template = request.getfixturevalue("sqlite_place" if sqlite else "postgres_place")
    shutil.copy(template.folder / "linli.key", tmp_path)
    if sqlite:
        shutil.copy(template.folder / template.name, tmp_path)
        yield write_config(tmp_path, "sqlite:///linli.db", "motto"), template
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database(template.name) as url:
            yield write_config(tmp_path, url, "motto"), template


@pytest.fixture
async def place(imported: None, place_config: tuple[Path, Template]) -> AsyncIterator[Place]:
    """The small place with the plugin on, on each database in turn."""
    config, template = place_config
    async with opened(config, dict(template.ids), template.tokens) as place:
        yield place


@pytest.fixture(params=BACKENDS)
async def book(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_server: PostgresServer
) -> AsyncIterator[Ledger]:
    """A place with a book, on each database in turn."""
    if request.param == "sqlite":
        async with ledger(tmp_path, f"sqlite:///{tmp_path / 'linli.db'}") as opened:
            yield opened
        return
    with postgres_server.database() as url:
        async with ledger(tmp_path, url) as opened:
            yield opened
