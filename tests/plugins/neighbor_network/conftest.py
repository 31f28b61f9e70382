"""The place of `place`, settled once for each database; each test opens a copy."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import BACKENDS
from tests.plugins.conftest import Template
from tests.plugins.motto_place import Place, opened, write_config
from tests.plugins.neighbor_network.place import PLUGIN, neighbors
from tests.plugins.neighbor_network.schemes import ALL
from tests.support.postgres import PostgresServer


def made(folder: Path, url: str, name: str) -> Template:
    async def make() -> Template:
        async with neighbors(folder, url) as place:
            return Template(folder, name, place.ids, place.tokens)

    return asyncio.run(make())


@pytest.fixture(scope="session")
def sqlite_network(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return made(tmp_path_factory.mktemp("network"), "sqlite:///linli.db", "linli.db")


@pytest.fixture(scope="session")
def postgres_network(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[Template]:
    with postgres_server.database() as url:
        name = url.partition("?")[0].rpartition("/")[2]
        yield made(tmp_path_factory.mktemp("network"), url, name)


@pytest.fixture(params=BACKENDS)
def network_config(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Template]]:
    """The configuration of a copy of the place, on each database in turn."""
    sqlite = request.param == "sqlite"
    template: Template = request.getfixturevalue("sqlite_network" if sqlite else "postgres_network")
    shutil.copy(template.folder / "linli.key", tmp_path)
    if sqlite:
        shutil.copy(template.folder / template.name, tmp_path)
        yield write_config(tmp_path, "sqlite:///linli.db", PLUGIN, more=ALL), template
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database(template.name) as url:
            yield write_config(tmp_path, url, PLUGIN, more=ALL), template


@pytest.fixture
async def place(network_config: tuple[Path, Template]) -> AsyncIterator[Place]:
    """The place, open, on each database in turn."""
    config, template = network_config
    async with opened(config, dict(template.ids), dict(template.tokens)) as place:
        yield place
