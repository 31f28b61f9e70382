"""Redemption: points are held while something is taken off the shelf, and spent when it is handed over."""

import secrets
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import Row, select, update

from linli.context import Context
from linli.errors import Invalid, NotFound, Refusal
from linli.verbs.inputs import Input, NodeRef, Version
from linli.verbs.verb import verb
from linli_plugins.credit_bank.kinds import REDEEMED
from linli_plugins.credit_bank.models import offer
from linli_plugins.credit_bank.settings import CreditBankSettings
from linli_plugins.ledger.accounts import own_account
from linli_plugins.ledger.holds import capture, hold_back, release
from linli_plugins.ledger.models import account

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

REDEEM = "redeem"
GIVE_BACK = "give_back"
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
    wanted = _taken(ctx, data.offer, row.bank_id, data.quantity)
    points = wanted.points * data.quantity
    own = ctx.connection.execute(select(account).where(account.c.id == row.account_id)).one()
    held = hold_back(ctx, own, points, "offer")
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

    The shelf before the book, as everywhere, so that nobody waits in a ring.
    """
    put_back(ctx, row.offer_id, row.quantity)
    release(ctx, row.hold_id, GIVE_BACK, "redemption")
    ctx.change("credit_redemption", row, {"state": state}, version)
    ctx.record(f"credit_redemption.{state}", NodeRef("credit_redemption", row.id), row)


def _check_held(row: Row[Any]) -> None:
    if row.state != "held":
        raise Invalid("credit_bank.not_held", "redemption")


def _taken(ctx: Context, ref: NodeRef, bank_id: str, quantity: int) -> Row[Any]:
    """Take some of an offer off the shelf in one statement, so that the last one goes to one member only."""
    c, today = offer.c, today_of(ctx)
    current = (c.id == ref.id) & (c.bank_id == bank_id) & (c.since <= today)
    current &= c.until.is_(None) | (c.until > today)
    enough = c.stock.is_(None) | (c.stock >= quantity)
    less = {"stock": c.stock - quantity, "version": c.version + 1, "updated_at": ctx.at}
    taken = update(offer).where(current, enough).values(less).returning(c.id, c.points, c.grid_id, c.path)
    row = ctx.connection.execute(taken).one_or_none()
    if row is not None:
        return row
    if ctx.connection.execute(select(c.id).where(current)).one_or_none() is None:
        raise NotFound("offer")
    raise Refusal("LIMIT_EXCEEDED", "credit_bank.sold_out", ("offer",))
