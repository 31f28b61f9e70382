"""The plugin's tables. What policies know of their rows is in `rights`."""

from typing import Final

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from linli.model.base import (
    listed_by,
    metadata,
    node_columns,
    place_columns,
    scoped,
    validity_columns,
)
from linli.model.types import Document, Id, Instant, name_text

WORD: Final = 32  # a name out of the settings

network = scoped(
    Table(
        "neighbor_network__network",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("kind", String(WORD), nullable=False),
        Column("name", name_text(80), nullable=False),
        Column("parent_id", Id, ForeignKey("neighbor_network__network.id"), index=True),
        Column("convenor_id", Id, ForeignKey("core_resident.id"), index=True),
        Column("core_household_id", Id, ForeignKey("core_household.id"), index=True),
        Column("lead_organization_id", Id, ForeignKey("core_organization.id"), index=True),
        Column("party_branch_id", Id, ForeignKey("core_party_branch.id"), index=True),
        Column("introduction", Text),
        Column("functions", Document, nullable=False),
        *validity_columns(),
    )
)

member = scoped(
    Table(
        "neighbor_network__member",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("network_id", Id, ForeignKey("neighbor_network__network.id"), nullable=False, index=True),
        Column("resident_id", Id, ForeignKey("core_resident.id"), nullable=False, index=True),
        Column("role", String(WORD), nullable=False),
        Column("consent", Text),
        Column("since", Date, nullable=False),
        Column("until", Date),
    )
)
LASTS: Final = text("until IS NULL")
Index(
    "uq_neighbor_network__member_lasting",
    member.c.network_id,
    member.c.resident_id,
    unique=True,
    postgresql_where=LASTS,
    sqlite_where=LASTS,
)

space = scoped(
    Table(
        "neighbor_network__space",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("network_id", Id, ForeignKey("neighbor_network__network.id"), nullable=False, index=True),
        Column("name", name_text(80), nullable=False),
        Column("elements", Document, nullable=False),
        *validity_columns(),
    )
)

matter = scoped(
    Table(
        "neighbor_network__matter",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("network_id", Id, ForeignKey("neighbor_network__network.id"), nullable=False, index=True),
        Column("title", String(120), nullable=False),
        Column("text", Text, nullable=False),
        Column("topic", String(WORD)),
        Column("raised_by_id", Id, ForeignKey("core_resident.id"), index=True),
        Column("state", String(16), nullable=False),
        Column("step", String(WORD)),
        Column("due", Date),
        Column("feedback", Text),
        *validity_columns(),
    )
)

# The trace is seen by who sees the matter, so each row stands where the matter stands, and ends with it.
# It names networks without a foreign key: it is history, and outlives them.
matter_step = scoped(
    Table(
        "neighbor_network__matter_step",
        metadata,
        Column("id", Id, primary_key=True),
        *place_columns(),
        Column("matter_id", Id, ForeignKey("neighbor_network__matter.id"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("action", String(16), nullable=False),
        Column("step", String(WORD)),
        Column("from_network_id", Id),
        Column("to_network_id", Id),
        Column("account_id", Id, ForeignKey("core_account.id")),
        Column("at", Instant, nullable=False),
        Column("due", Date),
        Column("note", Text),
        Column("valid_to", Instant),
        UniqueConstraint("matter_id", "number", name="uq_neighbor_network__matter_step_number"),
    )
)

help_ = scoped(
    Table(
        "neighbor_network__help",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("network_id", Id, ForeignKey("neighbor_network__network.id"), nullable=False, index=True),
        Column("kind", String(16), nullable=False),
        Column("what", Text, nullable=False),
        Column("resident_id", Id, ForeignKey("core_resident.id"), nullable=False, index=True),
        Column("answered_by_id", Id, ForeignKey("core_resident.id"), index=True),
        Column("state", String(16), nullable=False),
        *validity_columns(),
    )
)

# `until` is the day after, so that a shift ends by itself when its day is over.
shift = scoped(
    Table(
        "neighbor_network__shift",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("network_id", Id, ForeignKey("neighbor_network__network.id"), nullable=False, index=True),
        Column("resident_id", Id, ForeignKey("core_resident.id"), nullable=False, index=True),
        Column("day", Date, nullable=False),
        Column("slot", String(32), nullable=False),
        Column("state", String(16), nullable=False),
        Column("until", Date, nullable=False),
    )
)

listed_by(network, "name", "kind")
listed_by(space, "name")
listed_by(matter, "state", "due")

TABLES: Final = (network, member, space, matter, matter_step, help_, shift)
