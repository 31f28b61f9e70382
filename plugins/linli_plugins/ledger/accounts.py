"""Books and their accounts: opened, found, closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from linli.context import Context
from linli.database.together import Step, together
from linli.errors import Invalid, NotFound
from linli.verbs.inputs import NodeRef

from .models import account, book

Limit = int | None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose account it is; a book's own accounts have none."""

    resident_id: str | None = None
    organization_id: str | None = None


NOBODY: Final = Owner()
OWN: Final = select(account.c.id).where(
    account.c.book_id == bindparam("book"),
    account.c.kind == bindparam("own_kind"),
    account.c.resident_id.is_(None),
    account.c.organization_id.is_(None),
    account.c.valid_to.is_(None),
)


def open_book(ctx: Context, grid_id: str, name: str, unit: str, kinds: Sequence[str]) -> NodeRef:
    """Open a book at a grid, with own accounts of these kinds.

    These have no limits: what was issued stands in one of them, below zero.
    """
    ref = ctx.place("book", grid_id, {"name": name, "unit": unit})
    for kind in dict.fromkeys(kinds):
        ctx.place("book_account", grid_id, {"book_id": ref.id, "kind": kind, "balance": 0})
    return ref


def open_account(
    ctx: Context, at: Row[Any], kind: str, owner: Owner, *, lower_limit: Limit = 0, upper_limit: Limit = None
) -> NodeRef:
    """Open an account in a book whose row is `at`; a second open one of a kind and owner is a conflict."""
    values = {
        "book_id": at.id,
        "kind": kind,
        "resident_id": owner.resident_id,
        "organization_id": owner.organization_id,
        "balance": 0,
        "lower_limit": lower_limit,
        "upper_limit": upper_limit,
    }
    return ctx.place("book_account", at.grid_id, values)


def own_account(ctx: Context, book_id: str, kind: str) -> str:
    """Return the id of a book's own account of a kind.

    Raises:
        LookupError: the book has none; `open_book` was not told of the kind.
    """
    (found,) = together(ctx.connection, [Step(OWN, {"book": book_id, "own_kind": kind})])
    if found is None:
        raise LookupError(f"book {book_id} has no account {kind!r} of its own")
    return str(found[0])


def account_of(ctx: Context, book_id: str, kind: str, owner: Owner) -> Row[Any] | None:
    """Return the open account of an owner in a book, None where there is none."""
    c = account.c
    statement = select(account).where(c.book_id == book_id, c.kind == kind, c.valid_to.is_(None))
    return ctx.connection.execute(
        statement.where(c.resident_id == owner.resident_id, c.organization_id == owner.organization_id)
    ).one_or_none()


def owns(ctx: Context, row: Row[Any]) -> bool:
    """Whether the actor is the person whose account it is."""
    return row.resident_id is not None and row.resident_id == ctx.actor.resident_id


def close_account(ctx: Context, account_id: str, *path: str) -> None:
    """Close an account.

    Raises:
        NotFound: there is no such open account.
        Invalid: there is something in it, or held of it.
    """
    c = account.c
    statement = (
        select(account).where(c.id == account_id, c.valid_to.is_(None)).with_for_update(key_share=True)
    )
    row = ctx.connection.execute(statement).one_or_none()
    if row is None:
        raise NotFound(*path)
    if row.balance or row.held:
        raise Invalid("ledger.not_empty", *path)
    ctx.change("book_account", row, {"valid_to": ctx.at})


def book_row(ctx: Context, book_id: str, *path: str) -> Row[Any]:
    """Return an open book's row.

    Raises:
        NotFound: there is no such open book.
    """
    statement = select(book).where(book.c.id == book_id, book.c.valid_to.is_(None))
    row = ctx.connection.execute(statement).one_or_none()
    if row is None:
        raise NotFound(*path)
    return row
