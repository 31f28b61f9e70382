"""A place with a credit bank, settled once for each database; each test opens a copy."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import BACKENDS
from tests.plugins.credit_bank.place import MORE, CreditPlace, credit_place
from tests.plugins.motto_place import opened
from tests.plugins.templates import Template, Templates


@pytest.fixture(params=BACKENDS)
def bank_config(
    request: pytest.FixtureRequest, templates: Templates, tmp_path: Path
) -> Iterator[tuple[Path, Template]]:
    """The configuration of a copy, on each database in turn."""
    with templates.copied(request.param, credit_place, tmp_path, "credit_bank", more=MORE) as copy:
        yield copy


@pytest.fixture
async def bank(bank_config: tuple[Path, Template]) -> AsyncIterator[CreditPlace]:
    """The place, open."""
    config, template = bank_config
    async with opened(config, dict(template.ids), dict(template.tokens)) as place:
        yield replace(template.known, place=place, members={})
