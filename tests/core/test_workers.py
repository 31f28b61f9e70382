"""The work beside the requests: done soon, in every process once, through outages, to a clean end."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from linli import model as t
from linli import rollup
from linli.database.database import Database, T, Unavailable, Work
from linli.traces.chain import head_key
from linli.traces.heads import HeadFile, read_heads
from linli.traces.hub import EventHub
from linli.traces.reactions import ReactionConsumer
from linli.workers import Workers
from tests.core.deployed import Deployed, deployed, happen, leave_mark, marks, prepare, reaction
from tests.support.postgres import running_postgres

SECONDS = 40
KEY = head_key(b"k" * 32)
GOOD = reaction(leave_mark)


async def until(true: Callable[[], object]) -> None:
    """Wait for something that must come true."""
    async with asyncio.timeout(SECONDS):
        while not true():
            await asyncio.sleep(0.02)


async def listening(place: Deployed, *workers: Workers) -> None:
    """Wait until these have begun to listen to each other, which closes what was subscribed before."""
    if place.database.name == "postgresql":
        early = [each.hub.subscribe() for each in workers]
        await until(lambda: all(subscription.closed for subscription in early))


def done(place: Deployed) -> list[str]:
    return [row.event_id for row in place.rows(t.delivery) if row.state == "done"]


def tasks() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks()}


async def test_an_event_reaches_listeners_and_reactions(place: Deployed) -> None:
    hub = EventHub()
    async with Workers(place.database, [GOOD], hub) as workers:
        await listening(place, workers)
        with hub.subscribe() as subscription:
            event = place.happen()
            workers.wake()
            async with asyncio.timeout(SECONDS):
                assert (await anext(subscription)).id == event
        await until(lambda: done(place) == [event])
    assert marks(place, event) == 1
    assert len(hub) == 0


async def test_a_subscription_ends_when_the_workers_do(place: Deployed) -> None:
    async with Workers(place.database) as workers:
        await listening(place, workers)
        subscription = workers.hub.subscribe()
    assert subscription.closed


async def test_a_wake_is_enough(place: Deployed) -> None:
    """Without it the relay would sleep; the period is made long to show that it is not what helps."""
    workers = Workers(place.database, [GOOD])
    slow = [duty.__class__(duty.name, SECONDS * 10, duty.work, duty.bell) for duty in workers._duties]
    workers._duties = tuple(slow)
    async with workers:
        await asyncio.sleep(0.3)
        event = place.happen()
        workers.wake()
        await until(lambda: done(place) == [event])


async def test_audit_rows_are_sealed_and_the_head_is_signed_outside(place: Deployed, tmp_path: Path) -> None:
    file = HeadFile(tmp_path / "head.json", KEY)
    place.audit(3)
    async with Workers(place.database):
        await until(lambda: len(place.rows(t.seal)) == 3)
    async with Workers(place.database, heads=file):
        await until(lambda: read_heads(file).heads)
    (head,) = read_heads(file).heads
    assert (head.number, head.link) == (3, place.rows(t.seal)[-1].link)


async def test_pending_counts_are_folded(postgres_place: Deployed) -> None:
    place = postgres_place
    place.work(lambda connection: rollup.add(connection, place.community, "resident", 7))
    assert place.rows(t.rollup_delta)
    async with Workers(place.database):
        await until(lambda: not place.rows(t.rollup_delta))
    assert {row.value for row in place.rows(t.rollup)} == {7}


async def test_two_processes_share_the_work_and_both_hear_of_everything(postgres_place: Deployed) -> None:
    place = postgres_place
    async with Workers(place.database, [GOOD]) as one, Workers(place.database, [GOOD]) as other:
        await listening(place, one, other)
        with one.hub.subscribe() as first, other.hub.subscribe() as second:
            ids = [place.happen() for _ in range(40)]
            async with asyncio.timeout(SECONDS):
                heard = [{(await anext(each)).id for _ in ids} for each in (first, second)]
            assert heard == [set(ids), set(ids)]
        await until(lambda: sorted(done(place)) == ids)
    assert {marks(place, event) for event in ids} == {1}


async def test_a_failing_reaction_is_told_in_the_log_with_its_plugin(place: Deployed) -> None:
    def fail(context: object, event: object) -> None:
        raise LookupError("nothing there")

    with capture_logs() as logs:
        async with Workers(place.database, [reaction(fail)], log=structlog.get_logger()):
            place.happen()
            await until(lambda: [log for log in logs if log["event"] == "a reaction failed"])
    (failure,) = [log["failure"] for log in logs if log["event"] == "a reaction failed"]
    assert failure.startswith("bank.award: LookupError")


class Shaky:
    """A database that is away for a while; as much of one as the workers use."""

    def __init__(self, database: Database, fault: Exception) -> None:
        self._database = database
        self.fault: Exception | None = fault
        self.refused = 0
        self.name, self.engine = database.name, database.engine

    async def run(self, work: Work[T]) -> T:
        if self.fault is not None:
            self.refused += 1
            raise self.fault
        return await self._database.run(work)


@pytest.mark.parametrize("fault", [Unavailable("away"), RuntimeError("a bug")], ids=["outage", "bug"])
async def test_each_task_survives_failures_and_says_so_once(sqlite_place: Deployed, fault: Exception) -> None:
    shaky = Shaky(sqlite_place.database, fault)
    event = sqlite_place.happen()
    sqlite_place.audit(1)
    with capture_logs() as logs:
        async with Workers(shaky, [GOOD], log=structlog.get_logger()):  # type: ignore[arg-type]  # what is used of it
            await until(lambda: shaky.refused >= 6)
            shaky.fault = None
            await until(lambda: done(sqlite_place) == [event] and sqlite_place.rows(t.seal))
            await until(lambda: len([log for log in logs if log["event"] == "working again"]) == 3)
    away = [log["task"] for log in logs if log["event"] == "the database is away"]
    assert sorted(away) == (["deliveries", "relay", "sealer"] if isinstance(fault, Unavailable) else [])


async def test_the_work_goes_on_after_the_database_was_killed() -> None:
    with running_postgres() as server:
        await asyncio.to_thread(prepare, server.url())
        async with deployed(server.url()) as place, Workers(place.database, [GOOD]) as workers:
            await listening(place, workers)
            early = workers.hub.subscribe()
            server.crash()
            await asyncio.sleep(1)
            server.start()
            await until(lambda: early.closed and can_write(place))
            assert early.missed
            with workers.hub.subscribe() as subscription:
                event = place.happen()
                async with asyncio.timeout(SECONDS):
                    assert (await anext(subscription)).id == event
            await until(lambda: done(place) == [event])


def can_write(place: Deployed) -> bool:
    try:
        place.rows(t.grid)
    except Exception:  # noqa: BLE001 - whatever a driver says
        return False
    return True


async def test_stopping_ends_every_task_and_waits_for_what_is_begun(place: Deployed) -> None:
    begun, before = asyncio.Event(), tasks()
    loop = asyncio.get_running_loop()

    def slow(context: object, event: object) -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.3), loop).result()

    workers = Workers(place.database, [reaction(slow)])
    workers.start()
    event = place.happen()
    workers.wake()
    async with asyncio.timeout(SECONDS):
        await begun.wait()
    await workers.stop()
    assert done(place) == [event]
    assert tasks() == before


async def test_workers_that_were_never_started_stop_as_well(sqlite_place: Deployed) -> None:
    await Workers(sqlite_place.database).stop()


async def test_an_audit_that_went_back_is_told_again(sqlite_place: Deployed, tmp_path: Path) -> None:
    place, file = sqlite_place, HeadFile(tmp_path / "head.json", KEY)
    place.audit(3)
    async with Workers(place.database, heads=file):
        await until(lambda: read_heads(file).heads)
    place.tamper(t.seal, t.seal.delete().where(t.seal.c.number == 3))
    place.tamper(t.audit, t.audit.delete())
    with capture_logs() as logs:
        async with Workers(place.database, heads=file, log=structlog.get_logger()):
            await until(lambda: len([log for log in logs if log.get("task") == "head"]) >= 2)
    told = [log for log in logs if log.get("task") == "head"]
    assert all("HeadWentBackError" in log["error"] and log["log_level"] == "error" for log in told)


async def test_many_events_are_all_delivered_without_waiting_for_the_next_turn(place: Deployed) -> None:
    ids = place.work(lambda c: [happen(c, place.community) for _ in range(250)])
    consumer: ReactionConsumer = reaction(lambda *_: None)
    async with Workers(place.database, [consumer]):
        await until(lambda: len(done(place)) == len(ids))
    assert all(row.dispatched_at for row in place.rows(t.event))
