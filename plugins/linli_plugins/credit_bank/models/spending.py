"""How points are spent: the redemption table, what was redeemed; and appeals against entries."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, String, Table

from linli.model.base import metadata, node_columns, place_columns, scoped
from linli.model.types import Id
from linli.policy import Resource

from .shared import owner_columns

offer = scoped(
    Table(
        "credit_bank__offer",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("bank_id", Id, ForeignKey("credit_bank__bank.id"), nullable=False, index=True),
        Column("kind", String(12), nullable=False),
        Column("title_zh", String(80), nullable=False),
        Column("title_en", String(80), nullable=False),
        Column("points", Integer, nullable=False),
        Column("valuation", String(400), nullable=False),
        Column("stock", Integer),
        Column("provider_id", Id, ForeignKey("core_organization.id"), index=True),
        Column("since", Date, nullable=False),
        Column("until", Date),
        CheckConstraint("points > 0", name="points_positive"),
        CheckConstraint("stock IS NULL OR stock >= 0", name="stock_not_below"),
    )
)

redemption = scoped(
    Table(
        "credit_bank__redemption",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("bank_id", Id, ForeignKey("credit_bank__bank.id"), nullable=False, index=True),
        Column("offer_id", Id, ForeignKey("credit_bank__offer.id"), nullable=False, index=True),
        Column("member_id", Id, ForeignKey("credit_bank__member.id"), nullable=False, index=True),
        *owner_columns(),
        Column("quantity", Integer, nullable=False),
        Column("points", Integer, nullable=False),
        Column("hold_id", Id, ForeignKey("ledger__hold.id"), nullable=False),
        Column("code", String(8), nullable=False),
        Column("state", String(12), nullable=False),
        Column("expires_on", Date, nullable=False),
        Column("handed_by", Id),
    )
)

appeal = scoped(
    Table(
        "credit_bank__appeal",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("activity_id", Id, ForeignKey("credit_bank__activity.id"), nullable=False, index=True),
        *owner_columns(),
        Column("text", String(1000), nullable=False),
        Column("state", String(12), nullable=False),
        Column("receive_by", Date, nullable=False),
        Column("decide_by", Date, nullable=False),
        Column("received_by", Id),
        Column("decided_by", Id),
        Column("decision", String(1000)),
    )
)

OFFER: Final = Resource(
    "credit_offer",
    offer,
    path=offer.c.path,
    grid=offer.c.grid_id,
    actions=frozenset({"read", "publish"}),
)
REDEMPTION: Final = Resource(
    "credit_redemption",
    redemption,
    path=redemption.c.path,
    grid=redemption.c.grid_id,
    organization=redemption.c.organization_id,
    resident=redemption.c.resident_id,
    actions=frozenset({"read", "show_code", "hand_over", "cancel"}),
)
APPEAL: Final = Resource(
    "credit_appeal",
    appeal,
    path=appeal.c.path,
    grid=appeal.c.grid_id,
    organization=appeal.c.organization_id,
    resident=appeal.c.resident_id,
    actions=frozenset({"read", "decide"}),
)
