"""Declarations of personal columns, consents, and requests of persons about their data.

Never changed after a release.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from linli.database.migration_operations import keep_rows, only_emptied, register_scoped

revision = "0008"
down_revision = "0007"

ID = sa.String(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
INSTANT = sa.String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
PATH = sa.String().with_variant(sa.String(collation="C"), "postgresql")
PLACED = ("version", "updated_at", "grid_id", "path")
DECIDED = ("state", "decided_by_id", "decided_at", "decision", "event_id")


def upgrade() -> None:
    create_core_personal_field()
    create_core_consent()
    index_core_consent()
    create_core_data_request()
    index_core_data_request()
    register_scoped("core_consent", "core_data_request")
    keep_rows("core_consent", mutable=(*PLACED, "withdrawn_by_id", "valid_to"))
    keep_rows("core_data_request", mutable=(*PLACED, *DECIDED, "wish"))
    only_emptied("core_data_request", "wish")
    gone = sa.text("closed_reason = 'erased'")
    op.create_index(
        "ix_core_resident_erased", "core_resident", ["id"], postgresql_where=gone, sqlite_where=gone
    )
    keep_rows("core_event", mutable=("dispatched_at", "data"))
    only_emptied("core_event", "data")


def create_core_personal_field() -> None:
    op.create_table(
        "core_personal_field",
        sa.Column("table_name", sa.String(63), nullable=False),
        sa.Column("column_name", sa.String(63), nullable=False),
        sa.Column("plugin", sa.String(40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("purpose_en", sa.Text(), nullable=False),
        sa.Column("purpose_zh", sa.Text(), nullable=False),
        sa.Column("sensitivity", sa.String(16), nullable=False),
        sa.Column("retention_en", sa.Text(), nullable=False),
        sa.Column("retention_zh", sa.Text(), nullable=False),
        sa.Column("keep", sa.String(16), nullable=False),
        sa.Column("after", sa.String(63)),
        sa.Column("erase", sa.String(12), nullable=False),
        sa.Column("refers", sa.String(63)),
        sa.Column("whose", sa.String(63)),
        sa.PrimaryKeyConstraint("table_name", "column_name", name="pk_core_personal_field"),
    )


def node() -> list[sa.Column[object]]:
    return [
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
    ]


def key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def create_core_consent() -> None:
    name = "core_consent"
    op.create_table(
        name,
        *node(),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("purpose", sa.String(80), nullable=False),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("guardian_id", ID),
        sa.Column("given_by_id", ID, nullable=False),
        sa.Column("withdrawn_by_id", ID),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_to", INSTANT),
        key(name, "grid_id", "core_grid"),
        key(name, "resident_id", "core_resident"),
        key(name, "guardian_id", "core_resident"),
        key(name, "given_by_id", "core_account"),
        key(name, "withdrawn_by_id", "core_account"),
        sa.PrimaryKeyConstraint("id", name="pk_core_consent"),
    )


def index_core_consent() -> None:
    for column in ("grid_id", "resident_id", "guardian_id", "given_by_id", "withdrawn_by_id"):
        op.create_index(f"ix_core_consent_{column}", "core_consent", [column])
    op.create_index("ix_core_consent_path_id", "core_consent", ["path", "id"])
    in_force = sa.text("valid_to IS NULL")
    op.create_index(
        "uq_core_consent_in_force",
        "core_consent",
        ["resident_id", "purpose"],
        unique=True,
        postgresql_where=in_force,
        sqlite_where=in_force,
    )


def create_core_data_request() -> None:
    name = "core_data_request"
    op.create_table(
        name,
        *node(),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("about_type", sa.String(32)),
        sa.Column("about_id", ID),
        sa.Column("field", sa.String(80)),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("decide_by", sa.Date(), nullable=False),
        sa.Column("asked_by_id", ID, nullable=False),
        sa.Column("decided_by_id", ID),
        sa.Column("decided_at", INSTANT),
        sa.Column("decision", sa.Text()),
        sa.Column("event_id", ID),
        key(name, "grid_id", "core_grid"),
        key(name, "resident_id", "core_resident"),
        key(name, "asked_by_id", "core_account"),
        key(name, "decided_by_id", "core_account"),
        key(name, "event_id", "core_event"),
        sa.PrimaryKeyConstraint("id", name="pk_core_data_request"),
    )


def index_core_data_request() -> None:
    for column in ("grid_id", "resident_id", "asked_by_id", "decided_by_id"):
        op.create_index(f"ix_core_data_request_{column}", "core_data_request", [column])
    op.create_index("ix_core_data_request_path_id", "core_data_request", ["path", "id"])
    one = sa.text("kind = 'erasure' AND state = 'open'")
    op.create_index(
        "uq_core_data_request_erasure",
        "core_data_request",
        ["resident_id"],
        unique=True,
        postgresql_where=one,
        sqlite_where=one,
    )
