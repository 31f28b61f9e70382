"""Residents, households and dwellings.

Never changed after a release.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from linli.database.migration_operations import create_search_index, register_scoped

revision = "0002"
down_revision = "0001"

ID = sa.String(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
INSTANT = sa.String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
PATH = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    create_core_dwelling()
    index_core_dwelling()
    create_core_household()
    index_core_household()
    create_core_resident()
    index_core_resident()
    create_core_occupancy()
    index_core_occupancy()
    create_core_residence()
    index_core_residence()
    create_search_index("core_household")
    create_search_index("core_resident")
    register_scoped("core_dwelling", "core_household", "core_resident", "core_occupancy", "core_residence")


def create_core_dwelling() -> None:
    op.create_table(
        "core_dwelling",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("estate", sa.String(length=80), nullable=True),
        sa.Column("building", sa.String(length=20), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("room", sa.String(length=20), nullable=False),
        sa.Column("floor_area", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_to", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_dwelling_grid_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_dwelling")),
    )


def index_core_dwelling() -> None:
    op.create_index(op.f("ix_core_dwelling_grid_id"), "core_dwelling", ["grid_id"], unique=False)
    op.create_index("ix_core_dwelling_path_id", "core_dwelling", ["path", "id"], unique=False)


def create_core_household() -> None:
    op.create_table(
        "core_household",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("head_id", ID, nullable=True),
        sa.Column("dwelling_id", ID, nullable=True),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_to", INSTANT, nullable=True),
        sa.Column("search", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["dwelling_id"], ["core_dwelling.id"], name=op.f("fk_core_household_dwelling_id")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_household_grid_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_household")),
    )


def index_core_household() -> None:
    op.create_index(op.f("ix_core_household_dwelling_id"), "core_household", ["dwelling_id"], unique=False)
    op.create_index(op.f("ix_core_household_grid_id"), "core_household", ["grid_id"], unique=False)
    op.create_index(op.f("ix_core_household_head_id"), "core_household", ["head_id"], unique=False)
    op.create_index("ix_core_household_path_id", "core_household", ["path", "id"], unique=False)


def create_core_resident() -> None:
    op.create_table(
        "core_resident",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("household_id", ID, nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("phone_masked", sa.String(length=24), nullable=True),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("phone_blind", sa.String(length=64), nullable=True),
        sa.Column("id_number_masked", sa.String(length=32), nullable=True),
        sa.Column("id_number_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_blind", sa.String(length=64), nullable=True),
        sa.Column("import_key", sa.String(length=64), nullable=True),
        sa.Column("closed_reason", sa.String(length=24), nullable=True),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_to", INSTANT, nullable=True),
        sa.Column("search", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_resident_grid_id")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["core_household.id"], name=op.f("fk_core_resident_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_resident")),
        sa.UniqueConstraint("import_key", name=op.f("uq_core_resident_import_key")),
    )


def index_core_resident() -> None:
    op.create_index(op.f("ix_core_resident_grid_id"), "core_resident", ["grid_id"], unique=False)
    op.create_index(op.f("ix_core_resident_household_id"), "core_resident", ["household_id"], unique=False)
    op.create_index(
        "ix_core_resident_id_number",
        "core_resident",
        ["id_number_blind"],
        unique=False,
        postgresql_where=sa.text("valid_to IS NULL AND id_number_blind IS NOT NULL"),
        sqlite_where=sa.text("valid_to IS NULL AND id_number_blind IS NOT NULL"),
    )
    op.create_index("ix_core_resident_path_id", "core_resident", ["path", "id"], unique=False)
    op.create_index(op.f("ix_core_resident_phone_blind"), "core_resident", ["phone_blind"], unique=False)


def create_core_occupancy() -> None:
    op.create_table(
        "core_occupancy",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("dwelling_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dwelling_id"], ["core_dwelling.id"], name=op.f("fk_core_occupancy_dwelling_id")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_occupancy_grid_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["core_resident.id"], name=op.f("fk_core_occupancy_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_occupancy")),
    )


def index_core_occupancy() -> None:
    op.create_index(op.f("ix_core_occupancy_dwelling_id"), "core_occupancy", ["dwelling_id"], unique=False)
    op.create_index(op.f("ix_core_occupancy_grid_id"), "core_occupancy", ["grid_id"], unique=False)
    op.create_index("ix_core_occupancy_path_id", "core_occupancy", ["path", "id"], unique=False)
    op.create_index(op.f("ix_core_occupancy_resident_id"), "core_occupancy", ["resident_id"], unique=False)


def create_core_residence() -> None:
    op.create_table(
        "core_residence",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_residence_grid_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["core_resident.id"], name=op.f("fk_core_residence_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_residence")),
    )


def index_core_residence() -> None:
    op.create_index(op.f("ix_core_residence_grid_id"), "core_residence", ["grid_id"], unique=False)
    op.create_index("ix_core_residence_path_id", "core_residence", ["path", "id"], unique=False)
    op.create_index(op.f("ix_core_residence_resident_id"), "core_residence", ["resident_id"], unique=False)
    op.create_index(
        "uq_core_residence_lives",
        "core_residence",
        ["resident_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'lives' AND until IS NULL"),
        sqlite_where=sa.text("kind = 'lives' AND until IS NULL"),
    )
