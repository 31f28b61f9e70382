"""Books and their accounts in the schema. Amounts are BigInt: whole numbers of the unit's smallest part."""

from typing import Any

from sqlalchemy import ColumnElement, String, cast, literal, select

from linli_graphql.declare.fields import (
    Column,
    Computed,
    Connection,
    Expression,
    ObjectType,
    PartOf,
    Rows,
    ToOne,
)
from linli_graphql.declare.kinds import Scalar
from linli_graphql.declare.registry import Extension, PluginSchema
from linli_graphql.nodes.grid import below
from linli_graphql.nodes.shared import NAME_ORDERINGS, closed_field, grid_field, node_fields, refers, text

from .models import account, book, entry, journal

__all__ = ["SCHEMA", "PluginSchema"]

BOOK = ObjectType(
    name="Book",
    description="A set of accounts in one unit, such as the points of a community.",
    table=book,
    resource="book",
    node_type="book",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "name": text("name", "Name."),
        "unit": text("unit", "What is counted: points, hours or fen."),
        "accounts": Connection(
            target="BookAccount",
            on=lambda row, to: to.c.book_id == row.c.id,
            description="Its accounts, as far as the caller may see them.",
        ),
    },
    orderings=NAME_ORDERINGS,
)


def _of_journal(column: str) -> Expression:
    """A column of the journal that an entry belongs to."""

    def of(rows: Rows) -> ColumnElement[Any]:
        c = journal.c
        return select(c[column]).where(c.id == rows.c.journal_id).correlate(rows).scalar_subquery()

    return of


def _journal_id(rows: Rows) -> ColumnElement[str]:
    return literal("journal_").concat(cast(rows.c.journal_id, String))


ENTRY = ObjectType(
    name="LedgerEntry",
    description="What one journal did to an account; it is never changed.",
    table=entry,
    part_of=PartOf("BookAccount", "journal_id"),
    fields={
        "amount": Column(
            column="amount", kind=Scalar.BIG_INT, description="What came in; what went out is below zero."
        ),
        "balance": Column(column="balance", kind=Scalar.BIG_INT, description="The balance after it."),
        "kind": Computed(sql=_of_journal("kind"), description="What happened, in the words of the scheme."),
        "reason": Computed(sql=_of_journal("reason"), description="Why, in the words of who booked it."),
        "at": Computed(sql=_of_journal("at"), kind=Scalar.DATE_TIME, description="When it was booked."),
        "journal": Computed(sql=_journal_id, kind=Scalar.ID, description="Public id of the journal."),
        "detail": Computed(
            sql=_of_journal("detail"), kind=Scalar.JSON, description="What explains it, by the scheme."
        ),
    },
)

ACCOUNT = ObjectType(
    name="BookAccount",
    description="Somebody's account in a book, or one of the book's own.",
    table=account,
    resource="book_account",
    node_type="book_account",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "kind": text("kind", "What it is for, in the words of the scheme that opened it."),
        "balance": Column(
            column="balance",
            kind=Scalar.BIG_INT,
            description="The sum of its entries, what is held included.",
        ),
        "held": Column(
            column="held",
            kind=Scalar.BIG_INT,
            description="What open holds keep of it; it cannot be spent until they end.",
        ),
        "book": ToOne(target="Book", on=lambda row, to: to.c.id == row.c.book_id, description="Its book."),
        "resident": ToOne(
            target="Resident",
            on=lambda row, to: to.c.id == row.c.resident_id,
            description="The person whose it is.",
        ),
        "organization": ToOne(
            target="Organization",
            on=lambda row, to: to.c.id == row.c.organization_id,
            description="The organisation whose it is.",
        ),
        "entries": Connection(
            target="LedgerEntry",
            on=lambda row, to: to.c.account_id == row.c.id,
            description="What has come in and gone out, the newest first.",
        ),
    },
    filters={"book": refers("book_id", "book", "Only accounts of this book.")},
)

SCHEMA = PluginSchema(
    types=(BOOK, ACCOUNT, ENTRY),
    extensions=(
        Extension(
            "Grid", {"books": Connection(target="Book", on=below, description="Books here and below.")}
        ),
        Extension(
            "Resident",
            {
                "bookAccounts": Connection(
                    target="BookAccount",
                    on=lambda row, to: to.c.resident_id == row.c.id,
                    description="The person's accounts.",
                )
            },
        ),
        Extension(
            "Organization",
            {
                "bookAccounts": Connection(
                    target="BookAccount",
                    on=lambda row, to: to.c.organization_id == row.c.id,
                    description="The organisation's accounts.",
                )
            },
        ),
    ),
    roots={
        "books": Connection(target="Book", description="Books that the caller may see."),
        "bookAccounts": Connection(target="BookAccount", description="Accounts that the caller may see."),
    },
)
