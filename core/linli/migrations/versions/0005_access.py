"""Accounts and their roles.

Never changed after a release.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from linli.database.migration_operations import register_scoped

revision = "0005"
down_revision = "0004"

ID = sa.String(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
INSTANT = sa.String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
PATH = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    create_core_policy_epoch()
    create_core_account()
    create_core_assignment()
    index_core_assignment()
    create_core_token()
    index_core_token()
    create_core_identity()
    create_core_sign_in_code()
    create_core_sign_in_try()
    create_core_milestone()
    register_scoped("core_assignment")
    op.execute("INSERT INTO core_policy_epoch (id, epoch) VALUES (1, 1)")


def create_core_policy_epoch() -> None:
    op.create_table(
        "core_policy_epoch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_policy_epoch")),
    )


def create_core_account() -> None:
    op.create_table(
        "core_account",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("display_name", sa.String(length=80), nullable=False),
        sa.Column("resident_id", ID, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["core_resident.id"], name=op.f("fk_core_account_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_account")),
        sa.UniqueConstraint("name", name=op.f("uq_core_account_name")),
        sa.UniqueConstraint("resident_id", name=op.f("uq_core_account_resident_id")),
    )


def create_core_assignment() -> None:
    op.create_table(
        "core_assignment",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("role", sa.String(length=48), nullable=False),
        sa.Column("anchor_type", sa.String(length=16), nullable=False),
        sa.Column("anchor_grid_id", ID, nullable=True),
        sa.Column("anchor_branch_id", ID, nullable=True),
        sa.Column("anchor_organization_id", ID, nullable=True),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("granted_by_id", ID, nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["core_account.id"], name=op.f("fk_core_assignment_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["anchor_branch_id"], ["core_party_branch.id"], name=op.f("fk_core_assignment_anchor_branch_id")
        ),
        sa.ForeignKeyConstraint(
            ["anchor_grid_id"], ["core_grid.id"], name=op.f("fk_core_assignment_anchor_grid_id")
        ),
        sa.ForeignKeyConstraint(
            ["anchor_organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_assignment_anchor_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["core_account.id"], name=op.f("fk_core_assignment_granted_by_id")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["core_grid.id"], name=op.f("fk_core_assignment_grid_id")),
        sa.ForeignKeyConstraint(["post_id"], ["core_post.id"], name=op.f("fk_core_assignment_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_assignment")),
    )


def index_core_assignment() -> None:
    op.create_index(op.f("ix_core_assignment_account_id"), "core_assignment", ["account_id"], unique=False)
    op.create_index(
        op.f("ix_core_assignment_anchor_branch_id"), "core_assignment", ["anchor_branch_id"], unique=False
    )
    op.create_index(
        op.f("ix_core_assignment_anchor_grid_id"), "core_assignment", ["anchor_grid_id"], unique=False
    )
    op.create_index(
        op.f("ix_core_assignment_anchor_organization_id"),
        "core_assignment",
        ["anchor_organization_id"],
        unique=False,
    )
    op.create_index(op.f("ix_core_assignment_grid_id"), "core_assignment", ["grid_id"], unique=False)
    op.create_index("ix_core_assignment_path_id", "core_assignment", ["path", "id"], unique=False)
    op.create_index(op.f("ix_core_assignment_post_id"), "core_assignment", ["post_id"], unique=False)
    op.create_index(
        "uq_core_assignment_open",
        "core_assignment",
        [
            "account_id",
            "role",
            "anchor_type",
            sa.literal_column("coalesce(anchor_grid_id, anchor_branch_id, anchor_organization_id)"),
        ],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
        sqlite_where=sa.text("until IS NULL"),
    )


def create_core_token() -> None:
    op.create_table(
        "core_token",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=True),
        sa.Column("scopes", DOCUMENT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["core_account.id"], name=op.f("fk_core_token_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_core_token_hash")),
        sa.UniqueConstraint("proof", name=op.f("uq_core_token_proof")),
    )


def index_core_token() -> None:
    op.create_index(op.f("ix_core_token_account_id"), "core_token", ["account_id"], unique=False)


def create_core_identity() -> None:
    op.create_table(
        "core_identity",
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["core_account.id"], name=op.f("fk_core_identity_account_id")
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_core_identity")),
        sa.UniqueConstraint("account_id", "issuer", name=op.f("uq_core_identity_account_id_issuer")),
    )


def create_core_sign_in_code() -> None:
    op.create_table(
        "core_sign_in_code",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["core_account.id"], name=op.f("fk_core_sign_in_code_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_core_sign_in_code")),
    )


def create_core_sign_in_try() -> None:
    op.create_table(
        "core_sign_in_try",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_core_sign_in_try")),
    )
    op.create_index(op.f("ix_core_sign_in_try_since"), "core_sign_in_try", ["since"], unique=False)


def create_core_milestone() -> None:
    op.create_table(
        "core_milestone",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_milestone")),
    )
