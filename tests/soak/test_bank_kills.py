"""Ten thousand deeds by sixteen clients of a credit bank, on each database, while the server is killed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugins.credit_bank.siege_trial import try_bank
from tests.policies.seeds import seeded
from tests.soak import shares

pytestmark = pytest.mark.soak
DEEDS, HOUR = 10_000, 60
LEAST, MOST = 5, 200  # kills, and answers between two of them


async def test_ten_thousand_deeds_of_a_killed_bank(
    tmp_path: Path, database_url: str, record_property: Callable[[str, object], None]
) -> None:
    wanted = DEEDS * min(1.0, shares.minutes() / HOUR)
    toll = await try_bank(
        tmp_path,
        database_url,
        seeded("killed bank"),
        MOST,
        lambda toll: toll.kills >= LEAST and toll.notes.acknowledged >= wanted,
    )
    record_property("figures", f"{toll} slowest start {toll.slowest_start:.1f} s")
    record_property("kills", toll.kills)
