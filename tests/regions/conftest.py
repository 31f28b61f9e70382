"""The places of the regions: one server for all tests of a module, which keep apart by people."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import BACKENDS
from tests.regions.place import RegionPlace, region_place

# The schemes are played on PostgreSQL in the soak: what they consist of is tested on both elsewhere.
PLACES = [one if one == "sqlite" else pytest.param(one, marks=pytest.mark.soak) for one in BACKENDS]


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegionPlace]:
    """The place of the region that the module names, on each database in turn."""
    region: str = request.module.REGION
    folder: Path = tmp_path_factory.mktemp(region)
    if request.param == "sqlite":
        with region_place(folder, f"sqlite:///{folder / 'linli.db'}", region) as served:
            yield served
        return
    with (
        request.getfixturevalue("postgres_server").database() as url,
        region_place(folder, url, region) as served,
    ):
        yield served
