"""The relay: new events become deliveries to each consumer, and are announced to every process."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection, func, insert, select, update

from linli.clock import now
from linli.model import delivery, event
from linli.traces.events import EventRecord, read_event

BATCH = 200  # whose ids fit into one notification of 8,000 bytes
CHANNEL = "linli_events"


class Consumer(Protocol):
    """Whoever is owed each event once: a reaction, a webhook."""

    @property
    def name(self) -> str:
        """Under which deliveries are remembered, such as `reaction:credit_bank:award`; 120 characters."""
        ...

    def wants(self, event: EventRecord) -> bool:
        """Whether a new event is to be delivered to this consumer."""
        ...


def dispatch(connection: Connection, consumers: Sequence[Consumer]) -> list[EventRecord]:
    """Write the deliveries of up to 200 events that have none yet and return those events, oldest first.

    Relays beside each other take different events; deliveries keep the order of a subject nevertheless.
    """
    waiting = select(event).where(event.c.dispatched_at.is_(None)).order_by(event.c.id).limit(BATCH)
    events = [read_event(row) for row in connection.execute(waiting.with_for_update(skip_locked=True))]
    if not events:
        return []
    at = now()
    rows = [
        {"event_id": one.id, "consumer": consumer.name, "state": "pending", "attempts": 0, "next_at": at}
        for one in events
        for consumer in consumers
        if consumer.wants(one)
    ]
    if rows:
        connection.execute(insert(delivery), rows)
    dispatched = update(event).where(event.c.id.in_([one.id for one in events]))
    connection.execute(dispatched.values(dispatched_at=at))
    return events


def announce(connection: Connection, origin: str, events: Sequence[EventRecord]) -> None:
    """Tell the other processes, once this transaction commits, which events are new; `origin` is who tells.

    Only the relay does this, once a batch: inside write transactions a NOTIFY makes them queue at commit.
    """
    if events and connection.dialect.name == "postgresql":
        payload = f"{origin}:{','.join(one.id for one in events)}"
        connection.execute(select(func.pg_notify(CHANNEL, payload)))


def read_events(connection: Connection, ids: Sequence[str]) -> list[EventRecord]:
    """Return the events with these ids, oldest first."""
    rows = connection.execute(select(event).where(event.c.id.in_(ids)).order_by(event.c.id))
    return [read_event(row) for row in rows]
