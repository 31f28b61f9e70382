"""Deeds about party organisations, which stand in a tree of their own."""

from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Row, func, select

from linli import model as t
from linli.access.actors import renew_everyone
from linli.context import Context
from linli.errors import Invalid
from linli.ids import public_id
from linli.policy import Facts
from linli.search import tokens
from linli.territory import next_key
from linli.verbs.branch_tree import (
    check_place,
    join_grids,
    join_hosts,
    open_children,
    relation_below,
    rewrite_tree,
)
from linli.verbs.edits import given, lock_trees, searchable
from linli.verbs.inputs import BranchRef, GridRef, Input, NodeRef, OrganizationRef, Title, Version
from linli.verbs.kinds import BranchKind
from linli.verbs.ties_of_bodies import end_relationships, end_roles_at
from linli.verbs.verb import verb

Relation = Literal["leads", "coordinates"]


class CreatePartyBranch(Input):
    """A new party organisation, below another or at the root of a tree."""

    grid: GridRef = Field(description="The grid where it has its seat.")
    name: Title = Field(description="Name.")
    kind: BranchKind = Field(description="Kind of party organisation.")
    parent: BranchRef | None = Field(None, description="The party organisation above; a root if left out.")
    relation: Relation | None = Field(
        None, description="What the one above does; LEADS unless it is regional."
    )
    covers: tuple[GridRef, ...] = Field((), max_length=200, description="Grids that it covers.")
    hosts: tuple[OrganizationRef, ...] = Field((), max_length=50, description="Organisations that host it.")


class UpdatePartyBranch(Input):
    """Corrections; what is left out stays, and a list that is given replaces the old one."""

    party_branch: BranchRef = Field(description="The party organisation.")
    version: Version
    name: Title | None = Field(None, description="Name.")
    kind: BranchKind | None = Field(None, description="Kind of party organisation.")
    relation: Relation | None = Field(None, description="What the one above does.")
    covers: tuple[GridRef, ...] | None = Field(None, max_length=200, description="Grids that it covers.")
    hosts: tuple[OrganizationRef, ...] | None = Field(
        None, max_length=50, description="Organisations that host it."
    )


class MovePartyBranch(Input):
    """A party organisation, with all below it, goes below another; its seat stays."""

    party_branch: BranchRef = Field(description="The party organisation that moves.")
    to: BranchRef = Field(description="The party organisation above it from now on.")
    relation: Relation | None = Field(None, description="What that one does; LEADS unless it is regional.")
    version: Version | None = None


class ClosePartyBranch(Input):
    """The end of a party organisation without members and without others below it."""

    party_branch: BranchRef = Field(description="The party organisation.")
    version: Version | None = None


@verb("party_branch", sensitive=True)
def create_party_branch(ctx: Context, data: CreatePartyBranch) -> NodeRef:
    """Create a party organisation."""
    parent = None if data.parent is None else ctx.load("party_branch", data.parent, "read", "parent")
    place = ctx.require_at("party_branch", "create", data.grid.id, "grid", more=_below(parent))
    check_place(data.kind, parent, "kind")
    key = next_key(ctx.connection, t.party_branch)
    values = {
        "key": key,
        "name": data.name,
        "search": tokens(data.name),
        "kind": data.kind,
        "relation": relation_below(parent, data.relation),
        "parent_id": parent.id if parent is not None else None,
        "tree_path": f"{parent.tree_path if parent is not None else '/'}{key}/",
    }
    ref = ctx.place("party_branch", place.id, values)
    join_grids(ctx, ref.id, data.covers)
    join_hosts(ctx, ref.id, data.hosts)
    ctx.count(place.id, "party_branch", 1)
    ctx.record("party_branch.created", ref, place)
    return ref


@verb("party_branch")
def update_party_branch(ctx: Context, data: UpdatePartyBranch) -> NodeRef:
    """Correct a party organisation's name, kind, relation, coverage or hosts."""
    row = ctx.load("party_branch", data.party_branch, "update", "partyBranch")
    values = given(data, ("name", "kind", "relation"))
    parent = _parent(ctx, row)
    if "kind" in values:
        _check_kind(ctx, row, parent, values["kind"])
    if "relation" in values:
        values["relation"] = relation_below(parent, values["relation"])
    ctx.change("party_branch", row, searchable(values), data.version)
    lists = given(data, ("covers", "hosts"))
    if "covers" in lists:
        join_grids(ctx, row.id, lists["covers"])
    if "hosts" in lists:
        join_hosts(ctx, row.id, lists["hosts"])
    ctx.record("party_branch.updated", data.party_branch, row, fields=sorted(values | lists))
    return data.party_branch


@verb("party_branch", sensitive=True)
def move_party_branch(ctx: Context, data: MovePartyBranch) -> NodeRef:
    """Move a party organisation, with all below it, below another one."""
    lock_trees(ctx)
    row = ctx.load("party_branch", data.party_branch, "move", "partyBranch")
    target = ctx.load("party_branch", data.to, "read", "to")
    ctx.require_at("party_branch", "create", row.grid_id, "to", more=_below(target))
    if target.tree_path.startswith(row.tree_path):
        raise Invalid("error.branch_below_itself", "to")
    if target.id == row.parent_id:
        raise Invalid("error.already_there", "to")
    check_place(row.kind, target, "to")
    values = {"parent_id": target.id, "relation": relation_below(target, data.relation)}
    ctx.change("party_branch", row, values, data.version)
    rewrite_tree(ctx, row.tree_path, f"{target.tree_path}{row.key}/")
    renew_everyone(ctx.connection)
    ctx.record("party_branch.moved", data.party_branch, row, to=public_id("party_branch", target.id))
    return data.party_branch


@verb("party_branch", sensitive=True)
def close_party_branch(ctx: Context, data: ClosePartyBranch) -> NodeRef:
    """Close a party organisation that has no members and none below it; roles held at it end."""
    row = ctx.load("party_branch", data.party_branch, "close", "partyBranch")
    if open_children(ctx, row.id):
        raise Invalid("error.branch_has_children", "partyBranch")
    members = _members(ctx, row.id)
    if members:
        raise Invalid("error.branch_has_members", "partyBranch", members=members)
    ctx.change("party_branch", row, {"valid_to": ctx.at}, data.version)
    end_roles_at(ctx, t.assignment.c.anchor_branch_id, row.id)
    end_relationships(ctx, data.party_branch)
    ctx.count(row.grid_id, "party_branch", -1)
    ctx.record("party_branch.closed", data.party_branch, row)
    return data.party_branch


def _below(parent: Row[Any] | None) -> Facts:
    return Facts() if parent is None else Facts(branch_paths=frozenset({parent.tree_path}))


def _parent(ctx: Context, row: Row[Any]) -> Row[Any] | None:
    b = t.party_branch
    return ctx.connection.execute(select(b).where(b.c.id == row.parent_id)).one_or_none()


def _members(ctx: Context, branch_id: str) -> int:
    m = t.membership.c
    members = select(func.count()).where(m.branch_id == branch_id, m.until.is_(None))
    return int(ctx.connection.execute(members).scalar_one())


def _check_kind(ctx: Context, row: Row[Any], parent: Row[Any] | None, kind: str) -> None:
    """Refuse a kind under which what already stands here could not stand."""
    check_place(kind, parent, "kind")
    for child in open_children(ctx, row.id):
        check_place(child.kind, row, "kind", kind_above=kind)
        if kind == "regional_committee" and child.relation == "leads":
            raise Invalid("error.regional_coordinates", "kind")
    if kind == "group" and _members(ctx, row.id):
        raise Invalid("error.group_holds_no_members", "kind")
