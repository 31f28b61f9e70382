"""Redemption: points are held while something is taken off the shelf, and spent when it is handed over."""

import secrets
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints
from sqlalchemy import Row, bindparam, select, update

from linli.context import Context
from linli.database.together import Step, together
from linli.errors import Invalid, NotFound, Refusal
from linli.verbs.inputs import Input, NodeRef, Version
from linli.verbs.verb import verb
from linli_plugins.credit_bank.kinds import REDEEMED
from linli_plugins.credit_bank.models import offer
from linli_plugins.credit_bank.settings import CreditBankSettings
from linli_plugins.ledger.accounts import own_account
from linli_plugins.ledger.holds import capture, hold_back, release

from .shared import (
    CODE_LENGTH,
    SIGNS,
    MemberRef,
    OfferRef,
    RedemptionRef,
    bank_row,
    not_of,
    owner,
    put_back,
    today_of,
)

REDEEM: Final = "redeem"
_o = offer.c
OFFERED: Final = select(_o.id, _o.points, _o.stock, _o.grid_id, _o.path).where(
    _o.id == bindparam("offer"),
    _o.bank_id == bindparam("bank"),
    _o.since <= bindparam("today"),
    _o.until.is_(None) | (_o.until > bindparam("today")),
)
TAKE: Final = (
    update(offer)
    .where(_o.id == bindparam("offer"), _o.stock >= bindparam("quantity"))
    .values(stock=_o.stock - bindparam("quantity"), version=_o.version + 1, updated_at=bindparam("at"))
    .returning(_o.id)
)
Few = Annotated[int, Field(ge=1, le=100)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=16, to_upper=True)]


class RedeemOffer(Input):
    """The wish to have something for points."""

    member: MemberRef = Field(description="The own membership, or that of the organisation.")
    offer: OfferRef = Field(description="What is wanted.")
    quantity: Few = Field(1, description="How many of it.")


class HandOverRedemption(Input):
    """What was redeemed is given to who shows the code."""

    redemption: RedemptionRef = Field(description="The redemption.")
    code: Code = Field(description="The code that the member shows.")


class CancelRedemption(Input):
    """The end of a redemption that was not handed over; points and goods go back."""

    redemption: RedemptionRef = Field(description="The redemption.")
    version: Version | None = None


@verb("credit_redemption")
def redeem_offer(ctx: Context, data: RedeemOffer) -> NodeRef:
    """Redeem points: they are held, and the thing is kept, until it is handed over by code."""
    row = ctx.load("credit_member", data.member, "spend", "member")
    wanted = _wanted(ctx, data.offer, row.bank_id, data.quantity)
    points = wanted.points * data.quantity
    held = hold_back(ctx, row.account_id, points, "offer")
    days = timedelta(days=ctx.settings(CreditBankSettings).hand_over_days)
    values = owner(row) | {
        "bank_id": row.bank_id,
        "offer_id": wanted.id,
        "member_id": row.id,
        "quantity": data.quantity,
        "points": points,
        "hold_id": held,
        "code": "".join(secrets.choice(SIGNS) for _ in range(CODE_LENGTH)),
        "state": "held",
        "expires_on": today_of(ctx) + days,
    }
    _take(ctx, wanted, data.quantity)
    ref = ctx.place("credit_redemption", wanted.grid_id, values)  # offers stand where their bank stands
    ctx.record("credit_redemption.held", ref, wanted)
    return ref


@verb("credit_redemption", sensitive=True)
def hand_over_redemption(ctx: Context, data: HandOverRedemption) -> NodeRef:
    """Hand over what was redeemed, to who shows its code; the points are spent now."""
    row = ctx.load("credit_redemption", data.redemption, "hand_over", "redemption")
    not_of(ctx, row)
    _check_held(row)
    if row.expires_on < today_of(ctx):
        raise Refusal("CLOSED", "credit_bank.redemption_expired", ("redemption",))
    if not secrets.compare_digest(row.code.encode(), data.code.encode()):
        raise Invalid("credit_bank.wrong_code", "code")
    redeemed = own_account(ctx, bank_row(ctx, row.bank_id).book_id, REDEEMED)
    capture(ctx, row.hold_id, REDEEM, redeemed, "redemption")
    ctx.change("credit_redemption", row, {"state": "handed_over", "handed_by": ctx.actor.account_id})
    ctx.record("credit_redemption.handed_over", data.redemption, row)
    return data.redemption


@verb("credit_redemption")
def cancel_redemption(ctx: Context, data: CancelRedemption) -> NodeRef:
    """Cancel a redemption that was not handed over; points come back, things go back on the shelf."""
    row = ctx.load("credit_redemption", data.redemption, "cancel", "redemption")
    _check_held(row)
    undo(ctx, row, "cancelled", data.version)
    return data.redemption


def undo(ctx: Context, row: Row[Any], state: str, version: int | None = None) -> None:
    """Give points back and put the thing back on the shelf; `row` is locked.

    The account before the shelf, as everywhere, so that nobody waits in a ring.
    """
    release(ctx, row.hold_id, "redemption")
    put_back(ctx, row.offer_id, row.quantity)
    ctx.change("credit_redemption", row, {"state": state}, version)
    ctx.record(f"credit_redemption.{state}", NodeRef("credit_redemption", row.id), row)


def _check_held(row: Row[Any]) -> None:
    if row.state != "held":
        raise Invalid("credit_bank.not_held", "redemption")


def _wanted(ctx: Context, ref: NodeRef, bank_id: str, quantity: int) -> Any:
    """Return an offer of a bank that can be had today, not locked: its price never changes."""
    values = {"offer": ref.id, "bank": bank_id, "today": today_of(ctx)}
    row = ctx.connection.execute(OFFERED, values).one_or_none()
    if row is None:
        raise NotFound("offer")
    if row.stock is not None and row.stock < quantity:
        raise _sold_out()
    return row


def _take(ctx: Context, wanted: Any, quantity: int) -> None:
    """Take some of an offer off the shelf in one statement, so that the last one goes to one member only.

    All who want it meet here, so this comes as late as can be.
    """
    if wanted.stock is not None:
        values = {"offer": wanted.id, "quantity": quantity, "at": ctx.at}
        together(ctx.connection, [Step(TAKE, values, _sold_out())])


def _sold_out() -> Refusal:
    return Refusal("LIMIT_EXCEEDED", "credit_bank.sold_out", ("offer",))
