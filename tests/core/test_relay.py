"""The relay: each new event becomes one delivery for each consumer that wants it, whoever relays."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from linli import model as t
from linli.traces.events import EventRecord
from linli.traces.relay import BATCH, dispatch, read_events
from tests.core.deployed import Deployed, happen


@dataclass(frozen=True)
class Wants:
    """A consumer of some topics."""

    name: str
    topics: tuple[str, ...]

    def wants(self, event: EventRecord) -> bool:
        return event.topic in self.topics


BOTH = Wants("reaction:bank:award", ("a.done", "b.done"))
ONE = Wants("webhook:1", ("a.done",))


def happen_often(place: Deployed, number: int) -> list[str]:
    """Many events in one transaction."""
    return place.work(lambda c: [happen(c, place.community, topic="a.done") for _ in range(number)])


async def test_an_event_is_dispatched_once_to_each_consumer_that_wants_it(place: Deployed) -> None:
    a, b, c = (place.happen(topic=f"{name}.done") for name in "abc")
    events = place.work(lambda connection: dispatch(connection, [BOTH, ONE]))
    assert [event.id for event in events] == [a, b, c]
    assert place.work(lambda connection: dispatch(connection, [BOTH, ONE])) == []
    due = {(row.event_id, row.consumer, row.state, row.attempts) for row in place.rows(t.delivery)}
    assert due == {
        (a, BOTH.name, "pending", 0),
        (a, ONE.name, "pending", 0),
        (b, BOTH.name, "pending", 0),
    }
    assert all(row.dispatched_at for row in place.rows(t.event))


async def test_batches_come_oldest_first_and_hold_200(place: Deployed) -> None:
    ids = happen_often(place, 2 * BATCH + 50)
    assert ids == sorted(ids), "ids made one after another must sort in that order"
    batches = [place.work(lambda connection: dispatch(connection, [])) for _ in range(4)]
    assert [len(batch) for batch in batches] == [BATCH, BATCH, 50, 0]
    assert [event.id for batch in batches for event in batch] == ids


async def test_a_relay_that_dies_before_its_commit_leaves_the_events_to_the_next(place: Deployed) -> None:
    event = place.happen(topic="a.done")

    def die(connection: object) -> None:
        dispatch(connection, [ONE])  # type: ignore[arg-type]  # a connection, as work() gives it
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.work(die)
    assert place.rows(t.delivery) == []
    assert [one.id for one in place.work(lambda connection: dispatch(connection, [ONE]))] == [event]


async def test_events_are_read_back_as_they_were_dispatched(place: Deployed) -> None:
    happen_often(place, 3)
    events = place.work(lambda connection: dispatch(connection, []))
    assert place.work(lambda c: read_events(c, [event.id for event in reversed(events)])) == events


async def test_relays_side_by_side_take_different_events(postgres_place: Deployed) -> None:
    ids = happen_often(postgres_place, BATCH + 10)
    engine = postgres_place.database.engine
    with engine.begin() as one, engine.begin() as other:
        first, second = dispatch(one, [ONE]), dispatch(other, [ONE])
    assert [event.id for event in first] == ids[:BATCH]
    assert [event.id for event in second] == ids[BATCH:]


async def test_many_relays_at_once_deliver_each_event_exactly_once(postgres_place: Deployed) -> None:
    ids = happen_often(postgres_place, 1000)

    def relay() -> list[str]:
        taken: list[str] = []
        for _ in range(20):
            events = postgres_place.work(lambda connection: dispatch(connection, [BOTH, ONE]))
            taken += [event.id for event in events]
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [event_id for done in [pool.submit(relay) for _ in range(4)] for event_id in done.result()]
    assert sorted(taken) == ids
    due = Counter((row.event_id, row.consumer) for row in postgres_place.rows(t.delivery))
    assert due == Counter({(event_id, who.name): 1 for event_id in ids for who in (BOTH, ONE)})
