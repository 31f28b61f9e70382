"""Events, audit and what else deeds leave behind.

Never changed after a release.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from linli.database.migration_operations import keep_rows

revision = "0006"
down_revision = "0005"

ID = sa.String(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
INSTANT = sa.String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
PATH = sa.String().with_variant(sa.String(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    create_core_audit()
    index_core_audit()
    create_core_event()
    index_core_event()
    create_core_idempotency()
    create_core_import_run()
    create_core_seal()
    create_core_delivery()
    index_core_delivery()
    create_core_data_access()
    index_core_data_access()
    keep_rows("core_event", mutable=["dispatched_at"])
    keep_rows("core_audit")
    keep_rows("core_seal")
    keep_rows("core_data_access")


def create_core_audit() -> None:
    op.create_table(
        "core_audit",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("resource", sa.String(length=48), nullable=False),
        sa.Column("object_type", sa.String(length=32), nullable=True),
        sa.Column("object_id", ID, nullable=True),
        sa.Column("grid_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("basis", sa.String(length=400), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("detail", DOCUMENT, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_audit")),
    )


def index_core_audit() -> None:
    op.create_index(op.f("ix_core_audit_actor_id"), "core_audit", ["actor_id"], unique=False)
    op.create_index(op.f("ix_core_audit_grid_id"), "core_audit", ["grid_id"], unique=False)


def create_core_event() -> None:
    op.create_table(
        "core_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("resource", sa.String(length=48), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("old_path", PATH, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.Column("dispatched_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_event")),
    )


def index_core_event() -> None:
    op.create_index(op.f("ix_core_event_subject_id"), "core_event", ["subject_id"], unique=False)
    op.create_index(
        "ix_core_event_waiting",
        "core_event",
        ["id"],
        unique=False,
        postgresql_where=sa.text("dispatched_at IS NULL"),
        sqlite_where=sa.text("dispatched_at IS NULL"),
    )


def create_core_data_access() -> None:
    op.create_table(
        "core_data_access",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("fields", DOCUMENT, nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_data_access")),
    )


def index_core_data_access() -> None:
    name = "core_data_access"
    op.create_index(op.f("ix_core_data_access_resident_id"), name, ["resident_id"], unique=False)
    op.create_index("ix_core_data_access_path_id", name, ["path", "id"], unique=False)
    op.create_index("ix_core_data_access_account_id", name, ["account_id", "at"], unique=False)


def create_core_idempotency() -> None:
    op.create_table(
        "core_idempotency",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("verb", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("result", DOCUMENT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "verb", "key", name=op.f("pk_core_idempotency")),
    )


def create_core_import_run() -> None:
    op.create_table(
        "core_import_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_import_run")),
    )


def create_core_seal() -> None:
    op.create_table(
        "core_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", ID, nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_core_seal")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_core_seal_audit_id")),
    )


def create_core_delivery() -> None:
    op.create_table(
        "core_delivery",
        sa.Column("event_id", ID, nullable=False),
        sa.Column("consumer", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["core_event.id"], name=op.f("fk_core_delivery_event_id")),
        sa.PrimaryKeyConstraint("event_id", "consumer", name=op.f("pk_core_delivery")),
    )


def index_core_delivery() -> None:
    op.create_index(
        "ix_core_delivery_pending",
        "core_delivery",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
        sqlite_where=sa.text("state = 'pending'"),
    )
