"""A place with a credit bank, on each database in turn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import BACKENDS
from tests.plugins.credit_bank.place import CreditPlace, credit_place
from tests.support.postgres import PostgresServer


@pytest.fixture(params=BACKENDS)
async def bank(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_server: PostgresServer
) -> AsyncIterator[CreditPlace]:
    """A place with a credit bank, on each database in turn."""
    if request.param == "sqlite":
        async with credit_place(tmp_path, f"sqlite:///{tmp_path / 'linli.db'}") as opened:
            yield opened
        return
    with postgres_server.database() as url:
        async with credit_place(tmp_path, url) as opened:
            yield opened
