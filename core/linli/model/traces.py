"""What a deed leaves behind: events, deliveries, idempotency keys, audit rows and their seals."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text

from linli.model.base import metadata
from linli.model.types import Document, Id, Instant, PathText

event = Table(
    "core_event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("topic", String(80), nullable=False),
    Column("resource", String(48), nullable=False),
    Column("subject_type", String(32), nullable=False),
    Column("subject_id", Id, nullable=False, index=True),
    Column("grid_id", Id, nullable=False),
    Column("path", PathText, nullable=False),
    Column("old_path", PathText),
    Column("actor_id", Id),
    Column("at", Instant, nullable=False),
    Column("data", Document, nullable=False),
    Column("dispatched_at", Instant),
)
WAITING = text("dispatched_at IS NULL")
Index("ix_core_event_path_id", event.c.path, event.c.id)
Index("ix_core_event_waiting", event.c.id, postgresql_where=WAITING, sqlite_where=WAITING)

delivery = Table(
    "core_delivery",
    metadata,
    Column("event_id", Id, ForeignKey("core_event.id"), primary_key=True),
    Column("consumer", String(120), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("error", Text),
    Column("done_at", Instant),
)
PENDING = text("state = 'pending'")
Index("ix_core_delivery_pending", delivery.c.next_at, postgresql_where=PENDING, sqlite_where=PENDING)

idempotency = Table(
    "core_idempotency",
    metadata,
    Column("account_id", Id, primary_key=True),
    Column("verb", String(80), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("input_hash", String(64), nullable=False),
    Column("result", Document, nullable=False),
    Column("at", Instant, nullable=False),
)

audit = Table(
    "core_audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor_id", Id, index=True),
    Column("actor_name", String(80), nullable=False),
    Column("action", String(80), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("resource", String(48), nullable=False),
    Column("object_type", String(32)),
    Column("object_id", Id),
    Column("grid_id", Id, index=True),
    Column("reason", String(400), nullable=False),
    Column("basis", String(400), nullable=False),
    Column("address", String(64)),
    Column("request_id", String(64)),
    Column("repeats", Integer, nullable=False),
    Column("detail", Document, nullable=False),
    Column("hash", String(64), nullable=False),
)

seal = Table(
    "core_seal",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("audit_id", Id, nullable=False, unique=True),
    Column("previous", String(64), nullable=False),
    Column("link", String(64), nullable=False),
    Column("at", Instant, nullable=False),
)

import_run = Table(
    "core_import_run",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("file_hash", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("rows_done", Integer, nullable=False),
    Column("account_id", Id),
    Column("at", Instant, nullable=False),
)
