"""The tree of party organisations: what may stand below what, and what each one covers."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, func, insert, literal, select, update

from linli import model as t
from linli.context import Context
from linli.errors import Invalid
from linli.policy import Range
from linli.verbs.inputs import NodeRef

BRANCHES = frozenset({"branch", "joint_branch", "provisional_branch", "mobile_branch"})


def check_place(kind: str, parent: Row[Any] | None, *path: str, kind_above: str | None = None) -> None:
    """Refuse a kind that cannot stand there: a group is part of a branch and has nothing below it.

    `kind_above` is the kind that the one above is about to have.
    """
    above = kind_above or (parent.kind if parent is not None else None)
    if kind == "group" and above not in BRANCHES:
        raise Invalid("error.group_without_branch", *path)
    if above == "group":
        raise Invalid("error.nothing_below_group", *path)


def relation_below(parent: Row[Any] | None, relation: str | None) -> str:
    """Return what the one above does; a regional committee coordinates and never leads."""
    if parent is None or parent.kind != "regional_committee":
        return relation or "leads"
    if relation == "leads":
        raise Invalid("error.regional_coordinates", "relation")
    return "coordinates"


def open_children(ctx: Context, branch_id: str) -> Sequence[Row[Any]]:
    """Return the open party organisations directly below one."""
    b = t.party_branch
    return ctx.connection.execute(select(b).where(b.c.parent_id == branch_id, b.c.valid_to.is_(None))).all()


def rewrite_tree(ctx: Context, old: str, new: str) -> None:
    """Rewrite the tree paths of a party organisation and all below it, locked in the order of ids."""
    b, below = t.party_branch, Range.below(old)
    inside = (b.c.tree_path >= below.low) & (b.c.tree_path < below.high)
    ctx.connection.execute(select(b.c.id).where(inside).order_by(b.c.id).with_for_update())
    tail = func.substr(b.c.tree_path, len(old) + 1)
    ctx.connection.execute(update(b).where(inside).values(tree_path=literal(new).concat(tail)))


def join_grids(ctx: Context, branch_id: str, grids: Sequence[NodeRef]) -> None:
    """Let a party organisation cover these grids and no others."""
    covers = t.branch_coverage
    ctx.connection.execute(delete(covers).where(covers.c.branch_id == branch_id))
    for grid in dict.fromkeys(grids):
        covered = ctx.see("grid", grid, "covers")
        ctx.connection.execute(insert(covers).values(branch_id=branch_id, covered_grid_id=covered.id))


def join_hosts(ctx: Context, branch_id: str, hosts: Sequence[NodeRef]) -> None:
    """Let a party organisation be hosted by these organisations and no others."""
    table = t.branch_host
    ctx.connection.execute(delete(table).where(table.c.branch_id == branch_id))
    for ref in dict.fromkeys(hosts):
        host = ctx.see("organization", ref, "hosts")
        ctx.connection.execute(insert(table).values(branch_id=branch_id, organization_id=host.id))
