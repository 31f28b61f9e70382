"""Party branches, organisations and projects.

Never changed after a release.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from linli.database.migration_operations import create_search_index, register_scoped

revision = "0003"
down_revision = "0002"

ID = sa.String(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
INSTANT = sa.String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
PATH = sa.String().with_variant(sa.String(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    create_core_organization()
    index_core_organization()
    create_core_party_branch()
    index_core_party_branch()
    create_core_branch_coverage()
    index_core_branch_coverage()
    create_core_branch_host()
    index_core_branch_host()
    create_core_project()
    index_core_project()
    create_core_project_grid()
    index_core_project_grid()
    create_core_project_party()
    index_core_project_party()
    create_search_index("core_organization")
    create_search_index("core_party_branch")
    create_search_index("core_project")
    register_scoped("core_organization", "core_party_branch", "core_project", "core_project_party")


def create_core_organization() -> None:
    op.create_table(
        "core_organization",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("official_name", sa.String(length=120), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("legal_form", sa.String(length=32), nullable=True),
        sa.Column("registration", sa.String(length=16), nullable=False),
        sa.Column("roles", DOCUMENT, nullable=True),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_to", INSTANT, nullable=True),
        sa.Column("search", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_organization_grid_id")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["core_organization.id"], name=op.f("fk_core_organization_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_organization")),
    )


def index_core_organization() -> None:
    op.create_index(op.f("ix_core_organization_grid_id"), "core_organization", ["grid_id"], unique=False)
    op.create_index(op.f("ix_core_organization_parent_id"), "core_organization", ["parent_id"], unique=False)
    op.create_index("ix_core_organization_path_id", "core_organization", ["path", "id"], unique=False)
    op.create_index(
        "uq_core_organization_credit_code",
        "core_organization",
        ["credit_code"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL AND credit_code IS NOT NULL"),
        sqlite_where=sa.text("valid_to IS NULL AND credit_code IS NOT NULL"),
    )


def create_core_party_branch() -> None:
    op.create_table(
        "core_party_branch",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("relation", sa.String(length=16), nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("tree_path", PATH, nullable=False),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_to", INSTANT, nullable=True),
        sa.Column("search", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_party_branch_grid_id")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["core_party_branch.id"], name=op.f("fk_core_party_branch_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_party_branch")),
        sa.UniqueConstraint("key", name=op.f("uq_core_party_branch_key")),
    )


def index_core_party_branch() -> None:
    op.create_index(op.f("ix_core_party_branch_grid_id"), "core_party_branch", ["grid_id"], unique=False)
    op.create_index(op.f("ix_core_party_branch_parent_id"), "core_party_branch", ["parent_id"], unique=False)
    op.create_index("ix_core_party_branch_path_id", "core_party_branch", ["path", "id"], unique=False)
    op.create_index(op.f("ix_core_party_branch_tree_path"), "core_party_branch", ["tree_path"], unique=False)


def create_core_branch_coverage() -> None:
    op.create_table(
        "core_branch_coverage",
        sa.Column("branch_id", ID, nullable=False),
        sa.Column("covered_grid_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["core_party_branch.id"], name=op.f("fk_core_branch_coverage_branch_id")
        ),
        sa.ForeignKeyConstraint(
            ["covered_grid_id"], ["core_grid.id"], name=op.f("fk_core_branch_coverage_covered_grid_id")
        ),
        sa.PrimaryKeyConstraint("branch_id", "covered_grid_id", name=op.f("pk_core_branch_coverage")),
    )


def index_core_branch_coverage() -> None:
    op.create_index(
        op.f("ix_core_branch_coverage_covered_grid_id"),
        "core_branch_coverage",
        ["covered_grid_id"],
        unique=False,
    )


def create_core_branch_host() -> None:
    op.create_table(
        "core_branch_host",
        sa.Column("branch_id", ID, nullable=False),
        sa.Column("organization_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["core_party_branch.id"], name=op.f("fk_core_branch_host_branch_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_branch_host_organization_id")
        ),
        sa.PrimaryKeyConstraint("branch_id", "organization_id", name=op.f("pk_core_branch_host")),
    )


def index_core_branch_host() -> None:
    op.create_index(
        op.f("ix_core_branch_host_organization_id"), "core_branch_host", ["organization_id"], unique=False
    )


def create_core_project() -> None:
    op.create_table(
        "core_project",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("budget_fen", sa.BigInteger(), nullable=True),
        sa.Column("organization_id", ID, nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("acceptance_note", sa.Text(), nullable=True),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_to", INSTANT, nullable=True),
        sa.Column("search", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_project_grid_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_project_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_project")),
    )


def index_core_project() -> None:
    op.create_index(op.f("ix_core_project_grid_id"), "core_project", ["grid_id"], unique=False)
    op.create_index(
        op.f("ix_core_project_organization_id"), "core_project", ["organization_id"], unique=False
    )
    op.create_index("ix_core_project_path_id", "core_project", ["path", "id"], unique=False)


def create_core_project_grid() -> None:
    op.create_table(
        "core_project_grid",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("served_grid_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["core_project.id"], name=op.f("fk_core_project_grid_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["served_grid_id"], ["core_grid.id"], name=op.f("fk_core_project_grid_served_grid_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "served_grid_id", name=op.f("pk_core_project_grid")),
    )


def index_core_project_grid() -> None:
    op.create_index(
        op.f("ix_core_project_grid_served_grid_id"), "core_project_grid", ["served_grid_id"], unique=False
    )


def create_core_project_party() -> None:
    op.create_table(
        "core_project_party",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("organization_id", ID, nullable=True),
        sa.Column("resident_id", ID, nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_project_party_grid_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_project_party_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["core_project.id"], name=op.f("fk_core_project_party_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["core_resident.id"], name=op.f("fk_core_project_party_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_project_party")),
    )


def index_core_project_party() -> None:
    op.create_index(op.f("ix_core_project_party_grid_id"), "core_project_party", ["grid_id"], unique=False)
    op.create_index(
        op.f("ix_core_project_party_organization_id"), "core_project_party", ["organization_id"], unique=False
    )
    op.create_index("ix_core_project_party_path_id", "core_project_party", ["path", "id"], unique=False)
    op.create_index(
        op.f("ix_core_project_party_project_id"), "core_project_party", ["project_id"], unique=False
    )
    op.create_index(
        op.f("ix_core_project_party_resident_id"), "core_project_party", ["resident_id"], unique=False
    )
