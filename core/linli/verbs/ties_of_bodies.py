"""What ends with a body: roles held at it, and the ties that lead to it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, or_, select, update

from linli import model as t
from linli.access.actors import renew
from linli.clock import today
from linli.context import Context
from linli.territory import relocate
from linli.verbs.inputs import NodeRef


def end_roles_at(ctx: Context, anchor: Column[str], body_id: str) -> None:
    """End every role held at a party branch or an organisation, and make its holders' actors stale."""
    a = t.assignment
    held = (anchor == body_id) & or_(a.c.until.is_(None), a.c.until > today())
    accounts = list(ctx.connection.execute(select(a.c.account_id).where(held).distinct()).scalars())
    end_rows(ctx, a, held)
    renew(ctx.connection, accounts)


def end_memberships(ctx: Context, body_id: str) -> None:
    """End every membership in an organisation, and those that it holds elsewhere."""
    m = t.membership
    held = or_(m.c.organization_id == body_id, m.c.member_organization_id == body_id) & m.c.until.is_(None)
    people = select(m.c.resident_id).where(held, m.c.resident_id.is_not(None))
    accounts = select(t.account.c.id).where(t.account.c.resident_id.in_(people))
    renewed = list(ctx.connection.execute(accounts).scalars())
    end_rows(ctx, m, held)
    renew(ctx.connection, renewed)


def end_open(ctx: Context, columns: Iterable[Column[Any]], node_id: str) -> None:
    """End the open ties whose columns name a node."""
    for column in columns:
        end_rows(ctx, column.table, (column == node_id) & column.table.c.until.is_(None))


def end_relationships(ctx: Context, ref: NodeRef) -> None:
    """End the relationships of a node that is closed, at either end."""
    end_open(ctx, (t.relationship.c.subject_id, t.relationship.c.object_id), ref.id)


def carry_relationships(ctx: Context, ref: NodeRef, grid_id: str) -> None:
    """Relationships stand where their subject stands."""
    r = t.relationship
    relocate(ctx.connection, r, (r.c.subject_id == ref.id) & r.c.until.is_(None), grid_id)


def end_rows(ctx: Context, table: Table, rows: ColumnElement[bool]) -> None:
    """End ties: today is the day on which they end."""
    values = {"until": today(), "updated_at": ctx.at, "version": table.c.version + 1}
    ctx.connection.execute(update(table).where(rows).values(values))
