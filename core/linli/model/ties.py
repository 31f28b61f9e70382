"""Memberships, posts and the typed relationships that plugins declare."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, String, Table, text

from linli.model.base import listed_by, metadata, node_columns, place_columns, scoped
from linli.model.types import Document, Id

membership = scoped(
    Table(
        "core_membership",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("resident_id", Id, ForeignKey("core_resident.id"), index=True),
        Column("member_organization_id", Id, ForeignKey("core_organization.id"), index=True),
        Column("organization_id", Id, ForeignKey("core_organization.id"), index=True),
        Column("branch_id", Id, ForeignKey("core_party_branch.id"), index=True),
        Column("kind", String(24), nullable=False),
        Column("position", String(80)),
        Column("group_name", String(80)),
        Column("represents", String(120)),
        Column("since", Date, nullable=False),
        Column("until", Date),
    )
)
PARTY_RELATION = text("branch_id IS NOT NULL AND until IS NULL AND kind IN ('full', 'probationary')")
Index(
    "uq_core_membership_party_relation",
    membership.c.resident_id,
    unique=True,
    postgresql_where=PARTY_RELATION,
    sqlite_where=PARTY_RELATION,
)

listed_by(membership, "kind")

post = scoped(
    Table(
        "core_post",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("resident_id", Id, ForeignKey("core_resident.id"), nullable=False, index=True),
        Column("organization_id", Id, ForeignKey("core_organization.id"), index=True),
        Column("kind", String(32), nullable=False),
        Column("full_time", Boolean, nullable=False),
        Column("since", Date, nullable=False),
        Column("until", Date),
        Column("source", String(80)),
    )
)

listed_by(post, "kind")

relationship = scoped(
    Table(
        "core_relationship",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("type", String(64), nullable=False),
        Column("subject_type", String(32), nullable=False),
        Column("subject_id", Id, nullable=False, index=True),
        Column("object_type", String(32), nullable=False),
        Column("object_id", Id, nullable=False, index=True),
        Column("terms", Document),
        Column("since", Date, nullable=False),
        Column("until", Date),
    )
)
listed_by(relationship, "type")
