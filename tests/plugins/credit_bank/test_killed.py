"""A server that is killed while members and staff go on: once here, for thousands of deeds in the soak."""

from pathlib import Path

from tests.plugins.credit_bank.siege_trial import try_bank
from tests.policies.seeds import seeded

DEEDS, MOST = 100, 80


async def test_what_a_killed_bank_acknowledged_is_there_once(tmp_path: Path, database_url: str) -> None:
    toll = await try_bank(
        tmp_path,
        database_url,
        seeded("killed bank"),
        MOST,
        lambda toll: toll.kills >= 1 and toll.notes.acknowledged >= DEEDS,
    )
    assert toll.notes.lost, "no deed was under way when the server was killed"
