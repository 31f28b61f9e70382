"""Deliveries: each reaction handles each event once, in a transaction of its own, again if it fails."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select, update

from linli.clock import now
from linli.database.database import Database, Unavailable
from linli.model import delivery, event
from linli.traces import reactions
from linli.traces.events import read_event
from linli.traces.faults import fault_text
from linli.traces.reactions import ReactionConsumer

ROUND = 100
ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)

d, e = delivery.c, event.c


@dataclass(frozen=True, slots=True)
class DeliveryRound:
    """What came of one round: how many were handled, and a sentence for each attempt that failed."""

    done: int = 0
    failures: tuple[str, ...] = ()

    @property
    def attempted(self) -> int:
        """How many handlers were called."""
        return self.done + len(self.failures)


async def deliver_due(database: Database, consumers: Sequence[ReactionConsumer]) -> DeliveryRound:
    """Attempt up to 100 deliveries that are due, each in its own transaction.

    Deliveries to consumers that are not given, those of disabled plugins, wait untouched. Events of one
    subject reach a consumer in their order: a later one waits while an earlier one is pending.

    Raises:
        Unavailable: the database cannot be reached.
    """
    by_name = {consumer.name: consumer for consumer in consumers}
    keys = await database.run(partial(_due_keys, names=list(by_name)))
    results = [await _attempt_alone(database, by_name[name], event_id) for event_id, name in keys]
    failures = tuple(failure for failure in results if failure)
    return DeliveryRound(results.count(""), failures)


def revive(connection: Connection, consumer: str) -> int:
    """Give the dead letters of a consumer another ten attempts, from now on; return how many there were."""
    dead = update(delivery).where(d.consumer == consumer, d.state == "dead")
    return connection.execute(dead.values(state="pending", attempts=0, next_at=now())).rowcount


def _due_keys(connection: Connection, names: list[str]) -> list[tuple[str, str]]:
    rows = connection.execute(_due(names).order_by(d.next_at, d.event_id).limit(ROUND))
    return [(row.id, row.consumer) for row in rows]


def _due(names: list[str]) -> Select[Any]:
    at = now()
    # No pause is that long: the clock was ahead when it was set, and has been put right since.
    astray = d.next_at > at + 2 * LONGEST_PAUSE
    return (
        select(event, d.consumer, d.attempts)
        .join(event, e.id == d.event_id)
        .where(d.consumer.in_(names), d.state == "pending", or_(d.next_at <= at, astray))
        .where(~_earlier_waits())
    )


def _earlier_waits() -> ColumnElement[bool]:
    """Whether an earlier event of the same subject is still owed to the consumer, or not dispatched yet."""
    before, owed = event.alias(), delivery.alias()
    earlier = (before.c.subject_id == e.subject_id) & (before.c.id < e.id)
    pending = (owed.c.event_id == before.c.id) & (owed.c.consumer == d.consumer)
    return or_(
        exists().where(earlier, before.c.dispatched_at.is_(None)),
        exists().where(earlier, pending, owed.c.state == "pending"),
    )


async def _attempt_alone(database: Database, consumer: ReactionConsumer, event_id: str) -> str | None:
    """Return "" for a success, the sentence of a failure, None where another worker was faster."""
    try:
        return await database.run(partial(_attempt, consumer=consumer, event_id=event_id))
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a plugin did to the transaction, its delivery has failed
        return await database.run(partial(_fail, consumer=consumer, event_id=event_id, error=error))


def _attempt(connection: Connection, consumer: ReactionConsumer, event_id: str) -> str | None:
    due = _due([consumer.name]).where(d.event_id == event_id)
    row = connection.execute(due.with_for_update(of=delivery, skip_locked=True)).one_or_none()
    if row is None:
        return None
    try:
        with connection.begin_nested():
            consumer.handle(connection, read_event(row))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's failure stays the plugin's own
        return _fail(connection, consumer, event_id, error)
    done = {"state": "done", "attempts": row.attempts + 1, "done_at": now(), "error": None}
    connection.execute(update(delivery).where(_is(consumer, event_id)).values(done))
    return ""


def _fail(connection: Connection, consumer: ReactionConsumer, event_id: str, error: BaseException) -> str:
    attempts = connection.execute(select(d.attempts).where(_is(consumer, event_id))).scalar_one() + 1
    sentence = f"{consumer.plugin}.{consumer.reaction.name}: {fault_text(error, reactions.__file__)}"
    values = {
        "state": "dead" if attempts >= ATTEMPTS else "pending",
        "attempts": attempts,
        "next_at": now() + _pause(attempts),
        "error": sentence,
    }
    connection.execute(update(delivery).where(_is(consumer, event_id)).values(values))
    return sentence


def _is(consumer: ReactionConsumer, event_id: str) -> ColumnElement[bool]:
    return (d.event_id == event_id) & (d.consumer == consumer.name)


def _pause(attempts: int) -> timedelta:
    """Twice as long after each failure, and never quite the same, so that failures do not come in waves."""
    longest = min(FIRST_PAUSE.total_seconds() * 2.0 ** (attempts - 1), LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=longest) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
