"""Books, accounts, journals and their entries; and what policies know of them.

A book has one unit, so nothing is ever converted silently. Amounts are whole numbers of the smallest part of
the unit. An account's `balance` is the sum of its entries, and `held` the sum of its open holds, kept so that
limits can be judged by one row: what can be spent is balance less held.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    TextClause,
    UniqueConstraint,
    text,
)

from linli.model.base import metadata, node_columns, place_columns, scoped, validity_columns
from linli.model.types import Document, Id, Instant, name_text
from linli.policy import Resource

KIND_LENGTH: Final = 32
REASON_LENGTH: Final = 200
LARGEST: Final = 2**53 - 1  # what a browser's numbers hold exactly

book = scoped(
    Table(
        "ledger__book",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("name", name_text(80), nullable=False),
        Column("unit", String(16), nullable=False),
        *validity_columns(),
    )
)

account = scoped(
    Table(
        "ledger__account",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("book_id", Id, ForeignKey("ledger__book.id"), nullable=False),
        Column("kind", String(32), nullable=False),
        Column("name", name_text(80)),
        Column("resident_id", Id, ForeignKey("core_resident.id"), index=True),
        Column("organization_id", Id, ForeignKey("core_organization.id"), index=True),
        Column("balance", BigInteger, nullable=False, server_default="0"),
        Column("held", BigInteger, nullable=False, server_default="0"),
        Column("lower_limit", BigInteger),
        Column("upper_limit", BigInteger),
        *validity_columns(),
        CheckConstraint(f"balance BETWEEN {-LARGEST} AND {LARGEST}", name="balance_fits"),
        CheckConstraint("lower_limit IS NULL OR balance - held >= lower_limit", name="balance_not_below"),
        CheckConstraint("held >= 0", name="held_not_below"),
        CheckConstraint("resident_id IS NULL OR organization_id IS NULL", name="one_owner"),
        postgresql_with={"fillfactor": 45},  # room beside each row, so that no index learns of a balance
    )
)
Index("ix_ledger__account_book_id_kind", account.c.book_id, account.c.kind)
# One open account of a kind for each owner, and one for nobody: several makers meet here, not in our code.
OPEN_PERSONS: Final = text("valid_to IS NULL AND resident_id IS NOT NULL")
OPEN_BODIES: Final = text("valid_to IS NULL AND organization_id IS NOT NULL")
OPEN_OWN: Final = text("valid_to IS NULL AND resident_id IS NULL AND organization_id IS NULL")
_OF_KIND = (account.c.book_id, account.c.kind)


def _one_open(name: str, where: TextClause, *columns: Column[Any]) -> None:
    Index(name, *_OF_KIND, *columns, unique=True, postgresql_where=where, sqlite_where=where)


_one_open("uq_ledger__account_resident_id", OPEN_PERSONS, account.c.resident_id)
_one_open("uq_ledger__account_organization_id", OPEN_BODIES, account.c.organization_id)
_one_open("uq_ledger__account_own", OPEN_OWN)

journal = Table(
    "ledger__journal",
    metadata,
    Column("id", Id, primary_key=True),
    Column("book_id", Id, ForeignKey("ledger__book.id"), nullable=False, index=True),
    Column("kind", String(KIND_LENGTH), nullable=False),
    Column("source_type", String(48)),
    Column("source_id", Id),
    Column("reverses_id", Id, ForeignKey("ledger__journal.id"), unique=True),
    Column("reason", String(REASON_LENGTH), nullable=False, server_default=""),
    Column("actor_id", Id),
    Column("at", Instant, nullable=False),
    Column("detail", Document, nullable=False),
    Column("hash", String(64), nullable=False),
    # One fact is booked once, however often it is told.
    UniqueConstraint("book_id", "kind", "source_type", "source_id", name="uq_ledger__journal_source"),
)

entry = Table(
    "ledger__entry",
    metadata,
    Column("journal_id", Id, ForeignKey("ledger__journal.id"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("account_id", Id, ForeignKey("ledger__account.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("balance", BigInteger, nullable=False),
    CheckConstraint("amount <> 0", name="amount_not_zero"),
)
Index("ix_ledger__entry_account_id", entry.c.account_id, entry.c.journal_id)

hold = Table(
    "ledger__hold",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("ledger__account.id"), nullable=False, index=True),
    Column("amount", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("closed_by_id", Id, ForeignKey("ledger__journal.id"), unique=True),
    CheckConstraint("amount > 0", name="amount_positive"),
)

BOOK: Final = Resource(
    "book",
    book,
    path=book.c.path,
    grid=book.c.grid_id,
    actions=frozenset({"read", "create", "update", "close"}),
)
ACCOUNT: Final = Resource(
    "book_account",
    account,
    path=account.c.path,
    grid=account.c.grid_id,
    organization=account.c.organization_id,
    resident=account.c.resident_id,
    actions=frozenset({"read"}),
)
TABLES: Final = (book, account, journal, entry, hold)
