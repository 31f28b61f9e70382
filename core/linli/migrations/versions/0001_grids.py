"""Territory.

Never changed after a release.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from linli.database.migration_operations import create_search_index, register_scoped

revision = "0001"
down_revision = None

ID = sa.String(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
INSTANT = sa.String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
PATH = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    create_core_grid()
    index_core_grid()
    create_core_rollup()
    create_core_rollup_delta()
    index_core_rollup_delta()
    create_core_scoped_table()
    create_core_coverage()
    index_core_coverage()
    create_core_succession()
    index_core_succession()
    create_search_index("core_grid")
    register_scoped("core_rollup_delta")
    register_scoped("core_grid")


def create_core_grid() -> None:
    op.create_table(
        "core_grid",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=True),
        sa.Column("code_scheme", sa.String(length=16), nullable=False),
        sa.Column("official_kind", sa.String(length=3), nullable=True),
        sa.Column("urban_rural", sa.String(length=3), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("official_name", sa.String(length=120), nullable=True),
        sa.Column("level", sa.String(length=24), nullable=False),
        sa.Column("spine", sa.Boolean(), nullable=False),
        sa.Column("filler", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("virtual", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("quasi", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("path", PATH, nullable=False),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_to", INSTANT, nullable=True),
        sa.Column("search", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["core_grid.id"], name=op.f("fk_core_grid_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_grid")),
        sa.UniqueConstraint("key", name=op.f("uq_core_grid_key")),
    )


def index_core_grid() -> None:
    op.create_index("ix_core_grid_level_path_id", "core_grid", ["level", "path", "id"], unique=False)
    op.create_index(op.f("ix_core_grid_parent_id"), "core_grid", ["parent_id"], unique=False)
    op.create_index("ix_core_grid_path_id", "core_grid", ["path", "id"], unique=False)
    op.create_index(
        "uq_core_grid_code",
        "core_grid",
        ["code"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
        sqlite_where=sa.text("valid_to IS NULL"),
    )


def create_core_rollup() -> None:
    op.create_table(
        "core_rollup",
        sa.Column("grid_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("metric", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("grid_key", "metric", name=op.f("pk_core_rollup")),
    )


def create_core_rollup_delta() -> None:
    op.create_table(
        "core_rollup_delta",
        sa.Column("id", ID, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("metric", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_rollup_delta")),
    )


def index_core_rollup_delta() -> None:
    op.create_index("ix_core_rollup_delta_path_id", "core_rollup_delta", ["path", "id"], unique=False)


def create_core_scoped_table() -> None:
    op.create_table(
        "core_scoped_table",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_scoped_table")),
    )


def create_core_coverage() -> None:
    op.create_table(
        "core_coverage",
        sa.Column("side_grid_id", ID, nullable=False),
        sa.Column("spine_grid_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["side_grid_id"], ["core_grid.id"], name=op.f("fk_core_coverage_side_grid_id")
        ),
        sa.ForeignKeyConstraint(
            ["spine_grid_id"], ["core_grid.id"], name=op.f("fk_core_coverage_spine_grid_id")
        ),
        sa.PrimaryKeyConstraint("side_grid_id", "spine_grid_id", name=op.f("pk_core_coverage")),
    )


def index_core_coverage() -> None:
    op.create_index(op.f("ix_core_coverage_spine_grid_id"), "core_coverage", ["spine_grid_id"], unique=False)


def create_core_succession() -> None:
    op.create_table(
        "core_succession",
        sa.Column("predecessor_id", ID, nullable=False),
        sa.Column("successor_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["core_grid.id"], name=op.f("fk_core_succession_predecessor_id")
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["core_grid.id"], name=op.f("fk_core_succession_successor_id")
        ),
        sa.PrimaryKeyConstraint("predecessor_id", "successor_id", name=op.f("pk_core_succession")),
    )


def index_core_succession() -> None:
    op.create_index(
        op.f("ix_core_succession_successor_id"), "core_succession", ["successor_id"], unique=False
    )
