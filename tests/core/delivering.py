"""Handlers that fail, and rounds of deliveries."""

from collections.abc import Callable

from sqlalchemy import update

from linli import model as t
from linli.clock import now
from linli.traces.deliveries import DeliveryRound, deliver_due
from linli.traces.events import EventRecord
from linli.traces.reactions import ReactionConsumer, ReactionContext
from tests.core.deployed import Deployed, leave_mark


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
