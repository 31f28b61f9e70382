"""What tests of plugins share: a stranger's distribution, installed once, and a place where it runs."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
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
from tests.plugins.templates import Template, Templates
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="session")
def templates(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Templates]:
    """Places settled once, of which tests open copies."""
    with Templates(postgres_server, tmp_path_factory) as made:
        yield made


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


@pytest.fixture(params=BACKENDS)
def place_config(
    request: pytest.FixtureRequest, motto_site: Path, templates: Templates, tmp_path: Path
) -> Iterator[tuple[Path, Template]]:
    """The configuration of a copy of the small place, with the plugin on, on each database in turn."""
    with importable(motto_site):
        templates.of(request.param, motto_place)
    with templates.copied(request.param, motto_place, tmp_path, "motto") as copy:
        yield copy


@pytest.fixture
def sqlite_place(motto_site: Path, templates: Templates) -> Template:
    """The small place as it was settled, for tests that only copy it."""
    with importable(motto_site):
        return templates.of("sqlite", motto_place)


@pytest.fixture
async def place(imported: None, place_config: tuple[Path, Template]) -> AsyncIterator[Place]:
    """The small place with the plugin on, on each database in turn."""
    config, template = place_config
    async with opened(config, dict(template.ids), template.tokens) as place:
        yield place


@pytest.fixture(params=BACKENDS)
def book_config(
    request: pytest.FixtureRequest, templates: Templates, tmp_path: Path
) -> Iterator[tuple[Path, Template]]:
    """The configuration of a copy of the place with a book, on each database in turn."""
    with templates.copied(request.param, ledger, tmp_path, "ledger") as copy:
        yield copy


@pytest.fixture
async def book(book_config: tuple[Path, Template]) -> AsyncIterator[Ledger]:
    """A place with a book."""
    config, template = book_config
    async with opened(config, dict(template.ids), dict(template.tokens)) as place:
        yield replace(template.known, place=place, ids=dict(template.known.ids))


@asynccontextmanager
async def motto_place(folder: Path, url: str) -> AsyncIterator[Place]:
    """Settle the place in which the tutorial's plugin runs."""
    async with settled(write_config(folder, url, "motto")) as place:
        yield place
