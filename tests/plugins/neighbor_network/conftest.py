"""The place of `place`, settled once for each database; each test opens a copy."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import BACKENDS
from tests.plugins.motto_place import Place, opened
from tests.plugins.neighbor_network.place import PLUGIN, neighbors
from tests.plugins.neighbor_network.schemes import ALL
from tests.plugins.templates import Template, Templates


@pytest.fixture(params=BACKENDS)
def network_config(
    request: pytest.FixtureRequest, templates: Templates, tmp_path: Path
) -> Iterator[tuple[Path, Template]]:
    """The configuration of a copy, on each database in turn."""
    with templates.copied(request.param, neighbors, tmp_path, PLUGIN, more=ALL) as copy:
        yield copy


@pytest.fixture
async def place(network_config: tuple[Path, Template]) -> AsyncIterator[Place]:
    """The place, open."""
    config, template = network_config
    async with opened(config, dict(template.ids), dict(template.tokens)) as place:
        yield place
