"""Appeals against entries: received in time, decided in time by somebody else, put right by a new entry."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import Row, select

from linli.context import Context
from linli.errors import AlreadyExists, Invalid
from linli.verbs.inputs import Input, NodeRef, Version, printable
from linli.verbs.verb import verb
from linli_plugins.credit_bank.kinds import ISSUED
from linli_plugins.credit_bank.models import activity, appeal
from linli_plugins.credit_bank.settings import CreditBankSettings
from linli_plugins.ledger.accounts import own_account
from linli_plugins.ledger.models import journal
from linli_plugins.ledger.posting import post, reverse, transfer

from .booking import EARN, explanation
from .shared import (
    ActivityRef,
    AppealRef,
    bank_row,
    measure_row,
    member_row,
    not_by,
    not_of,
    owner,
    today_of,
)

CORRECT = "correct"
Words = Annotated[str, StringConstraints(min_length=2, max_length=1000), AfterValidator(printable)]


class RaiseAppeal(Input):
    """A member's objection to an entry, or to its refusal."""

    activity: ActivityRef = Field(description="The activity.")
    text: Words = Field(description="What is wrong.")


class ReceiveAppeal(Input):
    """The word to a member that the appeal has arrived."""

    appeal: AppealRef = Field(description="The appeal.")


class DecideAppeal(Input):
    """The decision about an appeal."""

    appeal: AppealRef = Field(description="The appeal.")
    uphold: bool = Field(description="Whether the member is right.")
    points: int | None = Field(
        None, ge=0, le=1_000_000, description="What the activity is worth; needed if upheld."
    )
    decision: Words = Field(description="The reason, which the member reads.")
    version: Version | None = None


@verb("credit_appeal")
def raise_appeal(ctx: Context, data: RaiseAppeal) -> NodeRef:
    """Appeal against an entry; the answer is due in working days."""
    row = ctx.load("credit_activity", data.activity, "appeal", "activity")
    if row.state in ("claimed", "recorded"):
        raise Invalid("credit_bank.undecided", "activity")
    c = appeal.c
    pending = select(c.id).where(c.activity_id == row.id, c.state.in_(("raised", "received")))
    if ctx.connection.execute(pending).one_or_none():
        raise AlreadyExists("credit_bank.appealed", "activity")
    settings, today = ctx.settings(CreditBankSettings), today_of(ctx)
    values = owner(row) | {
        "activity_id": row.id,
        "text": data.text,
        "state": "raised",
        "receive_by": ctx.calendar.after(today, settings.receive_days),
        "decide_by": ctx.calendar.after(today, settings.decide_days),
    }
    ref = ctx.place("credit_appeal", row.grid_id, values)
    ctx.record("credit_appeal.raised", ref, row)
    return ref


@verb("credit_appeal")
def receive_appeal(ctx: Context, data: ReceiveAppeal) -> NodeRef:
    """Tell a member that the appeal has arrived."""
    row = ctx.load("credit_appeal", data.appeal, "decide", "appeal")
    if row.state != "raised":
        raise Invalid("credit_bank.decided", "appeal")
    ctx.change("credit_appeal", row, {"state": "received", "received_by": ctx.actor.account_id})
    ctx.record("credit_appeal.received", data.appeal, row)
    return data.appeal


@verb("credit_appeal", sensitive=True)
def decide_appeal(ctx: Context, data: DecideAppeal) -> NodeRef:
    """Decide an appeal, as somebody who had no hand in the entry; a wrong one is reversed and booked anew."""
    row = ctx.load("credit_appeal", data.appeal, "decide", "appeal")
    if row.state not in ("raised", "received"):
        raise Invalid("credit_bank.decided", "appeal")
    entered = ctx.connection.execute(
        select(activity).where(activity.c.id == row.activity_id).with_for_update(key_share=True)
    ).one()
    not_of(ctx, row)
    not_by(ctx, entered.recorded_by, entered.decided_by)
    if data.points is not None and data.points > ctx.settings(CreditBankSettings).four_eyes_above:
        _seen_by_another(ctx, row)
    if data.uphold != (data.points is not None):
        raise Invalid("credit_bank.points_if_upheld", "points")
    if data.points is not None:
        _correct(ctx, entered, data.points, NodeRef("credit_appeal", row.id))
    values = {
        "state": "upheld" if data.uphold else "dismissed",
        "decided_by": ctx.actor.account_id,
        "decision": data.decision,
    }
    ctx.change("credit_appeal", row, values, data.version)
    ctx.record(f"credit_appeal.{values['state']}", data.appeal, row)
    return data.appeal


def _seen_by_another(ctx: Context, row: Row[Any]) -> None:
    """Above the place's limit one person alone books nothing, in an appeal either."""
    if row.received_by is None:
        raise Invalid("credit_bank.receive_first", "points")
    not_by(ctx, row.received_by)


def _correct(ctx: Context, row: Row[Any], points: int, source: NodeRef) -> None:
    """Book what an activity is worth and reverse what it earned; both stay in the book.

    In this order, so that a member who has spent the points meanwhile can still be given more.
    """
    bank = bank_row(ctx, row.bank_id)
    earned = _journal_of(ctx, row)
    if points:
        member, measure = member_row(ctx, row.member_id), measure_row(ctx, row.measure_id)
        detail = {**explanation(measure, row.done_on, row.quantity), "corrects": earned or ""}
        issued = own_account(ctx, bank.book_id, ISSUED)
        anew = transfer(
            bank.book_id, CORRECT, points, out_of=issued, into=member.account_id, source=source, detail=detail
        )
        post(ctx, anew, "points")
    if earned is not None:
        reverse(ctx, earned, CORRECT, "points")
    values = {"state": "booked" if points else "refused", "points": points or row.points}
    ctx.change("credit_activity", row, values)


def _journal_of(ctx: Context, row: Row[Any]) -> str | None:
    """Return the journal by which an activity stands in the book now, None where it does not."""
    j = journal.c
    appeals = select(appeal.c.id).where(appeal.c.activity_id == row.id)
    earned = (j.source_type == "credit_activity") & (j.source_id == row.id) & (j.kind == EARN)
    corrected = (j.source_type == "credit_appeal") & j.source_id.in_(appeals) & (j.kind == CORRECT)
    undone = select(j.reverses_id).where(j.reverses_id.is_not(None))
    standing = select(j.id).where(earned | corrected, j.id.not_in(undone))
    found: str | None = ctx.connection.execute(standing).scalar_one_or_none()
    return found
