"""What can be asked of a bank's past without naming anybody: a rule tried on a month, and its figures."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, Subquery, distinct, func, select

from linli.clock import start_of

from .models import activity, award, award_line, measure, member, redemption
from .rules import Facts, by_rule, check_rule


def try_rule(connection: Connection, line: Row[Any], rule: str, month: date) -> Mapping[str, int | None]:
    """Return what a rule would have given for a line's activities of a month, and what was given.

    Raises:
        Invalid: the rule cannot be used.
    """
    check_rule(rule, "rule")
    a, m = activity.c, measure.c
    same = select(m.id).where(m.bank_id == line.bank_id, m.code == line.code)
    done = select(activity).where(a.measure_id.in_(same), a.state == "booked", a.done_on >= month)
    times: dict[str, int] = {}
    given = would = differing = count = 0
    for row in connection.execute(done.where(a.done_on < _next(month)).order_by(a.done_on, a.id)):
        facts = Facts(
            points=line.points,
            quantity=row.quantity,
            difficulty=line.difficulty,
            frequency=line.frequency,
            times_this_month=times.get(row.member_id, 0),
            weekday=row.done_on.isoweekday(),
            organization=row.organization_id is not None,
        )
        points = by_rule(rule, facts, "rule")
        times[row.member_id] = times.get(row.member_id, 0) + 1
        count, given, would = count + 1, given + row.computed, would + points
        differing += points != row.computed
    return {"activities": count, "given": given, "wouldGive": would, "differing": differing, "fault": None}


def figures(connection: Connection, bank: Row[Any], month: date, fewest: int) -> Mapping[str, int | None]:
    """Return a bank's figures of a month; a figure that 1 to `fewest` - 1 members make is None."""
    members = select(func.count()).where(member.c.bank_id == bank.id, member.c.valid_to.is_(None))
    doers, activities, earned = connection.execute(_earned(bank, month)).one()
    takers, redemptions, redeemed = connection.execute(_redeemed(bank, month)).one()

    def of(people: int, figure: int) -> int | None:
        return None if 0 < people < fewest else int(figure)

    everybody = connection.execute(members).scalar_one()
    return {
        "members": of(everybody, everybody),
        "activeMembers": of(doers, doers),
        "activities": of(doers, activities),
        "earned": of(doers, earned),
        "redemptions": of(takers, redemptions),
        "redeemed": of(takers, redeemed),
    }


def _earned(bank: Row[Any], month: date) -> Select[Any]:
    """The statement of one row (members, activities, points), single ones and awards together."""
    a, after = activity.c, _next(month)
    single = select(a.member_id, a.points).where(
        a.bank_id == bank.id, a.state == "booked", a.done_on >= month, a.done_on < after
    )
    many = (
        select(award_line.c.member_id, award_line.c.points)
        .join(award, award.c.id == award_line.c.award_id)
        .where(award.c.bank_id == bank.id, award.c.state == "booked")
        .where(award.c.done_on >= month, award.c.done_on < after)
    )
    return _summed(single.union_all(many).subquery())


def _redeemed(bank: Row[Any], month: date) -> Select[Any]:
    """The statement of one row (members, redemptions, points)."""
    r = redemption.c
    first, after = (start_of(day) for day in (month, _next(month)))
    handed = select(r.member_id, r.points).where(
        r.bank_id == bank.id, r.state == "handed_over", r.updated_at >= first, r.updated_at < after
    )
    return _summed(handed.subquery())


def _summed(rows: Subquery) -> Select[Any]:
    c = rows.c
    return select(func.count(distinct(c.member_id)), func.count(), func.coalesce(func.sum(c.points), 0))


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
