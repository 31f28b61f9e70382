"""What follows a resident: ties that stand where the person stands, and end when the person goes."""

from typing import Any

from sqlalchemy import Select, select, update

from linli import model as t
from linli.access.actors import renew
from linli.context import Context
from linli.territory import relocate
from linli.verbs.inputs import NodeRef
from linli.verbs.ties_of_bodies import carry_relationships, end_relationships, end_rows

TIES = (t.membership, t.post, t.occupancy, t.project_party)


def carry_ties(ctx: Context, resident_id: str, grid_id: str) -> None:
    """Memberships and relationships move with the person, who lives in no dwelling elsewhere any more."""
    m, o = t.membership, t.occupancy
    relocate(ctx.connection, m, (m.c.resident_id == resident_id) & m.c.until.is_(None), grid_id)
    carry_relationships(ctx, NodeRef("resident", resident_id), grid_id)
    left = (o.c.resident_id == resident_id) & (o.c.kind == "lives") & (o.c.grid_id != grid_id)
    end_rows(ctx, o, left & o.c.until.is_(None))


def end_ties(ctx: Context, resident_id: str) -> None:
    """End every open tie of a resident, and the roles that followed from posts."""
    end_derived_roles(ctx, select(t.post.c.id).where(t.post.c.resident_id == resident_id))
    for table in (*TIES, t.residence):
        end_rows(ctx, table, (table.c.resident_id == resident_id) & table.c.until.is_(None))
    end_relationships(ctx, NodeRef("resident", resident_id))


def step_down(ctx: Context, resident_id: str, household: NodeRef | None) -> None:
    """Leave every household but this one without the head who goes."""
    h = t.household
    headed = update(h).where(
        h.c.head_id == resident_id, h.c.id != (household.id if household else resident_id)
    )
    ctx.connection.execute(headed.values(head_id=None, updated_at=ctx.at, version=h.c.version + 1))


def end_derived_roles(ctx: Context, post_ids: Select[Any] | list[str]) -> None:
    """End the assignments that were derived from these posts."""
    a = t.assignment
    end_rows(ctx, a, a.c.post_id.in_(post_ids) & a.c.until.is_(None))


def renew_account_of(ctx: Context, resident_id: str) -> None:
    """Make the cached actor of a resident's account stale."""
    accounts = ctx.connection.execute(select(t.account.c.id).where(t.account.c.resident_id == resident_id))
    renew(ctx.connection, list(accounts.scalars()))
