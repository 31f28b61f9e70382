"""Deliveries: handled once with their effects or not at all, again after a failure, in order, each alone."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text, update

from linli import model as t
from linli.clock import now
from linli.ids import uuid7
from linli.traces.deliveries import ATTEMPTS, DeliveryRound, deliver_due, revive
from linli.traces.events import EventRecord
from linli.traces.reactions import ReactionConsumer, ReactionContext
from linli.verbs.inputs import NodeRef
from tests.core.deployed import Deployed, leave_mark, marks, reaction
from tests.house.source import ROOT

GOOD = reaction(leave_mark)


def broken(error: BaseException) -> Callable[[ReactionContext, EventRecord], None]:
    """A handler that writes, then fails."""

    def handle(context: ReactionContext, event: EventRecord) -> None:
        leave_mark(context, event)
        raise error

    return handle


def failing(subject: str) -> Callable[[ReactionContext, EventRecord], None]:
    """A handler that fails for one subject."""

    def handle(context: ReactionContext, event: EventRecord) -> None:
        if event.subject.id == subject:
            raise LookupError("not this one")
        leave_mark(context, event)

    return handle


async def deliver_all(place: Deployed, *consumers: ReactionConsumer) -> DeliveryRound:
    """Rounds until nothing is due any more."""
    done, failures = 0, list[str]()
    for _ in range(100):
        came = await deliver_due(place.database, consumers)
        if came.attempted == 0:
            return DeliveryRound(done, tuple(failures))
        done, failures = done + came.done, [*failures, *came.failures]
    raise AssertionError("deliveries are due for ever")


def make_due(place: Deployed) -> None:
    place.work(lambda c: c.execute(update(t.delivery).values(next_at=now())))


def states(place: Deployed) -> dict[tuple[str, str], str]:
    return {(row.event_id, row.consumer): row.state for row in place.rows(t.delivery)}


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


@pytest.mark.parametrize(
    "error",
    [ValueError("no"), SystemExit(3), RecursionError(), MemoryError()],
    ids=lambda e: type(e).__name__,
)
async def test_a_handler_that_fails_leaves_its_delivery_pending_and_no_effect(
    place: Deployed, error: BaseException
) -> None:
    event, bad = place.happen(), reaction(broken(error))
    place.dispatch(bad)
    came = await deliver_all(place, bad)
    assert came.done == 0
    assert len(came.failures) == 1
    (row,) = place.rows(t.delivery)
    assert (row.state, row.attempts, row.error) == ("pending", 1, came.failures[0])
    assert row.error.startswith(f"bank.award: {type(error).__name__} at test_relay_deliveries.py:")
    assert row.next_at > now()
    assert marks(place, event) == 0
    make_due(place)
    assert (await deliver_all(place, GOOD)).done == 1
    assert marks(place, event) == 1
    assert place.rows(t.delivery)[0].error is None


KILLED = """
import asyncio, os, sys
from linli.database.database import open_database
from linli.traces.deliveries import deliver_due
from tests.core.deployed import leave_mark, reaction

def die(context, event):
    leave_mark(context, event)
    os._exit(9)

asyncio.run(deliver_due(open_database(sys.argv[1]), [reaction(die)]))
"""


async def test_a_process_killed_in_a_handler_leaves_its_delivery_pending_and_no_effect(
    place: Deployed,
) -> None:
    event = place.happen()
    place.dispatch(GOOD)
    url = place.database.engine.url.set(drivername=place.database.name)
    died = subprocess.run([sys.executable, "-c", KILLED, str(url)], check=False, cwd=ROOT, timeout=60)
    assert died.returncode == 9
    assert set(states(place).values()) == {"pending"}
    assert marks(place, event) == 0
    assert (await deliver_all(place, GOOD)).done == 1
    assert marks(place, event) == 1


async def test_a_failing_handler_stops_no_other(place: Deployed) -> None:
    event = place.happen()
    bad, other = reaction(broken(ValueError("no"))), reaction(leave_mark, "network")
    place.dispatch(bad, other)
    assert (await deliver_all(place, bad, other)).done == 1
    assert states(place) == {(event, bad.name): "pending", (event, other.name): "done"}
    assert marks(place, event) == 1


async def test_after_ten_attempts_a_delivery_is_a_dead_letter_until_it_is_revived(place: Deployed) -> None:
    event, bad = place.happen(), reaction(broken(ValueError("no")))
    place.dispatch(bad)
    pauses: list[timedelta] = []
    for attempt in range(1, ATTEMPTS + 1):
        make_due(place)
        before = now()
        assert (await deliver_due(place.database, [bad])).attempted == 1
        (row,) = place.rows(t.delivery)
        assert row.attempts == attempt
        pauses.append(row.next_at - before)
    assert set(states(place).values()) == {"dead"}
    assert pauses[5] > 4 * pauses[0], "pauses grow"
    make_due(place)
    assert await deliver_due(place.database, [bad]) == DeliveryRound()
    assert place.work(lambda connection: revive(connection, bad.name)) == 1
    assert (await deliver_all(place, GOOD)).done == 1
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


@pytest.mark.parametrize("meddle", ["commit", "rollback", "close"])
async def test_a_handler_that_ends_the_transaction_itself_has_failed(place: Deployed, meddle: str) -> None:
    place.happen()
    other = reaction(leave_mark, "network")

    def handle(context: ReactionContext, event: EventRecord) -> None:
        getattr(context.connection, meddle)()

    bad = reaction(handle)
    place.dispatch(bad, other)
    came = await deliver_all(place, bad, other)
    assert came.done == 1
    assert len(came.failures) == 1
    assert came.failures[0].startswith("bank.award: ")


async def test_a_fault_that_shows_at_the_commit_only_is_a_failure_too(place: Deployed) -> None:
    """Foreign keys that are checked at the commit."""

    def handle(context: ReactionContext, event: EventRecord) -> None:
        for statement in LATE:
            context.connection.execute(text(statement))

    place.happen()
    bad = reaction(handle)
    place.dispatch(bad)
    (failure,) = (await deliver_all(place, bad)).failures
    assert failure.startswith("bank.award: IntegrityError: ")
    assert place.rows(t.delivery)[0].error == failure


LATE = (
    "CREATE TABLE late_node (id int PRIMARY KEY)",
    "CREATE TABLE late_tie (id int REFERENCES late_node (id) DEFERRABLE INITIALLY DEFERRED)",
    "INSERT INTO late_tie VALUES (1)",
)


async def test_what_a_failure_is_remembered_by_names_nobody(place: Deployed) -> None:
    errors = [ValueError("王一 has 13800138000\nand more"), KeyError("李二")]

    def twice(context: ReactionContext, event: EventRecord) -> None:
        times = {"created_at": context.at, "updated_at": context.at}
        row = {"name": "王一", "display_name": "13800138000", "state": "active"} | times
        context.connection.execute(insert(t.account), [row | {"id": uuid7()}, row | {"id": uuid7()}])

    for error in errors:
        place.happen()
        bad = reaction(broken(error), name=type(error).__name__)
        place.dispatch(bad)
        await deliver_all(place, bad)
    place.happen()
    bad = reaction(twice, name="twice")
    place.dispatch(bad)
    await deliver_all(place, bad)
    told = [row.error for row in place.rows(t.delivery)]
    assert len(told) == 3
    assert not [one for one in told if "王" in one or "李" in one or "1380" in one or "more" in one]
    assert [one for one in told if "IntegrityError" in one]


async def test_a_driver_that_quotes_a_value_is_not_quoted(postgres_place: Deployed) -> None:
    def cast(context: ReactionContext, event: EventRecord) -> None:
        context.connection.execute(text("SELECT CAST(:name AS integer)"), {"name": "Wang Yi"})

    postgres_place.happen()
    bad = reaction(cast)
    postgres_place.dispatch(bad)
    (failure,) = (await deliver_all(postgres_place, bad)).failures
    assert "22P02" in failure
    assert "Wang" not in failure


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
