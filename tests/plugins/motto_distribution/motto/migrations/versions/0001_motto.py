"""Mottos."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from linli.database.migration_operations import keep_rows, register_scoped

revision = "0001"
down_revision = None

ID = sa.String(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
INSTANT = sa.String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
PATH = sa.String().with_variant(sa.String(collation="C"), "postgresql")
CHANGING = ("version", "updated_at", "grid_id", "path", "state", "adopted_at", "valid_to")


def upgrade() -> None:
    op.create_table(
        "motto__motto",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("text", sa.String(80), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("proposer_id", ID, nullable=False),
        sa.Column("adopted_at", INSTANT),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_to", INSTANT),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name="fk_motto__motto_grid_id"),
        sa.ForeignKeyConstraint(["proposer_id"], ["core_resident.id"], name="fk_motto__motto_proposer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_motto__motto"),
    )
    op.create_index("ix_motto__motto_grid_id", "motto__motto", ["grid_id"])
    op.create_index("ix_motto__motto_path_id", "motto__motto", ["path", "id"])
    op.create_index("ix_motto__motto_proposer_id", "motto__motto", ["proposer_id"])
    register_scoped("motto__motto")  # moves of grids reach the rows, even while the plugin is off
    keep_rows("motto__motto", mutable=CHANGING)  # what was said, and by whom, is never rewritten
