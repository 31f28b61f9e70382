"""Many clients at once: nothing is lost, doubled or misplaced, and nobody meets a fault."""

from pathlib import Path

from linli.access.actors import renew_everyone
from tests.graphql.serving import Served
from tests.policies.seeds import seeded
from tests.support.trials import try_crowd


async def test_a_crowd_beside_a_moving_grid_leaves_everything_in_its_place(
    tmp_path: Path, database_url: str
) -> None:
    """A real server, 40 clients; the soak has 200. PostgreSQL is served by two processes."""
    ledger = await try_crowd(tmp_path / "place", database_url, seeded("crowd"), clients=40, changes=8)
    assert ledger.refused["CONFLICT"] >= 39
    assert sum(ledger.deeds.values()) > 200


async def test_a_reader_whose_rights_change_at_every_look_is_answered_nevertheless(served: Served) -> None:
    looks = 0
    fetch = served.database.fetch

    async def change_first(text: str, values: object, **more: object) -> tuple[object, ...]:
        nonlocal looks
        looks += 1
        if looks <= 6:
            await served.database.run(renew_everyone)
        return await fetch(text, values, **more)  # type: ignore[arg-type]  # handed on as it came

    served.database.fetch = change_first  # type: ignore[method-assign]  # stands in for a busy mover
    assert (await served.data("{ viewer { name } }", "city"))["viewer"]["name"] == "city"
    assert looks == 7
