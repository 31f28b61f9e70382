"""Deeds about who may do what: accounts, and roles held at places."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints
from sqlalchemy import Row, insert, select, update

from linli import model as t
from linli.access.actors import renew
from linli.access.names import LOGIN, account_name
from linli.clock import today
from linli.context import Context
from linli.errors import AlreadyExists, Conflict, Invalid, NotFound
from linli.ids import uuid7
from linli.policy import AnchorType, Facts
from linli.verbs.inputs import AccountRef, AnchorRef, Day, Input, Name, NodeRef, ResidentRef, Version, ref_to
from linli.verbs.last_holders import open_roles, require_another
from linli.verbs.ties_of_residents import end_derived_roles
from linli.verbs.verb import verb

EVERYBODY = frozenset({"public", "resident"})
Role = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


def _login(given: object) -> object:
    return account_name(given) if isinstance(given, str) else given


Login = Annotated[str, BeforeValidator(_login), StringConstraints(pattern=LOGIN)]


class CreateAccount(Input):
    """An identity that signs in."""

    name: Login = Field(description="Name to sign in with: lower-case letters, digits, `.`, `_` and `-`.")
    display_name: Name = Field(description="Name that others see.")
    resident: ResidentRef | None = Field(None, description="The resident whose account it is.")


class UpdateAccount(Input):
    """Corrections; what is left out stays."""

    account: AccountRef = Field(description="The account.")
    version: Version
    display_name: Name | None = Field(None, description="Name that others see.")
    resident: ResidentRef | None = Field(None, description="Whose account it is; null unbinds it.")


class CloseAccount(Input):
    """The end of an account; its tokens and roles end with it."""

    account: AccountRef = Field(description="The account.")


class AssignRole(Input):
    """A role for an account at a grid, party branch or organisation."""

    account: AccountRef = Field(description="Who gets the role.")
    role: Role = Field(description="Name of the role, such as `grid_worker`.")
    anchor: AnchorRef = Field(description="Where: the id of a grid, party branch or organisation.")
    since: Day | None = Field(None, description="First day; today if left out.")
    until: Day | None = Field(None, description="The day on which it ends; never if left out.")


class RevokeRole(Input):
    """The end of a role."""

    assignment: Annotated[NodeRef, *ref_to("assignment")] = Field(description="The assignment to end.")


@verb("account", sensitive=True)
def create_account(ctx: Context, data: CreateAccount) -> NodeRef:
    """Create an account; it has no way to sign in until a token is made for it."""
    ctx.require("account", "create", Facts())
    if ctx.connection.execute(select(t.account.c.id).where(t.account.c.name == data.name)).first():
        raise AlreadyExists("error.account_taken", "name")
    values = {
        "id": uuid7(),
        "created_at": ctx.at,
        "updated_at": ctx.at,
        "name": data.name,
        "display_name": data.display_name,
        "resident_id": _free_resident(ctx, data.resident),
        "state": "active",
    }
    ctx.connection.execute(insert(t.account).values(values))
    return NodeRef("account", str(values["id"]))


@verb("account", sensitive=True)
def update_account(ctx: Context, data: UpdateAccount) -> NodeRef:
    """Correct an account, or bind it to its resident."""
    row = _account(ctx, data.account, "update")
    if data.version != row.version:
        raise Conflict
    values: dict[str, Any] = {}
    if data.display_name is not None:
        values["display_name"] = data.display_name
    if "resident" in data.model_fields_set:
        values["resident_id"] = _free_resident(ctx, data.resident, row.id)
        if values["resident_id"] != row.resident_id:
            end_derived_roles(ctx, select(t.post.c.id).where(t.post.c.resident_id == row.resident_id))
    ctx.change("account", row, values)
    return data.account


@verb("account", sensitive=True)
def close_account(ctx: Context, data: CloseAccount) -> NodeRef:
    """Close an account: its tokens stop at once and its roles end."""
    row = _account(ctx, data.account, "close")
    if row.id == ctx.actor.account_id:
        raise Invalid("error.own_account", "account")
    require_another(ctx, open_roles(ctx, row.id), "account")
    ctx.change("account", row, {"state": "closed"})
    tokens = update(t.token).where(t.token.c.account_id == row.id, t.token.c.revoked_at.is_(None))
    ctx.connection.execute(tokens.values(revoked_at=ctx.at))
    roles = update(t.assignment).where(t.assignment.c.account_id == row.id, t.assignment.c.until.is_(None))
    ctx.connection.execute(roles.values(until=today(), updated_at=ctx.at))
    return data.account


@verb("assignment", sensitive=True)
def assign_role(ctx: Context, data: AssignRole) -> NodeRef:
    """Grant a role to an account at a place that lies inside the granter's own."""
    if data.role in EVERYBODY or data.role not in ctx.policy.roles:
        raise Invalid("error.unknown_role", "role", role=data.role)
    if data.anchor.type not in ctx.policy.anchors(data.role):
        raise Invalid("error.role_anchor", "anchor", role=data.role, anchor=data.anchor.type)
    account = _account(ctx, data.account, "read")
    if account.id == ctx.actor.account_id:
        raise Invalid("error.own_role", "account")
    anchor = ctx.see(data.anchor.type, data.anchor, "anchor")
    require_grant(ctx, data.role, data.anchor, anchor, data.until)
    since = data.since or today()
    if data.until is not None and data.until <= since:
        raise Invalid("error.ends_before_start", "until")
    ref = insert_assignment(ctx, data.anchor, anchor, Grant(account.id, data.role, since, data.until))
    renew(ctx.connection, [account.id])
    ctx.record("role.assigned", ref, _anchor_place(anchor, data.anchor), role=data.role)
    return ref


@verb("assignment", sensitive=True)
def revoke_role(ctx: Context, data: RevokeRole) -> NodeRef:
    """End a role; the rights are gone with this commit, on every worker."""
    row = ctx.see("assignment", data.assignment, "assignment")
    if row.account_id == ctx.actor.account_id:
        raise Invalid("error.own_role", "assignment")
    ref = anchor_of(row)
    anchor = ctx.see(ref.type, ref, "assignment")
    _require_revocation(ctx, row.role, ref, anchor)
    require_another(ctx, [row], "assignment")
    ctx.change("assignment", row, {"until": today()})
    renew(ctx.connection, [row.account_id])
    ctx.record("role.revoked", data.assignment, row, role=row.role)
    return data.assignment


def require_grant(ctx: Context, role: str, ref: NodeRef, anchor: Row[Any], until: date | None) -> None:
    """Refuse unless the actor may grant `role` at the anchor by a right that lasts as long.

    Raises:
        Forbidden: the anchor or the dates do not lie inside the actor's own.
    """
    lasting = tuple(
        holding
        for holding in ctx.actor.holdings
        if holding.until is None or (until is not None and until <= holding.until)
    )
    granter = replace(ctx, actor=replace(ctx.actor, holdings=lasting))
    granter.require(f"role.{role}", "grant", anchor_facts(ref, anchor), "anchor")


def _require_revocation(ctx: Context, role: str, ref: NodeRef, anchor: Row[Any]) -> None:
    """Refuse unless the actor may grant `role` at the anchor, for however long: who grants may also end."""
    ctx.require(f"role.{role}", "grant", anchor_facts(ref, anchor), "assignment")


def anchor_facts(ref: NodeRef, anchor: Row[Any]) -> Facts:
    """Return what a policy may know of an anchor."""
    if ref.type == AnchorType.GRID:
        return Facts(path=anchor.path, grid_id=anchor.id)
    if ref.type == AnchorType.PARTY_BRANCH:
        return Facts(
            path=anchor.path,
            grid_id=anchor.grid_id,
            branch_ids=frozenset({anchor.id}),
            branch_paths=frozenset({anchor.tree_path}),
        )
    return Facts(path=anchor.path, grid_id=anchor.grid_id, organization_ids=frozenset({anchor.id}))


@dataclass(frozen=True, slots=True)
class Grant:
    """A role about to be held by an account; `post_id` names the post from which it follows, if any."""

    account_id: str
    role: str
    since: date
    until: date | None = None
    post_id: str | None = None


ANCHORS = {
    "grid": "anchor_grid_id",
    "party_branch": "anchor_branch_id",
    "organization": "anchor_organization_id",
}


def insert_assignment(ctx: Context, ref: NodeRef, anchor: Row[Any], grant: Grant) -> NodeRef:
    """Write an assignment at its anchor's place; the right to do so was checked by the caller."""
    a = t.assignment.c
    held = (a.account_id == grant.account_id) & (a.role == grant.role) & a.until.is_(None)
    if ctx.connection.execute(select(a.id).where(held, a[ANCHORS[ref.type]] == ref.id)).first():
        raise AlreadyExists("error.role_held", "role")
    values = {
        "account_id": grant.account_id,
        "role": grant.role,
        "anchor_type": ref.type,
        ANCHORS[ref.type]: ref.id,
        "post_id": grant.post_id,
        "granted_by_id": ctx.actor.account_id,
        "since": grant.since,
        "until": grant.until,
    }
    return ctx.place("assignment", _anchor_place(anchor, ref).id, values)


def anchor_of(row: Row[Any]) -> NodeRef:
    """Return the anchor of an assignment's row."""
    ids = (row.anchor_grid_id, row.anchor_branch_id, row.anchor_organization_id)
    return NodeRef(row.anchor_type, next(one for one in ids if one is not None))


@dataclass(frozen=True, slots=True)
class _Place:
    id: str
    path: str


def _anchor_place(anchor: Row[Any], ref: NodeRef) -> _Place:
    return _Place(anchor.id if ref.type == AnchorType.GRID else anchor.grid_id, anchor.path)


def _account(ctx: Context, ref: NodeRef, action: str) -> Row[Any]:
    row = ctx.load("account", ref, action, "account")
    if row.state != "active":
        raise NotFound("account")
    return row


def _free_resident(ctx: Context, ref: NodeRef | None, own_account: str | None = None) -> str | None:
    if ref is None:
        return None
    resident = ctx.see("resident", ref, "resident")
    bound = select(t.account.c.id).where(t.account.c.resident_id == resident.id)
    if any(holder != own_account for holder in ctx.connection.execute(bound).scalars()):
        raise AlreadyExists("error.resident_bound", "resident")
    return str(resident.id)
