"""Handlers that fail, die or meddle: their delivery waits, nothing of theirs stays, no other is stopped."""

import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from linli import model as t
from linli.clock import now
from linli.ids import uuid7
from linli.traces.deliveries import ATTEMPTS, DeliveryRound, deliver_due, revive
from linli.traces.events import EventRecord
from linli.traces.reactions import ReactionContext
from tests.core.delivering import broken, deliver_all, make_due, states
from tests.core.deployed import Deployed, leave_mark, marks, reaction
from tests.house.source import ROOT

GOOD = reaction(leave_mark)


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
    assert row.error.startswith(f"bank.award: {type(error).__name__} at delivering.py:")
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
from tests.core.delivering import broken, deliver_all, failing, make_due, states
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
