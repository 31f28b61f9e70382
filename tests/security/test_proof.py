"""The generated proof: every type, argument and mutation by every persona; no canary where it may not be."""

from pathlib import Path

import pytest

from tests.policies.seeds import say, seeded
from tests.security.proof.proof import proof

PEOPLE = 2  # in each of 64 micro-grids; the soak has twenty


@pytest.mark.case(19, 20, 22, 23, 25, 29, 32, 34, 37, 38, 64)
async def test_nobody_is_shown_or_changes_what_is_not_theirs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    generator = seeded("proof")
    async with proof(tmp_path, f"sqlite:///{tmp_path / 'linli.db'}", PEOPLE, generator) as run:
        await run.sample()
        await run.exports(tmp_path)
        said = capfd.readouterr()
        assert not run.place.canaries.found(f"{said.out}{said.err}".encode())
        say(run.check())
