"""The generated proof on both databases, twenty people in each micro-grid, as many paths as time allows."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.policies.seeds import seeded
from tests.security.proof.proof import proof
from tests.soak import shares

pytestmark = pytest.mark.soak
PEOPLE = 20


async def test_nobody_is_shown_or_changes_what_is_not_theirs(
    tmp_path: Path,
    database_url: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    caplog.set_level(logging.DEBUG, "linli")
    generator, end = seeded("the whole proof"), shares.end_of(shares.PROOF)
    async with proof(tmp_path, database_url, PEOPLE, generator) as run:
        every = await run.whole(lambda: shares.time_left(end))
        await run.exports(tmp_path)
        said = capfd.readouterr()
        told = f"{said.out}{said.err}{caplog.text}"
        assert not run.place.canaries.found(told.encode())
        record_property("figures", f"of {every}: {run.check()}")
