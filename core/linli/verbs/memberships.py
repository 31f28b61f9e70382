"""Deeds about memberships: who belongs to an organisation or a party branch, and as what."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Row, select

from linli import model as t
from linli.clock import today
from linli.context import Context
from linli.errors import AlreadyExists, Invalid
from linli.policy import Facts
from linli.verbs.edits import ended_on, given
from linli.verbs.inputs import Day, Input, Name, NodeRef, Title, Version, ref_to
from linli.verbs.kinds import MembershipKind
from linli.verbs.ties_of_residents import renew_account_of
from linli.verbs.verb import verb

# An organisational relation in the party; a person has one at most.
RELATIONS = frozenset({"full", "probationary"})
OF_ORGANIZATIONS = frozenset({"member", "delegate", "reported_in"})


class AddMembership(Input):
    """A resident or an organisation joins an organisation or a party branch."""

    member: Annotated[NodeRef, *ref_to("resident", "organization")] = Field(description="Who joins.")
    joins: Annotated[NodeRef, *ref_to("organization", "party_branch")] = Field(description="What is joined.")
    kind: MembershipKind = Field(description="As what; FULL and PROBATIONARY are relations in the party.")
    position: Name | None = Field(None, description="Position held, such as secretary.")
    group: Name | None = Field(None, description="Group within the body.")
    represents: Title | None = Field(None, description="Whom a delegate or part-time member stands for.")
    since: Day | None = Field(None, description="First day; today if left out.")


class UpdateMembership(Input):
    """Corrections; what is left out stays."""

    membership: Annotated[NodeRef, *ref_to("membership")] = Field(description="The membership.")
    version: Version
    kind: MembershipKind | None = Field(None, description="As what.")
    position: Name | None = Field(None, description="Position held; null removes it.")
    group: Name | None = Field(None, description="Group within the body; null removes it.")
    represents: Title | None = Field(None, description="Whom the member stands for; null removes it.")


class EndMembership(Input):
    """The end of a membership."""

    membership: Annotated[NodeRef, *ref_to("membership")] = Field(description="The membership to end.")
    version: Version | None = None
    until: Day | None = Field(None, description="The day on which it ended; today if left out.")


@verb("membership", sensitive=True)
def add_membership(ctx: Context, data: AddMembership) -> NodeRef:
    """Add a member; the membership stands where the member stands.

    Members may see what the body's members see, so both ends must lie within the actor's right.
    """
    member = ctx.load(data.member.type, data.member, "read", "member")
    body = ctx.load(data.joins.type, data.joins, "read", "joins")
    facts = _facts(data, member, body)
    ctx.require("membership", "create", facts, "member")
    ctx.require("membership", "create", replace(facts, path=body.path, grid_id=body.grid_id), "joins")
    _check_body(data, body)
    ends = _ends(data)
    _check_kind(ends, data.kind, "kind")
    _refuse_second(ctx, ends, data.kind)
    values = {
        "kind": data.kind,
        "position": data.position,
        "group_name": data.group,
        "represents": data.represents,
        "since": data.since or today(),
    }
    ref = ctx.place("membership", member.grid_id, values | ends)
    renew_account_of(ctx, member.id)
    ctx.record("membership.added", ref, member, kind=data.kind)
    return ref


@verb("membership")
def update_membership(ctx: Context, data: UpdateMembership) -> NodeRef:
    """Correct a membership: its kind, position, group, or whom the member represents."""
    row = ctx.load("membership", data.membership, "update", "membership")
    changed = given(data, ("kind",), ("position", "group", "represents"))
    if "kind" in changed:
        ends = {name: getattr(row, name) for name in ENDS}
        _check_kind(ends, changed["kind"], "kind")
        if changed["kind"] in RELATIONS and row.kind not in RELATIONS:
            _refuse_second_relation(ctx, ends)
    values = {"group_name" if name == "group" else name: value for name, value in changed.items()}
    ctx.change("membership", row, values, data.version)
    ctx.record("membership.updated", data.membership, row, fields=sorted(changed))
    return data.membership


@verb("membership", sensitive=True)
def end_membership(ctx: Context, data: EndMembership) -> NodeRef:
    """End a membership; what the member saw through it is gone with this commit."""
    row = ctx.load("membership", data.membership, "close", "membership")
    ctx.change("membership", row, {"until": ended_on(row, data.until)}, data.version)
    if row.resident_id is not None:
        renew_account_of(ctx, row.resident_id)
    ctx.record("membership.ended", data.membership, row, kind=row.kind)
    return data.membership


ENDS = ("resident_id", "member_organization_id", "organization_id", "branch_id")


def _ends(data: AddMembership) -> dict[str, str | None]:
    """The four columns of the two ends, two of them empty."""
    members = {"resident": "resident_id", "organization": "member_organization_id"}
    bodies = {"organization": "organization_id", "party_branch": "branch_id"}
    named = {members[data.member.type]: data.member.id, bodies[data.joins.type]: data.joins.id}
    return {name: named.get(name) for name in ENDS}


def _facts(data: AddMembership, member: Row[Any], body: Row[Any]) -> Facts:
    people = frozenset({member.id} if data.member.type == "resident" else ())
    facts = Facts(path=member.path, grid_id=member.grid_id, resident_ids=people)
    own = frozenset({body.id})
    if data.joins.type == "organization":
        return replace(facts, organization_ids=own)
    return replace(facts, branch_ids=own, branch_paths=frozenset({body.tree_path}))


def _check_body(data: AddMembership, body: Row[Any]) -> None:
    if data.joins.type == "party_branch" and body.kind == "group":
        raise Invalid("error.group_holds_no_members", "joins")
    if data.joins == data.member:
        raise Invalid("error.member_of_itself", "joins")


def _check_kind(ends: dict[str, str | None], kind: str, *path: str) -> None:
    """Refuse a kind that these two ends cannot have."""
    if kind in ({"member"} if ends["branch_id"] is not None else RELATIONS | {"reported_in"}):
        raise Invalid("error.membership_kind", *path, kind=kind)
    if ends["resident_id"] is None and kind not in OF_ORGANIZATIONS:
        raise Invalid("error.organization_as_member", *path, kind=kind)


def _refuse_second(ctx: Context, ends: dict[str, str | None], kind: str) -> None:
    m = t.membership.c
    same = [m[name].is_(None) if value is None else m[name] == value for name, value in ends.items()]
    if ctx.connection.execute(select(m.id).where(*same, m.kind == kind, m.until.is_(None))).first():
        raise AlreadyExists("error.membership_exists", "member")
    if kind in RELATIONS:
        _refuse_second_relation(ctx, ends)


def _refuse_second_relation(ctx: Context, ends: dict[str, str | None]) -> None:
    m = t.membership.c
    related = (m.resident_id == ends["resident_id"]) & m.branch_id.is_not(None) & m.kind.in_(RELATIONS)
    if ctx.connection.execute(select(m.id).where(related, m.until.is_(None))).first():
        raise AlreadyExists("error.party_relation_held", "member")
