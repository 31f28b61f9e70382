"""Holds: an amount of an account that is kept until it is handed over or given back.

What is held stays in the account's balance and cannot be spent meanwhile: what can be spent is balance less
held. Only what is handed over is booked. The audit's chain seals each hold and each release, as it does
journals.
"""

from typing import Any, Final

from sqlalchemy import Row, bindparam, func, insert, update

from linli.context import Context
from linli.database.together import Step, together
from linli.errors import Conflict, Refusal
from linli.ids import uuid7
from linli.model.types import Id
from linli.verbs.inputs import NodeRef

from .accounts import owns
from .batches import locked
from .hashing import hold_hash
from .models import LARGEST, account, hold
from .posting import post, transfer

HELD: Final = "ledger.hold"
RELEASED: Final = "ledger.release"
OPENED: Final = ("id", "account_id", "amount", "state")
INSERT: Final = insert(hold).values({name: bindparam(name) for name in OPENED})

_a = account.c
_more = bindparam("more", type_=_a.held.type)  # below nothing where something is held no more
_left = _a.balance - _a.held - _more
_kept = (
    update(account)
    .where(_a.id == bindparam("account", type_=Id()))
    .values(
        held=_a.held + _more, version=_a.version + 1, updated_at=bindparam("at", type_=_a.updated_at.type)
    )
)
KEEP: Final = _kept.where(_a.valid_to.is_(None), _left >= func.coalesce(_a.lower_limit, -LARGEST)).returning(
    _a.grid_id
)
FREE: Final = _kept.returning(_a.grid_id)


def hold_back(ctx: Context, account_id: str, amount: int, *path: str) -> str:
    """Hold an amount of an open account; return the hold's id.

    Raises:
        Refusal: INSUFFICIENT_BALANCE, the account has not so much that is not held already.
        ValueError: the amount is not above nothing; the program is at fault.
    """
    if not 0 < amount <= LARGEST:
        raise ValueError(f"no hold: of {amount}")
    short = Refusal("INSUFFICIENT_BALANCE", "ledger.not_enough", path)
    kept = Step(KEEP, {"account": account_id, "more": amount, "at": ctx.at}, short)
    values = {"id": uuid7(), "account_id": account_id, "amount": amount, "state": "open"}
    (found, _) = together(ctx.connection, [kept, Step(INSERT, values)])
    _seal(ctx, HELD, str(values["id"]), account_id, amount, found)
    return str(values["id"])


def capture(ctx: Context, hold_id: str, kind: str, into: str, *path: str) -> str:
    """Hand what is held over to another account; return the journal's id.

    Raises:
        Conflict: there is no such hold that is open.
    """
    kept = _closed(ctx, hold_id, "captured", path)
    # Both in the order in which a journal locks them, so that nobody waits in a ring.
    at = locked(ctx.connection, (kept.account_id, into))[kept.account_id]
    _freed(ctx, kept)
    about = {"source": NodeRef("hold", hold_id), "own": owns(ctx, at)}
    ident = post(ctx, transfer(at.book_id, kind, kept.amount, out_of=at.id, into=into, **about), *path)
    ctx.connection.execute(update(hold).where(hold.c.id == hold_id).values(closed_by_id=ident))
    return ident


def release(ctx: Context, hold_id: str, *path: str) -> None:
    """Hold an amount no longer.

    Raises:
        Conflict: there is no such hold that is open.
    """
    kept = _closed(ctx, hold_id, "released", path)
    _seal(ctx, RELEASED, hold_id, kept.account_id, kept.amount, _freed(ctx, kept))


def _closed(ctx: Context, hold_id: str, state: str, path: tuple[str, ...]) -> Row[Any]:
    h = hold.c
    # Whoever closes it first changes the state; others wait here and find it closed.
    closed = update(hold).where(h.id == hold_id, h.state == "open").values(state=state)
    found = ctx.connection.execute(closed.returning(h.account_id, h.amount)).one_or_none()
    if found is None:
        raise Conflict(*path)
    return found


def _freed(ctx: Context, kept: Row[Any]) -> tuple[Any, ...] | None:
    values = {"account": kept.account_id, "more": -kept.amount, "at": ctx.at}
    return together(ctx.connection, [Step(FREE, values)])[0]


def _seal(
    ctx: Context, action: str, hold_id: str, account_id: str, amount: int, at: tuple[Any, ...] | None
) -> None:
    grid_id = None if at is None else str(at[0])
    ctx.audit(action, NodeRef("hold", hold_id), grid_id, hash=hold_hash(hold_id, account_id, amount))
