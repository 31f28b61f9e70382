"""Events: facts in the past tense, written in the deed's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row, bindparam, insert

from linli.database.together import Step, together
from linli.ids import uuid7
from linli.model import event
from linli.policy import Actor
from linli.verbs.inputs import NodeRef

INSERT = insert(event).values({c.name: bindparam(c.name) for c in event.c if c.name != "dispatched_at"})


@dataclass(frozen=True, slots=True)
class EventRecord:
    """A fact as consumers receive it; ids and names of fields, never a personal value.

    `path` is where the subject stands now; `old_path` where it stood before a move.
    """

    id: str
    topic: str
    resource: str
    subject: NodeRef
    grid_id: str
    path: str
    old_path: str | None
    actor_id: str | None
    at: datetime
    data: dict[str, Any]


class Place(Protocol):
    """Where something happened: a grid, or a row with `grid_id`."""

    @property
    def id(self) -> str: ...
    @property
    def path(self) -> str: ...


def fact(actor: Actor, at: datetime, topic: str, subject: NodeRef, place: Place | Row[Any]) -> EventRecord:
    """Return the record of a fact that has just come true; nothing is written yet."""
    return EventRecord(
        id=uuid7(),
        topic=topic,
        resource=subject.type,
        subject=subject,
        grid_id=getattr(place, "grid_id", None) or place.id,
        path=place.path,
        old_path=None,
        actor_id=actor.account_id,
        at=at,
        data={},
    )


def write_event(connection: Connection, record: EventRecord) -> None:
    """Append one event row."""
    together(connection, [event_step(record)])


def event_step(record: EventRecord) -> Step:
    """Return the statement that appends one event row."""
    values = {
        "id": record.id,
        "topic": record.topic,
        "resource": record.resource,
        "subject_type": record.subject.type,
        "subject_id": record.subject.id,
        "grid_id": record.grid_id,
        "path": record.path,
        "old_path": record.old_path,
        "actor_id": record.actor_id,
        "at": record.at,
        "data": record.data,
    }
    return Step(INSERT, values)


def read_event(row: Row[Any]) -> EventRecord:
    """Return the record of an event row."""
    return EventRecord(
        id=row.id,
        topic=row.topic,
        resource=row.resource,
        subject=NodeRef(row.subject_type, row.subject_id),
        grid_id=row.grid_id,
        path=row.path,
        old_path=row.old_path,
        actor_id=row.actor_id,
        at=row.at,
        data=row.data,
    )
