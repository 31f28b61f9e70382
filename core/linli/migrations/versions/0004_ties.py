"""Memberships, posts and relationships.

Never changed after a release.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from linli.database.migration_operations import register_scoped

revision = "0004"
down_revision = "0003"

ID = sa.String(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
INSTANT = sa.String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
PATH = sa.String().with_variant(sa.String(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    create_core_relationship()
    index_core_relationship()
    create_core_membership()
    index_core_membership()
    create_core_post()
    index_core_post()
    register_scoped("core_relationship", "core_membership", "core_post")


def create_core_relationship() -> None:
    op.create_table(
        "core_relationship",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("object_type", sa.String(length=32), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("terms", DOCUMENT, nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_relationship_grid_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_relationship")),
    )


def index_core_relationship() -> None:
    op.create_index(op.f("ix_core_relationship_grid_id"), "core_relationship", ["grid_id"], unique=False)
    op.create_index(op.f("ix_core_relationship_object_id"), "core_relationship", ["object_id"], unique=False)
    op.create_index("ix_core_relationship_path_id", "core_relationship", ["path", "id"], unique=False)
    op.create_index(
        op.f("ix_core_relationship_subject_id"), "core_relationship", ["subject_id"], unique=False
    )
    op.create_index(op.f("ix_core_relationship_type"), "core_relationship", ["type"], unique=False)


def create_core_membership() -> None:
    op.create_table(
        "core_membership",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("resident_id", ID, nullable=True),
        sa.Column("member_organization_id", ID, nullable=True),
        sa.Column("organization_id", ID, nullable=True),
        sa.Column("branch_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("position", sa.String(length=80), nullable=True),
        sa.Column("group_name", sa.String(length=80), nullable=True),
        sa.Column("represents", sa.String(length=120), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["core_party_branch.id"], name=op.f("fk_core_membership_branch_id")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_membership_grid_id")),
        sa.ForeignKeyConstraint(
            ["member_organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_membership_member_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_membership_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["core_resident.id"], name=op.f("fk_core_membership_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_membership")),
    )


def index_core_membership() -> None:
    op.create_index(op.f("ix_core_membership_branch_id"), "core_membership", ["branch_id"], unique=False)
    op.create_index(op.f("ix_core_membership_grid_id"), "core_membership", ["grid_id"], unique=False)
    op.create_index(
        op.f("ix_core_membership_member_organization_id"),
        "core_membership",
        ["member_organization_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_core_membership_organization_id"), "core_membership", ["organization_id"], unique=False
    )
    op.create_index("ix_core_membership_path_id", "core_membership", ["path", "id"], unique=False)
    op.create_index(op.f("ix_core_membership_resident_id"), "core_membership", ["resident_id"], unique=False)
    op.create_index(
        "uq_core_membership_party_relation",
        "core_membership",
        ["resident_id"],
        unique=True,
        postgresql_where=sa.text(
            "branch_id IS NOT NULL AND until IS NULL AND kind IN ('full', 'probationary')"
        ),
        sqlite_where=sa.text("branch_id IS NOT NULL AND until IS NULL AND kind IN ('full', 'probationary')"),
    )


def create_core_post() -> None:
    op.create_table(
        "core_post",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("organization_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("full_time", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_post_grid_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_post_organization_id")
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["core_resident.id"], name=op.f("fk_core_post_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_post")),
    )


def index_core_post() -> None:
    op.create_index(op.f("ix_core_post_grid_id"), "core_post", ["grid_id"], unique=False)
    op.create_index(op.f("ix_core_post_organization_id"), "core_post", ["organization_id"], unique=False)
    op.create_index("ix_core_post_path_id", "core_post", ["path", "id"], unique=False)
    op.create_index(op.f("ix_core_post_resident_id"), "core_post", ["resident_id"], unique=False)
