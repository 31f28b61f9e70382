"""A decision as SQL, and the same decision judged over the facts of one row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    column,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.types import String, TypeEngine

from linli.database.sql import any_of, in_ranges, ranges
from linli.model import party_branch
from linli.model.types import Id, IdList, TextList
from linli.policy import Arm, ArmType, Decision, Facts, Link, Range, Resource, Through

ArmPath = tuple[int, ...]
Bind = Callable[[ArmPath, str, TypeEngine[Any]], ColumnElement[Any]]


def literal_bind(decision: Decision) -> Bind:
    """Bind a decision's own values, for statements that are run once and not kept."""

    def bind(path: ArmPath, part: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
        return bindparam(None, part_of(decision, path, part), type_=kind)

    return bind


def part_of(decision: Decision, path: ArmPath, part: str) -> Any:
    """Return one value of the arm at `path`: `ids`, `id`, `lows`, `highs`, `low` or `high`."""
    arm = decision.arms[path[0]]
    for index in path[1:]:
        arm = arm.but[index]
    match part:
        case "ids":
            return list(arm.ids)
        case "id":
            return arm.ids[0]
        case "low" | "high":
            return getattr(arm.ranges[0], part)
        case _:
            return [getattr(reach, part.removesuffix("s")) for reach in arm.ranges]


def predicate(decision: Decision, resource: Resource, rows: FromClause, bind: Bind) -> ColumnElement[bool]:
    """Return the SQL condition under which a row of `rows` (the resource's table or an alias) is allowed.

    No arm gives FALSE, never the absence of a condition.
    """
    if decision.everything:
        return true()
    arms = [_arm(arm, (index,), resource, rows, bind) for index, arm in enumerate(decision.arms)]
    return or_(*arms) if arms else false()


@dataclass(frozen=True)
class Way:
    """One way to allowed rows, that an index can go: `condition` over the rows, and over `reach`.

    `reach` has a row (low, high) for each range of paths; None where the condition alone suffices.
    """

    reach: FromClause | None
    condition: Callable[[FromClause], ColumnElement[bool]]


def ways(decision: Decision, resource: Resource, bind: Bind) -> tuple[Way, ...]:
    """Return the ways to the rows of a decision; a row may be met on several ways, on each only once.

    Empty where `predicate` is as good: all rows, none, or one range.
    """
    if decision.everything or not (len(decision.arms) > 1 or any(len(a.ranges) > 1 for a in decision.arms)):
        return ()
    return tuple(_way(arm, (index,), resource, bind) for index, arm in enumerate(decision.arms))


def _way(arm: Arm, path: ArmPath, resource: Resource, bind: Bind) -> Way:
    key = resource.path
    if arm.type is not ArmType.PATHS or key is None or len(arm.ranges) == 1:
        return Way(None, lambda rows: _arm(arm, path, resource, rows, bind))
    many = ranges(bind(path, "lows", TextList()), bind(path, "highs", TextList()))
    reach = many.table_valued(column("low", String), column("high", String)).alias("reach")

    def condition(rows: FromClause) -> ColumnElement[bool]:
        inside = and_(rows.c[key.key] >= reach.c.low, rows.c[key.key] < reach.c.high)
        return _less(inside, arm, path, resource, rows, bind)

    return Way(reach, condition)


def _arm(arm: Arm, path: ArmPath, resource: Resource, rows: FromClause, bind: Bind) -> ColumnElement[bool]:
    return _less(_condition(arm, path, resource, rows, bind), arm, path, resource, rows, bind)


def _less(
    condition: ColumnElement[bool],
    arm: Arm,
    path: ArmPath,
    resource: Resource,
    rows: FromClause,
    bind: Bind,
) -> ColumnElement[bool]:
    """Return the condition less what the arm denies."""
    denied = [_arm(but, (*path, index), resource, rows, bind) for index, but in enumerate(arm.but)]
    # A row that hangs on nothing makes the inner condition null; NOT null would take the row away.
    return and_(condition, *(not_(func.coalesce(one, false())) for one in denied)) if denied else condition


def _condition(
    arm: Arm, path: ArmPath, resource: Resource, rows: FromClause, bind: Bind
) -> ColumnElement[bool]:
    match arm.type:
        case ArmType.ALL:
            return true()
        case ArmType.PATHS if resource.path is not None:
            return _in_ranges(rows.c[resource.path.key], arm, path, bind)
        case ArmType.GRIDS if resource.grid is not None:
            return any_of(rows.c[resource.grid.key], bind(path, "ids", IdList()))
        case ArmType.ORGANIZATIONS:
            return _linked(
                resource.organization, rows, lambda column: any_of(column, bind(path, "ids", IdList()))
            )
        case ArmType.BRANCHES:
            return _linked(resource.branch, rows, lambda column: any_of(column, bind(path, "ids", IdList())))
        case ArmType.BRANCH_TREES:
            trees = select(party_branch.c.id).where(_in_ranges(party_branch.c.tree_path, arm, path, bind))
            return _linked(resource.branch, rows, lambda column: column.in_(trees))
        case ArmType.SELF:
            return _linked(resource.resident, rows, lambda column: column == bind(path, "id", Id()))
        case _:
            return false()


def _in_ranges(column: ColumnElement[str], arm: Arm, path: ArmPath, bind: Bind) -> ColumnElement[bool]:
    if len(arm.ranges) == 1:
        return and_(column >= bind(path, "low", String()), column < bind(path, "high", String()))
    return in_ranges(column, bind(path, "lows", TextList()), bind(path, "highs", TextList()))


def _linked(
    link: Link | None,
    rows: FromClause,
    condition: Callable[[ColumnElement[str]], ColumnElement[bool]],
) -> ColumnElement[bool]:
    if link is None:
        return false()
    if not isinstance(link, Through):
        return condition(rows.c[link.key])
    tie = link.key.table.alias()
    ties = select(tie.c[link.key.key]).where(condition(tie.c[link.value.key]))
    if link.until is not None:
        ties = ties.where(tie.c[link.until.key].is_(None))
    return rows.c.id.in_(ties)


def covers(decision: Decision, facts: Facts) -> bool:
    """Return whether a row of which `facts` are known is allowed."""
    return any(arm_covers(arm, facts) for arm in decision.arms)


def arm_covers(arm: Arm, facts: Facts) -> bool:
    """Return whether one arm allows the row, its denials taken off."""
    return _holds(arm, facts) and not any(arm_covers(but, facts) for but in arm.but)


def _holds(arm: Arm, facts: Facts) -> bool:
    match arm.type:
        case ArmType.ALL:
            return True
        case ArmType.PATHS:
            return facts.path is not None and _within(facts.path, arm.ranges)
        case ArmType.GRIDS:
            return facts.grid_id in arm.ids
        case ArmType.ORGANIZATIONS:
            return not facts.organization_ids.isdisjoint(arm.ids)
        case ArmType.BRANCHES:
            return not facts.branch_ids.isdisjoint(arm.ids)
        case ArmType.BRANCH_TREES:
            return any(_within(path, arm.ranges) for path in facts.branch_paths)
        case ArmType.SELF:
            return not facts.resident_ids.isdisjoint(arm.ids)


def _within(path: str, ranges: tuple[Range, ...]) -> bool:
    return any(path in reach for reach in ranges)
