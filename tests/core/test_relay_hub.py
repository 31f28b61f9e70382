"""The hub and what reaches it from other processes."""

import asyncio
from contextlib import suppress
from functools import partial

import pytest
from sqlalchemy import Connection, text

from linli.clock import now
from linli.database.database import Unavailable
from linli.ids import uuid7
from linli.traces.events import EventRecord
from linli.traces.hub import QUEUE_SIZE, EventHub, Subscription
from linli.traces.listener import listen
from linli.traces.relay import BATCH, announce, dispatch
from linli.verbs.inputs import NodeRef
from tests.core.deployed import Deployed, happen

SECONDS = 20


def event(topic: str = "a.done") -> EventRecord:
    return EventRecord(
        uuid7(), topic, "grid", NodeRef("grid", uuid7()), uuid7(), "/1/", None, None, now(), {}
    )


async def taken(subscription: Subscription, number: int) -> list[EventRecord]:
    async with asyncio.timeout(SECONDS):
        return [await anext(subscription) for _ in range(number)]


async def everything(subscription: Subscription) -> list[EventRecord]:
    return [record async for record in subscription]


async def test_every_subscription_gets_every_event_in_order() -> None:
    hub, events = EventHub(), [event() for _ in range(5)]
    with hub.subscribe() as one, hub.subscribe() as other:
        for record in events:
            hub.publish(record)
        assert await taken(one, 5) == events
        assert await taken(other, 5) == events


async def test_a_subscription_gets_nothing_from_before_or_after_it() -> None:
    hub, seen = EventHub(), event()
    hub.publish(event())
    with hub.subscribe() as subscription:
        hub.publish(seen)
        assert await taken(subscription, 1) == [seen]
    hub.publish(event())
    assert await everything(subscription) == []
    assert len(hub) == 0


async def test_who_is_too_slow_is_closed_and_the_others_go_on() -> None:
    hub = EventHub()
    slow, quick = hub.subscribe(), hub.subscribe()
    for number in range(QUEUE_SIZE):
        hub.publish(event())
        assert len(await taken(quick, 1)) == 1, number
    assert (slow.closed, slow.missed) == (False, False)
    hub.publish(event())
    assert (slow.closed, slow.missed) == (True, True)
    assert len(hub) == 1
    assert await everything(slow) == [], "what was queued is let go"
    assert len(await taken(quick, 1)) == 1
    assert not quick.missed


async def test_closing_the_hub_ends_those_who_wait() -> None:
    hub = EventHub()
    with hub.subscribe() as subscription:
        waiting = asyncio.create_task(everything(subscription))
        await asyncio.sleep(0)
        hub.close()
        async with asyncio.timeout(SECONDS):
            assert await waiting == []
    assert subscription.closed
    assert not subscription.missed


async def test_what_another_process_announces_is_heard_and_ones_own_is_not(postgres_place: Deployed) -> None:
    hub = EventHub()
    async with listening(postgres_place, "me", hub):
        with hub.subscribe() as subscription:
            postgres_place.happen()
            postgres_place.work(partial(relay_as, origin="me"))
            ids = [postgres_place.happen() for _ in range(3)]
            postgres_place.work(partial(relay_as, origin="you"))
            assert [record.id for record in await taken(subscription, 3)] == ids


async def test_a_full_batch_fits_into_one_announcement(postgres_place: Deployed) -> None:
    hub = EventHub(size=BATCH)
    async with listening(postgres_place, "me", hub):
        with hub.subscribe() as subscription:
            postgres_place.work(lambda c: [happen(c, postgres_place.community) for _ in range(BATCH)])
            postgres_place.work(partial(relay_as, origin=uuid7()))
            assert len(await taken(subscription, BATCH)) == BATCH


async def test_a_listener_that_loses_its_connection_says_so_and_those_who_missed_events_are_told(
    postgres_place: Deployed,
) -> None:
    hub = EventHub()
    with hub.subscribe() as early:
        async with listening(postgres_place, "me", hub) as task:
            assert early.missed, "nobody listened when it began"
            postgres_place.work(lambda c: c.execute(OTHERS).all())
            async with asyncio.timeout(SECONDS):
                with pytest.raises(Unavailable):
                    await task


OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND query ILIKE 'listen%'"
)


class listening:  # noqa: N801 - reads as the context manager it is
    """A listener that has begun to listen, cancelled on leaving."""

    def __init__(self, place: Deployed, origin: str, hub: EventHub) -> None:
        self.hub = hub
        self.work = listen(place.database, origin, hub)

    async def __aenter__(self) -> asyncio.Task[None]:
        begun = self.hub.subscribe()
        self.task = asyncio.create_task(self.work)
        async with asyncio.timeout(SECONDS):
            assert await everything(begun) == []
        return self.task

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError, Unavailable):
            await self.task


def relay_as(connection: Connection, origin: str) -> None:
    announce(connection, origin, dispatch(connection, []))
