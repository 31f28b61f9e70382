"""Awards to many at once: prepared by one, approved by another, booked as one journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pydantic import Field
from sqlalchemy import Row, Select, false, insert, literal, select

from linli.context import Context
from linli.database.sql import any_of
from linli.errors import Invalid, NotFound, Refusal
from linli.model.types import IdList
from linli.verbs.inputs import Day, Input, NodeRef, Version
from linli.verbs.verb import verb
from linli_plugins.credit_bank.fairness import FairName
from linli_plugins.credit_bank.kinds import ISSUED
from linli_plugins.credit_bank.measuring import check_measure, computed_points, points_by_month
from linli_plugins.credit_bank.models import award_line, member
from linli_plugins.credit_bank.rules import MOST_POINTS
from linli_plugins.ledger.accounts import own_account
from linli_plugins.ledger.posting import Journal, Leg, post

from .booking import EARN, explanation
from .shared import AwardRef, MeasureRef, MemberRef, Quantity, bank_row, measure_row, not_by, not_of, today_of

MOST_LINES: Final = 500  # in one request; files hold more


class AwardLine(Input):
    """One member of an award."""

    member: MemberRef = Field(description="Who did it.")
    quantity: Quantity = Field(1, description="How many times, hours or items.")


class PrepareAward(Input):
    """Points for many members for one activity."""

    measure: MeasureRef = Field(description="The line of the measure table, in its version of that day.")
    title: FairName = Field(description="What was done.")
    done_on: Day = Field(description="When it was done.")
    lines: tuple[AwardLine, ...] = Field(
        min_length=1, max_length=MOST_LINES, description="Who did it and how much; 500 at most."
    )


class DecideAward(Input):
    """The decision about an award that was prepared."""

    award: AwardRef = Field(description="The award.")
    approve: bool = Field(description="Whether it is booked; otherwise it is discarded.")
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Award:
    """An award as it is prepared: for one measure, on one day."""

    measure: Row[Any]
    title: str
    done_on: date


@verb("credit_award")
def prepare_award(ctx: Context, data: PrepareAward) -> NodeRef:
    """Prepare points for many members; somebody else approves them, and then all are booked or none."""
    line = ctx.see("credit_measure", data.measure, "measure")
    ctx.require_at("credit_award", "create", line.grid_id, "measure")
    wanted = {one.member.id: one.quantity for one in data.lines}
    if len(wanted) < len(data.lines):
        raise Invalid("credit_bank.member_twice", "lines")
    found = members_of(ctx, line.bank_id, sorted(wanted))
    if len(found) < len(wanted):
        raise NotFound("lines")
    for row in found:
        not_of(ctx, row)
        check_measure(line, row, data.done_on, today_of(ctx))
    given = [(row, wanted[row.id]) for row in found]
    return prepare(ctx, Award(line, data.title, data.done_on), given)


@verb("credit_award", sensitive=True)
def decide_award(ctx: Context, data: DecideAward) -> NodeRef:
    """Book an award that somebody else prepared, as one journal; or discard it."""
    row = ctx.load("credit_award", data.award, "decide", "award")
    if row.state != "prepared":
        raise Invalid("credit_bank.decided", "award")
    not_by(ctx, row.prepared_by)
    for one in _members_in(ctx, row):
        not_of(ctx, one)
    values: dict[str, Any] = {"state": "discarded", "decided_by": ctx.actor.account_id}
    if data.approve:
        values |= {"state": "booked"} | _book(ctx, row)
    ctx.change("credit_award", row, values, data.version)
    ctx.record(f"credit_award.{values['state']}", data.award, row)
    return data.award


def members_of(ctx: Context, bank_id: str, ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Return those among `ids` who are active members of a bank, locked in the order of their ids."""
    among = active_members(bank_id).where(any_of(member.c.id, literal(list(ids), IdList())))
    return ctx.connection.execute(among.order_by(member.c.id).with_for_update(key_share=True)).all()


def active_members(bank_id: str) -> Select[Any]:
    """The statement of the active members of a bank."""
    return select(member).where(member.c.bank_id == bank_id, member.c.state == "active")


def prepare(ctx: Context, given: Award, lines: Sequence[tuple[Row[Any], int]]) -> NodeRef:
    """Enter an award and its lines; whom the caps leave nothing is left out.

    Raises:
        Refusal: LIMIT_EXCEEDED, the caps leave nothing at all.
    """
    worth = worths(ctx, given, lines)
    if not worth:
        raise Refusal("LIMIT_EXCEEDED", "credit_bank.capped", ("lines",))
    values = {
        "bank_id": given.measure.bank_id,
        "measure_id": given.measure.id,
        "title": given.title,
        "done_on": given.done_on,
        "people": len(worth),
        "points": sum(points for _, points in worth.values()),
        "state": "prepared",
        "prepared_by": ctx.actor.account_id,
    }
    bank = bank_row(ctx, given.measure.bank_id)
    ref = ctx.place("credit_award", bank.grid_id, values)
    rows = [
        {"award_id": ref.id, "member_id": ident, "quantity": quantity, "points": points}
        for ident, (quantity, points) in worth.items()
    ]
    ctx.connection.execute(insert(award_line), rows)
    ctx.record("credit_award.prepared", ref, bank, people=len(worth))
    return ref


def worths(
    ctx: Context, given: Award, lines: Sequence[tuple[Row[Any], int]]
) -> Mapping[str, tuple[int, int]]:
    """Return (quantity, points) by member, as far as the caps leave any."""
    line = given.measure
    ids = literal([row.id for row, _ in lines], IdList())
    earned = points_by_month(ctx, line, given.done_on, any_of(award_line.c.member_id, ids))
    worth = {}
    for row, quantity in lines:
        month, day, times = earned.get(row.id, (0, 0, 0))
        points = min(
            computed_points(line, row, given.done_on, quantity, times),
            MOST_POINTS if line.cap_day is None else line.cap_day - day,
            MOST_POINTS if line.cap_month is None else line.cap_month - month,
        )
        if points > 0:
            worth[row.id] = (quantity, points)
    return worth


def _members_in(ctx: Context, row: Row[Any]) -> Sequence[Row[Any]]:
    """Return those members of an award who are the actor, or an organisation of the actor."""
    c, actor = member.c, ctx.actor
    own = (c.resident_id == actor.resident_id) if actor.resident_id is not None else false()
    ours = any_of(c.organization_id, literal(list(actor.organizations), IdList()))
    lines = select(award_line.c.member_id).where(award_line.c.award_id == row.id)
    return ctx.connection.execute(select(member).where(own | ours, c.id.in_(lines))).all()


def _book(ctx: Context, row: Row[Any]) -> dict[str, int]:
    """Post an award for those who are still active; return how many they are, and their points."""
    line = award_line.c
    still = (
        select(member.c.account_id, line.points)
        .join(member, member.c.id == line.member_id)
        .where(line.award_id == row.id, member.c.state == "active")
        .order_by(member.c.account_id)
    )
    legs = [Leg(one.account_id, one.points) for one in ctx.connection.execute(still)]
    if not legs:
        raise Invalid("credit_bank.all_left", "award")
    bank, measure = bank_row(ctx, row.bank_id), measure_row(ctx, row.measure_id)
    points = sum(leg.amount for leg in legs)
    issued = Leg(own_account(ctx, bank.book_id, ISSUED), -points)
    detail = {**explanation(measure, row.done_on, 1), "award": row.id, "award_title": row.title}
    source = NodeRef("credit_award", row.id)
    post(ctx, Journal(bank.book_id, EARN, (issued, *legs), source=source, detail=detail), "award")
    return {"people": len(legs), "points": points}
