"""Banks, their members, agreements between banks, and places that set an example."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    text,
)

from linli.model.base import metadata, node_columns, place_columns, scoped, validity_columns
from linli.model.types import Document, Id, name_text
from linli.policy import Resource

from .shared import owner_columns

# `expiry` holds every published rule, the oldest first: months (null: nothing lapses) and since when.
bank = scoped(
    Table(
        "credit_bank__bank",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("name", name_text(80), nullable=False),
        Column("book_id", Id, ForeignKey("ledger__book.id"), nullable=False),
        Column("terms", String(4000), nullable=False),
        Column("terms_version", Integer, nullable=False),
        Column("last_number", Integer, nullable=False),
        Column("expiry", Document, nullable=False),
        *validity_columns(),
    )
)

# A member who has left has neither a resident nor an organisation: the number is the pseudonym that remains.
member = scoped(
    Table(
        "credit_bank__member",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("bank_id", Id, ForeignKey("credit_bank__bank.id"), nullable=False),
        Column("number", Integer, nullable=False),
        *owner_columns(),
        Column("account_id", Id, ForeignKey("ledger__account.id"), nullable=False),
        Column("terms_version", Integer, nullable=False),
        Column("consent", String(8), nullable=False),
        Column("state", String(8), nullable=False),
        Column("leaves_on", Date),
        *validity_columns(),
        CheckConstraint("resident_id IS NULL OR organization_id IS NULL", name="one_owner"),
    )
)
Index("uq_credit_bank__member_number", member.c.bank_id, member.c.number, unique=True)
PERSONS: Final = text("valid_to IS NULL AND resident_id IS NOT NULL")
BODIES: Final = text("valid_to IS NULL AND organization_id IS NOT NULL")
Index(
    "uq_credit_bank__member_resident",
    *(member.c.bank_id, member.c.resident_id),
    unique=True,
    postgresql_where=PERSONS,
    sqlite_where=PERSONS,
)
Index(
    "uq_credit_bank__member_organization",
    *(member.c.bank_id, member.c.organization_id),
    unique=True,
    postgresql_where=BODIES,
    sqlite_where=BODIES,
)

agreement = scoped(
    Table(
        "credit_bank__agreement",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("bank_id", Id, ForeignKey("credit_bank__bank.id"), nullable=False, index=True),
        Column("other_bank_id", Id, ForeignKey("credit_bank__bank.id"), nullable=False, index=True),
        Column("cap", BigInteger, nullable=False),
        Column("account_id", Id, ForeignKey("ledger__account.id")),
        Column("other_account_id", Id, ForeignKey("ledger__account.id")),
        Column("state", String(12), nullable=False),
        Column("proposed_by", Id, nullable=False),
        *validity_columns(),
        CheckConstraint("cap > 0", name="cap_positive"),
    )
)

model_place = scoped(
    Table(
        "credit_bank__model_place",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("title", String(80), nullable=False),
        Column("reason", String(400), nullable=False),
        *validity_columns(),
    )
)

BANK: Final = Resource(
    "credit_bank",
    bank,
    path=bank.c.path,
    grid=bank.c.grid_id,
    actions=frozenset({"read", "create", "update", "close", "statistics"}),
)
MEMBER: Final = Resource(
    "credit_member",
    member,
    path=member.c.path,
    grid=member.c.grid_id,
    organization=member.c.organization_id,
    resident=member.c.resident_id,
    actions=frozenset({"read", "join", "enter", "leave", "claim", "spend", "record"}),
)
AGREEMENT: Final = Resource(
    "credit_agreement",
    agreement,
    path=agreement.c.path,
    grid=agreement.c.grid_id,
    actions=frozenset({"read", "create", "settle", "close"}),
)
MODEL_PLACE: Final = Resource(
    "model_place",
    model_place,
    path=model_place.c.path,
    grid=model_place.c.grid_id,
    actions=frozenset({"read", "create", "close"}),
)
