"""A deployed database: migrated as in earnest, with a small territory, and what traces are tested with."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, select, text

from linli import model as t
from linli import rollup
from linli.clock import now
from linli.database.database import Database, open_database
from linli.database.migrate import CORE_LINE, migrate
from linli.ids import uuid7
from linli.plugins.contributions import Reaction
from linli.policy import Actor
from linli.traces.audit import AuditEntry, write_audit
from linli.traces.events import EventRecord, fact, write_event
from linli.traces.reactions import ReactionConsumer, ReactionContext
from linli.traces.relay import dispatch
from linli.verbs.inputs import NodeRef
from tests.core.worlds import grid_row

T = TypeVar("T")
TOPIC = "thing.happened"


@dataclass(frozen=True)
class Deployed:
    """A database with the grids city, town and community, one below the other, and rows committed at once."""

    database: Database
    city: str
    town: str
    community: str

    def work(self, work: Callable[[Connection], T]) -> T:
        with self.database.begin() as connection:
            return work(connection)

    def happen(self, subject: str | None = None, topic: str = TOPIC) -> str:
        """Record an event of a subject, a new one if left out; return its id."""
        return self.work(lambda connection: happen(connection, self.community, subject, topic))

    def audit(self, number: int = 1, **detail: Any) -> list[str]:
        """Write audit rows; return their ids, oldest first."""
        return self.work(lambda connection: [write_audit(connection, entry(**detail)) for _ in range(number)])

    def dispatch(self, *consumers: ReactionConsumer) -> list[EventRecord]:
        return self.work(lambda connection: dispatch(connection, consumers))

    def rows(self, table: Table) -> list[Any]:
        return self.work(lambda connection: list(connection.execute(select(table))))

    def tamper(self, table: Table, statement: Any) -> int:
        """Change rows as an intruder with the owner's rights would: past the guards."""
        with self.database.begin() as connection, unguarded(connection, table):
            changed: int = connection.execute(statement).rowcount
            return changed


def prepare(url: str) -> None:
    """Migrate an empty database and settle a territory in it."""
    database = open_database(url)
    migrate(database, [CORE_LINE])
    with database.begin() as connection:
        above = None
        for key, level in enumerate(("city", "town", "community"), 1):
            above = grid_row(connection, key, level, level, above)
    asyncio.run(database.close())


@asynccontextmanager
async def deployed(url: str) -> AsyncIterator[Deployed]:
    """Open a prepared database, and close it in the end."""
    database = open_database(url)
    try:
        with database.begin() as connection:
            grids = {row.name: row.id for row in connection.execute(select(t.grid))}
        await database.open()
        yield Deployed(database, **grids)
    finally:
        await database.close()


def happen(connection: Connection, grid_id: str, subject: str | None = None, topic: str = TOPIC) -> str:
    place = connection.execute(select(t.grid).where(t.grid.c.id == grid_id)).one()
    record = fact(Actor(), now(), topic, NodeRef("resident", subject or uuid7()), place)
    write_event(connection, record)
    return record.id


def entry(**detail: Any) -> AuditEntry:
    return AuditEntry(Actor(name="root"), "createGrid", "done", "grid", "grid", uuid7(), None, detail=detail)


def reaction(
    handle: Callable[[ReactionContext, EventRecord], None], plugin: str = "bank", name: str = "award"
) -> ReactionConsumer:
    return ReactionConsumer(plugin, Reaction(TOPIC, name, handle))


def leave_mark(context: ReactionContext, event: EventRecord) -> None:
    """An effect that shows how often an event was handled: a count of its own name."""
    context.count(event.grid_id, f"mark:{event.id[-12:]}", 1)


def marks(place: Deployed, event_id: str) -> int:
    """How often `leave_mark` has handled an event and was committed."""
    metric = f"mark:{event_id[-12:]}"
    return place.work(lambda connection: rollup.count(connection, place.city, metric))


def id_made_at(instant: datetime) -> str:
    return uuid7(instant.timestamp())


@contextmanager
def unguarded(connection: Connection, table: Table) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        yield
        connection.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))
        return
    kept = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
    triggers = connection.execute(kept, {"name": table.name}).all()
    for trigger in triggers:
        connection.execute(text(f"DROP TRIGGER {trigger.name}"))
    yield
    for trigger in triggers:
        connection.exec_driver_sql(trigger.sql)
