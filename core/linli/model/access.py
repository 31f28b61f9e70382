"""Who signs in, with what token, in which role, where."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, text

from linli.model.base import metadata, node_columns, place_columns, scoped
from linli.model.types import Id, Instant, OptionalDocument

account = Table(
    "core_account",
    metadata,
    *node_columns(),
    Column("name", String(80), nullable=False, unique=True),
    Column("display_name", String(80), nullable=False),
    Column("resident_id", Id, ForeignKey("core_resident.id"), unique=True),
    Column("state", String(16), nullable=False),
)

token = Table(
    "core_token",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("core_account.id"), nullable=False, index=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("label", String(80), nullable=False),
    # `service` or `session`; a session was opened by `proof`, the hash of what may be used once
    Column("kind", String(16), nullable=False),
    Column("proof", String(64), unique=True),
    Column("scopes", OptionalDocument),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

assignment = scoped(
    Table(
        "core_assignment",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("account_id", Id, ForeignKey("core_account.id"), nullable=False, index=True),
        Column("role", String(48), nullable=False),
        Column("anchor_type", String(16), nullable=False),
        Column("anchor_grid_id", Id, ForeignKey("core_grid.id"), index=True),
        Column("anchor_branch_id", Id, ForeignKey("core_party_branch.id"), index=True),
        Column("anchor_organization_id", Id, ForeignKey("core_organization.id"), index=True),
        Column("post_id", Id, ForeignKey("core_post.id"), index=True),
        Column("granted_by_id", Id, ForeignKey("core_account.id")),
        Column("since", Date, nullable=False),
        Column("until", Date),
    )
)
UNIQUE_OPEN = text("until IS NULL")
Index(
    "uq_core_assignment_open",
    assignment.c.account_id,
    assignment.c.role,
    assignment.c.anchor_type,
    text("coalesce(anchor_grid_id, anchor_branch_id, anchor_organization_id)"),
    unique=True,
    postgresql_where=UNIQUE_OPEN,
    sqlite_where=UNIQUE_OPEN,
)

policy_epoch = Table(
    "core_policy_epoch",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
)
