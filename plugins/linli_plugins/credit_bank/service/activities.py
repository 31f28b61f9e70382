"""Activities: recorded by staff or claimed by members, approved by somebody else, booked once."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import select

from linli.context import Context
from linli.errors import Invalid
from linli.verbs.inputs import Day, Input, NodeRef, Version, printable
from linli.verbs.verb import verb
from linli_plugins.credit_bank.measuring import worth
from linli_plugins.credit_bank.models import offer

from .booking import Done, book, enter, measure_of
from .shared import (
    ActivityRef,
    MeasureRef,
    MemberRef,
    OfferRef,
    Quantity,
    active,
    measure_row,
    member_row,
    not_by,
    not_of,
)

Note = Annotated[str, StringConstraints(max_length=400), AfterValidator(printable)]
Reason = Annotated[str, StringConstraints(min_length=2, max_length=200), AfterValidator(printable)]


class RecordActivity(Input):
    """What a member did, written down by staff."""

    member: MemberRef = Field(description="Who did it.")
    measure: MeasureRef = Field(description="The line of the measure table, in its version of that day.")
    done_on: Day = Field(description="When it was done.")
    quantity: Quantity = Field(1, description="How many times, hours or items.")
    note: Note = Field("", description="What was done, for who approves it.")
    offer: OfferRef | None = Field(
        None, description="For goods handed in: the offer whose stock they add to."
    )


class ClaimActivity(Input):
    """What a member says to have done, with evidence."""

    member: MemberRef = Field(description="The own membership, or that of the organisation.")
    measure: MeasureRef = Field(description="The line of the measure table, in its version of that day.")
    done_on: Day = Field(description="When it was done.")
    quantity: Quantity = Field(1, description="How many times, hours or items.")
    note: Annotated[Note, StringConstraints(min_length=2)] = Field(
        description="What was done, and who saw it."
    )


class DecideActivity(Input):
    """The decision about an activity that waits for one."""

    activity: ActivityRef = Field(description="The activity.")
    approve: bool = Field(description="Whether it is booked.")
    reason: Reason | None = Field(None, description="Why not; needed where it is refused.")
    version: Version | None = None


@verb("credit_activity")
def record_activity(ctx: Context, data: RecordActivity) -> NodeRef:
    """Record what a member did; above the place's limit somebody else approves it before it is booked."""
    row = active(ctx.load("credit_member", data.member, "record", "member"), "member")
    not_of(ctx, row)
    line = measure_of(ctx, data.measure, row, data.done_on)
    if data.offer is not None and (
        line.activity != "goods_given" or not _is_goods(ctx, data.offer, row.bank_id)
    ):
        raise Invalid("credit_bank.not_goods", "offer")
    value = worth(ctx, line, row, data.done_on, data.quantity)
    done = Done(data.done_on, data.quantity, data.note, data.offer.id if data.offer else None)
    return enter(ctx, row, line, value, done)


@verb("credit_activity")
def claim_activity(ctx: Context, data: ClaimActivity) -> NodeRef:
    """Claim points for something done; staff decides."""
    row = active(ctx.load("credit_member", data.member, "claim", "member"), "member")
    line = measure_of(ctx, data.measure, row, data.done_on)
    value = worth(ctx, line, row, data.done_on, data.quantity)
    done = Done(data.done_on, data.quantity, data.note)
    return enter(ctx, row, line, value, done, claimed=True)


@verb("credit_activity", sensitive=True)
def decide_activity(ctx: Context, data: DecideActivity) -> NodeRef:
    """Approve an activity and book it, or refuse it; never one's own, nor one that the decider recorded."""
    row = ctx.load("credit_activity", data.activity, "decide", "activity")
    if row.state not in ("claimed", "recorded"):
        raise Invalid("credit_bank.decided", "activity")
    not_of(ctx, row)
    not_by(ctx, row.recorded_by)
    if not data.approve and data.reason is None:
        raise Invalid("credit_bank.reason_needed", "reason")
    values = {"state": "booked" if data.approve else "refused", "decided_by": ctx.actor.account_id}
    ctx.change("credit_activity", row, values | {"decision": data.reason}, data.version)
    if data.approve:
        member = member_row(ctx, row.member_id)
        book(ctx, row, member, measure_row(ctx, row.measure_id))
    ctx.record(f"credit_activity.{values['state']}", data.activity, row)
    return data.activity


def _is_goods(ctx: Context, ref: NodeRef, bank_id: str) -> bool:
    c = offer.c
    found = select(c.id).where(c.id == ref.id, c.bank_id == bank_id, c.kind == "goods", c.stock.is_not(None))
    return ctx.connection.execute(found).one_or_none() is not None
