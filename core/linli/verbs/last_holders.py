"""The last who holds a role that nobody can give anew: taking it away would leave a place without."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, or_, select

from linli import model as t
from linli.clock import today
from linli.context import Context
from linli.errors import Invalid
from linli.policy import Actor, Anchor, Holding, Policy

SOMEWHERE = "/1/"


def require_another(ctx: Context, rows: Sequence[Row[Any]], *path: str) -> None:
    """Refuse to end assignments of which one is the last of a role that comes from the keyboard alone.

    Another account must hold the role without end, at the same place or above it. Those who hold it are
    locked, so that two who end each other's are heard one after the other.

    Raises:
        Invalid: nobody else holds the role there.
    """
    for row in rows:
        if not _given_by_another_role(ctx.policy, row.role) and not _held_by_another(ctx, row):
            raise Invalid("error.last_administrator", *path, role=row.role)


def open_roles(ctx: Context, account_id: str) -> Sequence[Row[Any]]:
    """Return the assignments of an account that have not ended."""
    a = t.assignment.c
    lasting = or_(a.until.is_(None), a.until > today())
    return ctx.connection.execute(select(t.assignment).where(a.account_id == account_id, lasting)).all()


def _given_by_another_role(policy: Policy, role: str) -> bool:
    """Whether some other role, held somewhere, could grant this one."""
    others = (
        Actor(holdings=(Holding(other, Anchor(kind, "", SOMEWHERE)),))
        for other in sorted(policy.roles - {role})
        for kind in sorted(policy.anchors(other))
    )
    return any(policy.decide(one, f"role.{role}", "grant").arms for one in others)


def _held_by_another(ctx: Context, row: Row[Any]) -> bool:
    a = t.assignment.c
    lasting = select(a.id).where(a.role == row.role, a.until.is_(None)).order_by(a.id)
    ids = ctx.connection.execute(lasting.with_for_update()).scalars().all()
    others = (
        select(t.assignment)
        .join(t.account, t.account.c.id == a.account_id)
        .where(a.id.in_(ids), a.account_id != row.account_id, a.since <= today())
        .where(a.until.is_(None), t.account.c.state == "active")
    )
    return any(_covers(other, row) for other in ctx.connection.execute(others))


def _covers(other: Row[Any], row: Row[Any]) -> bool:
    """Whether a role is held where another is, or at a grid above."""
    names = ("anchor_grid_id", "anchor_branch_id", "anchor_organization_id")
    if any(getattr(row, name) is not None and getattr(row, name) == getattr(other, name) for name in names):
        return True
    return other.anchor_grid_id is not None and bool(row.path.startswith(other.path))
