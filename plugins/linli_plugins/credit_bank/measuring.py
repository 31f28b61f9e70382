"""What an activity is worth: by the table or its rule, and no more than the caps leave."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select

from linli.context import Context
from linli.errors import Invalid, Refusal

from . import models
from .models import activity, award, award_line
from .rules import MOST_POINTS, Facts, by_rule

COUNTED = ("claimed", "recorded", "booked")
AWARDED = ("prepared", "booked")


@dataclass(frozen=True, slots=True)
class Worth:
    """What the measure gives, and what the caps leave of it."""

    computed: int
    points: int


def check_measure(measure: Row[Any], member: Row[Any], done_on: date, today: date) -> None:
    """Refuse an activity that the version of a measure does not speak of.

    Raises:
        Refusal: the day has not come, or the version was not in force on it.
        Invalid: the measure is of another bank, or not for this kind of member.
    """
    if measure.bank_id != member.bank_id:
        raise Invalid("credit_bank.other_bank", "measure")
    if done_on > today:
        raise Refusal("TOO_EARLY", "credit_bank.not_yet", ("doneOn",))
    if done_on < measure.since or (measure.until is not None and done_on >= measure.until):
        raise Invalid("credit_bank.measure_not_in_force", "measure", day=done_on.isoformat())
    wanted = "residents" if member.resident_id is not None else "organizations"
    if measure.audience not in ("everyone", wanted):
        raise Invalid("credit_bank.audience", "member")


def worth(ctx: Context, measure: Row[Any], member: Row[Any], done_on: date, quantity: int) -> Worth:
    """Return what an activity is worth; the member's row is locked, so that two do not pass one cap.

    Raises:
        Refusal: LIMIT_EXCEEDED, the caps leave nothing, or the rule gives nothing.
    """
    earned = points_by_month(ctx, measure, done_on, award_line.c.member_id == member.id, member.id)
    month, day, times = earned.get(member.id, (0, 0, 0))
    computed = computed_points(measure, member, done_on, quantity, times)
    left = min(
        computed,
        MOST_POINTS if measure.cap_day is None else measure.cap_day - day,
        MOST_POINTS if measure.cap_month is None else measure.cap_month - month,
    )
    if left < 1:
        raise Refusal("LIMIT_EXCEEDED", "credit_bank.capped", ("quantity",))
    return Worth(computed, left)


def computed_points(measure: Row[Any], member: Row[Any], done_on: date, quantity: int, times: int) -> int:
    """Return what the table or the rule gives, before any cap."""
    if measure.rule is None:
        return int(measure.points) * quantity
    facts = Facts(
        points=measure.points,
        quantity=quantity,
        difficulty=measure.difficulty,
        frequency=measure.frequency,
        times_this_month=times,
        weekday=done_on.isoweekday(),
        organization=member.organization_id is not None,
    )
    return by_rule(measure.rule, facts, "quantity")


def points_by_month(
    ctx: Context, measure: Row[Any], done_on: date, awarded: ColumnElement[bool], member_id: str | None = None
) -> dict[str, tuple[int, int, int]]:
    """Return (points in the month, points on the day, times in the month) by member, for one measure.

    All versions of a line count together. `awarded` narrows the lines of awards, `member_id` the activities.
    """
    first, after = _month(done_on)
    a, versions = activity.c, _versions(measure)
    own = (
        select(a.member_id, a.done_on, a.points)
        .where(a.measure_id.in_(versions), a.done_on >= first, a.done_on < after, a.state.in_(COUNTED))
        .where(a.member_id == member_id if member_id is not None else a.bank_id == measure.bank_id)
    )
    line = award_line.c
    many = (
        select(line.member_id, award.c.done_on, line.points)
        .join(award, award.c.id == line.award_id)
        .where(award.c.measure_id.in_(versions), award.c.done_on >= first, award.c.done_on < after)
        .where(award.c.state.in_(AWARDED), awarded)
    )
    rows = own.union_all(many).subquery()
    on_day = func.sum(rows.c.points).filter(rows.c.done_on == done_on)
    statement = select(rows.c.member_id, func.sum(rows.c.points), on_day, func.count()).group_by(
        rows.c.member_id
    )
    return {row[0]: (int(row[1]), int(row[2] or 0), int(row[3])) for row in ctx.connection.execute(statement)}


def _versions(measure: Row[Any]) -> Select[Any]:
    c = models.measure.c
    return select(c.id).where(c.bank_id == measure.bank_id, c.code == measure.code)


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)
