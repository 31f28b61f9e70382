"""Holds: an amount taken out of an account until it is handed over or given back.

What is held stands in an account of the book's own, so that nobody can spend it twice and every book still
sums to nothing.
"""

from typing import Any, Final

from sqlalchemy import Row, bindparam, insert, select, update

from linli.context import Context
from linli.database.together import Step, together
from linli.errors import Conflict
from linli.ids import uuid7

from .accounts import HELD, own_account, owns
from .models import account, hold
from .posting import post, transfer

OPENED: Final = ("id", "account_id", "amount", "state", "opened_by_id")
INSERT: Final = insert(hold).values({name: bindparam(name) for name in OPENED})


def hold_back(ctx: Context, at: Row[Any], amount: int, *path: str) -> str:
    """Hold an amount of the account whose row is `at`; return the hold's id.

    Raises:
        Refusal: INSUFFICIENT_BALANCE, the account has not so much.
    """
    held = own_account(ctx, at.book_id, HELD)
    given = transfer(at.book_id, "hold", amount, out_of=at.id, into=held, own=owns(ctx, at))
    opened = post(ctx, given, *path)
    values = {"id": uuid7(), "account_id": at.id, "amount": amount, "state": "open", "opened_by_id": opened}
    together(ctx.connection, [Step(INSERT, values)])
    return str(values["id"])


def capture(ctx: Context, hold_id: str, kind: str, into: str, *path: str) -> str:
    """Hand what is held over to another account; return the journal's id.

    Raises:
        Conflict: there is no such hold that is open.
    """
    return _closed(ctx, hold_id, "captured", kind, into, path)


def release(ctx: Context, hold_id: str, kind: str, *path: str) -> str:
    """Give what is held back to the account that it came from; return the journal's id.

    Raises:
        Conflict: there is no such hold that is open.
    """
    return _closed(ctx, hold_id, "released", kind, None, path)


def _closed(
    ctx: Context, hold_id: str, state: str, kind: str, into: str | None, path: tuple[str, ...]
) -> str:
    h = hold.c
    # Whoever closes it first changes the state; others wait here and find it closed.
    closed = update(hold).where(h.id == hold_id, h.state == "open").values(state=state)
    found = ctx.connection.execute(closed.returning(h.account_id, h.amount)).one_or_none()
    if found is None:
        raise Conflict(*path)
    at = ctx.connection.execute(select(account).where(account.c.id == found.account_id)).one()
    held = own_account(ctx, at.book_id, HELD)
    back = into is None  # what comes back was there before: no limit has anything against it
    about = {"restores": back, "own": owns(ctx, at)}
    moved = transfer(at.book_id, kind, found.amount, out_of=held, into=into or at.id, **about)
    ident = post(ctx, moved, *path)
    ctx.connection.execute(update(hold).where(h.id == hold_id).values(closed_by_id=ident))
    return ident
