"""How often clear text was looked at: by month, role and purpose, never so few that they tell of somebody."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from linli.clock import today
from tests.conftest import BACKENDS
from tests.plugins.motto_place import Place, linli, opened
from tests.plugins.templates import Template, Templates
from tests.security.persons import MORE, PLUGINS, persons

LOOK = """mutation ($input: RevealSensitiveInput!) { revealSensitive(input: $input) {
    revealed { value } errors { code } } }"""
FIGURES = "{ accessStatistics { month role purpose looks } }"


@pytest.fixture(params=BACKENDS)
def copied(
    request: pytest.FixtureRequest, templates: Templates, tmp_path: Path
) -> Iterator[tuple[Path, Template]]:
    """The configuration of a copy, on each database in turn."""
    with templates.copied(request.param, persons, tmp_path, *PLUGINS, more=MORE) as copy:
        yield copy


@pytest.fixture
async def place(copied: tuple[Path, Template]) -> AsyncIterator[Place]:
    """The place."""
    config, template = copied
    async with opened(config, dict(template.ids), dict(template.tokens)) as place:
        yield place


async def test_looks_are_counted_and_few_are_withheld(place: Place, tmp_path: Path) -> None:
    looked = {"nodes": [place.ids["wang"]], "fields": ["PHONE"]}
    for purpose, who, times in (
        ("通知停水", "north", 4),
        ("通知停水", "north2", 2),
        ("王一的家访", "street", 3),
    ):
        for _ in range(times):
            await place.deed(who, LOOK, **looked, purpose=purpose)
    month = str(today())[:7]
    expected = {
        (month, "community_worker", "通知停水", 6),
        (month, "street_admin", "other", None),
    }
    for who in ("auditor", "north"):
        shown = (await place.data(who, FIGURES))["accessStatistics"]
        assert {tuple(one.values()) for one in shown} == expected
    for stranger in ("wang", None):
        assert (await place.data(stranger, FIGURES))["accessStatistics"] == []
    told = linli(tmp_path, "privacy", "statistics", site=tmp_path).stdout
    assert "王一" not in told
    assert f"{month}  street_admin  other  <5" in told
