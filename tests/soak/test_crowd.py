"""Two hundred clients make twenty changes each, beside a grid that moves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.policies.seeds import seeded
from tests.support.trials import try_crowd

pytestmark = pytest.mark.soak
CLIENTS, CHANGES = 200, 20


async def test_two_hundred_clients(
    tmp_path: Path, database_url: str, record_property: Callable[[str, object], None]
) -> None:
    ledger = await try_crowd(
        tmp_path / "place", database_url, seeded("crowd"), clients=CLIENTS, changes=CHANGES
    )
    refused = ", ".join(f"{number} {code}" for code, number in sorted(ledger.refused.items()))
    record_property(
        "figures",
        f"{CLIENTS} clients; {sum(ledger.deeds.values())} deeds done, {refused}; no 5xx; "
        f"{ledger.deeds['moveGrid']} moves of the grid; {ledger.looks['figures']} looks at figures",
    )
