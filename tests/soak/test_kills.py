"""At least fifty kills of server and database while sixteen clients write: nothing acknowledged is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.policies.seeds import seeded
from tests.soak import shares
from tests.support.postgres import running_postgres
from tests.support.trials import Toll, try_crashes, try_kills

pytestmark = pytest.mark.soak
LEAST_OF_SERVER = 18  # on each database
LEAST_OF_DATABASE = 16
START_SECONDS = 10.0
HEAL_SECONDS = 10.0
REFUSAL_SECONDS = 5.0
LONGEST_OUTAGE = 8.0

Record = Callable[[str, object], None]


def until(least: int, share: float) -> Callable[[Toll], bool]:
    """Return a judge of whether a siege has gone on long enough."""
    end = shares.end_of(share)
    return lambda toll: toll.kills >= least and not shares.time_left(end)


async def test_killed_servers(tmp_path: Path, database_url: str, record_property: Record) -> None:
    enough = until(LEAST_OF_SERVER, shares.KILLS)
    toll = await try_kills(tmp_path, database_url, seeded("kills"), enough)
    record_property("figures", f"{toll} slowest start {toll.slowest_start:.1f} s")
    record_property("kills", toll.kills)
    assert toll.slowest_start < START_SECONDS


async def test_killed_databases(tmp_path: Path, record_property: Record) -> None:
    enough = until(LEAST_OF_DATABASE, shares.CRASHES)
    with running_postgres() as postgres, postgres.database() as url:
        toll = await try_crashes(tmp_path, postgres, url, seeded("crashes"), enough, LONGEST_OUTAGE)
    notes = toll.notes
    record_property(
        "figures",
        f"{toll} {notes.answers[503]} answers 503, the slowest after {notes.slowest:.1f} s; "
        f"serving again {toll.slowest_heal:.1f} s after the database at the latest",
    )
    record_property("kills", toll.kills)
    assert notes.answers[503]
    assert notes.slowest < REFUSAL_SECONDS
    assert toll.slowest_heal < HEAL_SECONDS
