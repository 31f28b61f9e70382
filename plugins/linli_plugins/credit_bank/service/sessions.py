"""Check-ins: an activity of many, at which members enter themselves with a code that is shown there."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import select

from linli.context import Context
from linli.errors import AlreadyExists, Invalid, Refusal
from linli.verbs.inputs import Input, NodeRef
from linli.verbs.verb import verb
from linli_plugins.credit_bank.fairness import FairName
from linli_plugins.credit_bank.measuring import check_measure, worth
from linli_plugins.credit_bank.models import activity

from .booking import Done, enter
from .shared import (
    CODE_LENGTH,
    SIGNS,
    MeasureRef,
    MemberRef,
    Quantity,
    SessionRef,
    active,
    measure_row,
    today_of,
)

LONGEST = timedelta(days=31)
Code = Annotated[str, StringConstraints(min_length=1, max_length=16, to_upper=True)]


class OpenCheckIn(Input):
    """An activity at which members check in."""

    measure: MeasureRef = Field(description="The line of the measure table by which it earns.")
    title: FairName = Field(description="What takes place.")
    opens_at: datetime = Field(description="From when members can check in.")
    closes_at: datetime = Field(description="Until when; at most 31 days later.")
    quantity: Quantity = Field(1, description="How many times, hours or items each one is credited with.")


class CloseCheckIn(Input):
    """The end of a check-in before its time."""

    session: SessionRef = Field(description="The check-in.")


class CheckIn(Input):
    """A member who is there."""

    session: SessionRef = Field(description="The check-in.")
    member: MemberRef = Field(description="The own membership.")
    code: Code = Field(description="The code that is shown there.")


@verb("check_in")
def open_check_in(ctx: Context, data: OpenCheckIn) -> NodeRef:
    """Open a check-in; its code is shown to those who run it."""
    line = ctx.see("credit_measure", data.measure, "measure")
    place = ctx.require_at("check_in", "create", line.grid_id, "measure")
    if data.opens_at.tzinfo is None or data.closes_at.tzinfo is None:
        raise Invalid("credit_bank.needs_zone", "opensAt")
    if not timedelta(0) < data.closes_at - data.opens_at <= LONGEST:
        raise Invalid("credit_bank.session_times", "closesAt")
    values = {
        "bank_id": line.bank_id,
        "measure_id": line.id,
        "title": data.title,
        "quantity": data.quantity,
        "code": "".join(secrets.choice(SIGNS) for _ in range(CODE_LENGTH)),
        "opens_at": data.opens_at,
        "closes_at": data.closes_at,
        "opened_by": ctx.actor.account_id,
    }
    ref = ctx.place("check_in", place.id, values)
    ctx.record("check_in.opened", ref, place)
    return ref


@verb("check_in", sensitive=True)
def close_check_in(ctx: Context, data: CloseCheckIn) -> NodeRef:
    """Close a check-in."""
    row = ctx.load("check_in", data.session, "close", "session")
    ctx.change("check_in", row, {"valid_to": ctx.at})
    ctx.record("check_in.closed", data.session, row)
    return data.session


@verb("credit_activity")
def check_in(ctx: Context, data: CheckIn) -> NodeRef:
    """Check in where the code is shown; once for each member."""
    row = active(ctx.load("credit_member", data.member, "claim", "member"), "member")
    session = ctx.see("check_in", data.session, "session")
    if session.bank_id != row.bank_id:
        raise Invalid("credit_bank.other_bank", "session")
    if ctx.at < session.opens_at:
        raise Refusal("TOO_EARLY", "credit_bank.check_in_early", ("session",))
    if ctx.at >= session.closes_at:
        raise Refusal("CLOSED", "credit_bank.check_in_over", ("session",))
    if not secrets.compare_digest(session.code.encode(), data.code.encode()):
        raise Invalid("credit_bank.wrong_code", "code")
    c = activity.c
    before = select(c.id).where(c.session_id == session.id, c.member_id == row.id)
    if ctx.connection.execute(before).one_or_none():
        raise AlreadyExists("credit_bank.checked_in", "session")
    line, day = measure_row(ctx, session.measure_id), today_of(ctx)
    check_measure(line, row, day, day)
    value = worth(ctx, line, row, day, session.quantity)
    done = Done(day, session.quantity, session.title, session_id=session.id)
    return enter(ctx, row, line, value, done)
