"""What tests of plugins share: a stranger's distribution, installed once, and a place where it runs."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.plugins.motto_place import DISTRIBUTION, Place, importable, pip_install, settled, write_config


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


@pytest.fixture
async def place(imported: None, tmp_path: Path, database_url: str) -> AsyncIterator[Place]:
    """The small place with the plugin on, on each database in turn."""
    async with settled(write_config(tmp_path, database_url, "motto")) as place:
        yield place
