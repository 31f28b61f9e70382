"""Deliveries: handled once with their effects or not at all, again after a failure, in order, each alone."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from linli import model as t
from linli.clock import now
from linli.ids import uuid7
from linli.traces.deliveries import DeliveryRound, deliver_due
from linli.traces.events import EventRecord
from linli.traces.reactions import ReactionContext
from linli.verbs.inputs import NodeRef
from tests.core.delivering import broken, deliver_all, failing, make_due, states
from tests.core.deployed import Deployed, leave_mark, marks, reaction

GOOD = reaction(leave_mark)


async def test_an_event_is_handled_once_with_its_effect(place: Deployed) -> None:
    event = place.happen()
    place.dispatch(GOOD)
    assert await deliver_all(place, GOOD) == DeliveryRound(1)
    assert await deliver_all(place, GOOD) == DeliveryRound()
    assert marks(place, event) == 1
    (row,) = place.rows(t.delivery)
    assert (row.state, row.attempts, row.error) == ("done", 1, None)
    assert row.done_at is not None


async def test_the_handler_gets_the_event_as_it_was_recorded(place: Deployed) -> None:
    seen: list[EventRecord] = []
    consumer = reaction(lambda _, event: seen.append(event))
    event = place.happen()
    assert place.dispatch(consumer)[0].id == event
    await deliver_all(place, consumer)
    row = place.rows(t.event)[0]
    assert (seen[0].id, seen[0].path, seen[0].subject.id) == (event, row.path, row.subject_id)


async def test_a_failing_handler_stops_no_other(place: Deployed) -> None:
    event = place.happen()
    bad, other = reaction(broken(ValueError("no"))), reaction(leave_mark, "network")
    place.dispatch(bad, other)
    assert (await deliver_all(place, bad, other)).done == 1
    assert states(place) == {(event, bad.name): "pending", (event, other.name): "done"}
    assert marks(place, event) == 1


async def test_a_later_event_waits_for_the_earlier_one_of_its_subject_alone(place: Deployed) -> None:
    stuck, free = uuid7(), uuid7()
    first, second, third = place.happen(stuck), place.happen(stuck), place.happen(free)
    bad, other = reaction(failing(stuck)), reaction(leave_mark, "network")
    place.dispatch(bad, other)
    await deliver_all(place, bad, other)
    assert states(place) == {
        (first, bad.name): "pending",
        (second, bad.name): "pending",
        (third, bad.name): "done",
        (first, other.name): "done",
        (second, other.name): "done",
        (third, other.name): "done",
    }
    attempts = {row.event_id: row.attempts for row in place.rows(t.delivery) if row.consumer == bad.name}
    assert attempts[second] == 0
    make_due(place)
    seen: list[str] = []
    await deliver_all(place, reaction(lambda _, event: seen.append(event.id)))
    assert seen == [first, second]


async def test_a_dead_letter_does_not_block_what_comes_after_it(place: Deployed) -> None:
    subject = uuid7()
    first, second = place.happen(subject), place.happen(subject)
    place.dispatch(GOOD)
    dead = update(t.delivery).where(t.delivery.c.event_id == first).values(state="dead")
    place.work(lambda connection: connection.execute(dead))
    assert (await deliver_all(place, GOOD)).done == 1
    assert marks(place, second) == 1


async def test_an_earlier_event_that_another_relay_still_holds_is_waited_for(place: Deployed) -> None:
    subject = uuid7()
    first, second = place.happen(subject), place.happen(subject)
    place.dispatch(GOOD)
    held = t.delivery.delete().where(t.delivery.c.event_id == first)
    undone = update(t.event).where(t.event.c.id == first).values(dispatched_at=None)
    place.work(lambda connection: [connection.execute(one) for one in (held, undone)])
    assert await deliver_all(place, GOOD) == DeliveryRound()
    place.dispatch(GOOD)
    assert (await deliver_all(place, GOOD)).done == 2
    assert marks(place, first) == marks(place, second) == 1


async def test_the_deliveries_of_a_disabled_plugin_wait_untouched(place: Deployed) -> None:
    event, other = place.happen(), reaction(leave_mark, "network")
    place.dispatch(GOOD)
    before = place.rows(t.delivery)
    assert await deliver_all(place) == await deliver_all(place, other) == DeliveryRound()
    assert place.rows(t.delivery) == before
    assert (await deliver_all(place, GOOD)).done == 1
    assert marks(place, event) == 1


async def test_two_workers_at_once_handle_each_event_once(place: Deployed) -> None:
    ids = [place.happen() for _ in range(20)]
    place.dispatch(GOOD)
    database = place.database
    for _ in range(5):
        rounds = [deliver_due(database, [GOOD]) for _ in range(3)]
        await asyncio.gather(*rounds)
    assert set(states(place).values()) == {"done"}
    assert {marks(place, event) for event in ids} == {1}


async def test_a_pause_set_by_a_clock_that_was_ahead_is_not_waited_for(place: Deployed) -> None:
    place.happen()
    place.dispatch(GOOD)
    ahead = update(t.delivery).values(next_at=now() + timedelta(days=365))
    place.work(lambda connection: connection.execute(ahead))
    assert (await deliver_all(place, GOOD)).done == 1


async def test_a_reaction_writes_as_its_plugin(place: Deployed) -> None:
    def handle(context: ReactionContext, event: EventRecord) -> None:
        where = context.connection.execute(select(t.grid).where(t.grid.c.id == event.grid_id)).one()
        node = context.place(
            t.organization, where.id, {"name": "x", "kind": "informal_team", "registration": "none"}
        )
        context.count(where.id, "organization", 1)
        context.record("bank.awarded", NodeRef("organization", node), where, cause=event.id)
        assert context.actor.name == "plugin:bank"
        assert context.actor.account_id is None

    event, consumer = place.happen(), reaction(handle)
    place.dispatch(consumer)
    assert (await deliver_all(place, consumer)).failures == ()
    (made,) = [row for row in place.rows(t.event) if row.topic == "bank.awarded"]
    assert (made.actor_id, made.data, made.grid_id) == (None, {"cause": event}, place.community)
    (row,) = place.rows(t.organization)
    assert row.path == made.path


def test_a_consumers_name_must_fit_its_column() -> None:
    with pytest.raises(ValueError, match="120 characters"):
        reaction(leave_mark, "bank", "x" * 110)
