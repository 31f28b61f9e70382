"""Deeds about organisations, from a government department to a team of neighbours."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Row, func, select
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from linli import model as t
from linli.context import Context
from linli.errors import AlreadyExists, Invalid
from linli.search import tokens
from linli.verbs.edits import given, lock_trees, searchable
from linli.verbs.inputs import GridRef, Input, NodeRef, OrganizationRef, Title, Version
from linli.verbs.kinds import LegalForm, OrganizationKind, OrganizationRole
from linli.verbs.ties_of_bodies import end_memberships, end_open, end_relationships, end_roles_at
from linli.verbs.verb import verb

Registration = Literal["registered", "filed", "none"]
CreditCode = Annotated[str, Field(min_length=18, max_length=18)]


class CreateOrganization(Input):
    """A new organisation at a grid."""

    grid: GridRef = Field(description="The grid where it has its seat.")
    name: Title = Field(description="Name that people use.")
    official_name: Title | None = Field(None, description="Full statutory name, where it differs.")
    kind: OrganizationKind = Field(description="Kind of organisation.")
    legal_form: LegalForm | None = Field(None, description="Legal form.")
    registration: Registration = Field("none", description="Registered, filed with the street, or neither.")
    roles: tuple[OrganizationRole, ...] = Field(
        (), max_length=8, description="Parts that it plays in the place."
    )
    credit_code: CreditCode | None = Field(None, description="Unified social credit code of 18 characters.")
    parent: OrganizationRef | None = Field(None, description="The organisation it belongs to.")


class UpdateOrganization(Input):
    """Corrections; what is left out stays."""

    organization: OrganizationRef = Field(description="The organisation.")
    version: Version
    name: Title | None = Field(None, description="Name that people use.")
    official_name: Title | None = Field(None, description="Full statutory name; null removes it.")
    kind: OrganizationKind | None = Field(None, description="Kind of organisation.")
    legal_form: LegalForm | None = Field(None, description="Legal form; null removes it.")
    registration: Registration | None = Field(
        None, description="Registered, filed with the street, or neither."
    )
    roles: tuple[OrganizationRole, ...] | None = Field(None, max_length=8, description="Parts that it plays.")
    credit_code: CreditCode | None = Field(None, description="Unified social credit code; null removes it.")
    parent: OrganizationRef | None = Field(None, description="The organisation it belongs to; null for none.")


class CloseOrganization(Input):
    """The end of an organisation that no other belongs to and that runs no project."""

    organization: OrganizationRef = Field(description="The organisation.")
    version: Version | None = None


@verb("organization")
def create_organization(ctx: Context, data: CreateOrganization) -> NodeRef:
    """Enter an organisation at a grid."""
    place = ctx.require_at("organization", "create", data.grid.id, "grid")
    values = {
        "name": data.name,
        "search": tokens(data.name),
        "official_name": data.official_name,
        "kind": data.kind,
        "legal_form": data.legal_form,
        "registration": data.registration,
        "roles": sorted(set(data.roles)),
        "credit_code": _credit_code(ctx, data.credit_code),
        "parent_id": _parent(ctx, data.parent),
    }
    ref = ctx.place("organization", place.id, values)
    ctx.count(place.id, "organization", 1)
    ctx.record("organization.created", ref, place)
    return ref


@verb("organization")
def update_organization(ctx: Context, data: UpdateOrganization) -> NodeRef:
    """Correct an organisation's record."""
    row = ctx.load("organization", data.organization, "update", "organization")
    free = ("official_name", "legal_form", "credit_code", "parent")
    changed = given(data, ("name", "kind", "registration", "roles"), free)
    values = searchable(changed)
    if "roles" in values:
        values["roles"] = sorted(set(values["roles"]))
    if "credit_code" in values:
        values["credit_code"] = _credit_code(ctx, values["credit_code"], row.id)
    if "parent" in values:
        values["parent_id"] = _parent(ctx, values.pop("parent"), row.id)
    ctx.change("organization", row, values, data.version)
    ctx.record("organization.updated", data.organization, row, fields=sorted(changed))
    return data.organization


@verb("organization", sensitive=True)
def close_organization(ctx: Context, data: CloseOrganization) -> NodeRef:
    """Close an organisation; its members, posts and roles end with it."""
    row = ctx.load("organization", data.organization, "close", "organization")
    o, p = t.organization.c, t.project.c
    children = select(func.count()).where(o.parent_id == row.id, o.valid_to.is_(None))
    projects = select(func.count()).where(p.organization_id == row.id, p.valid_to.is_(None))
    if any(ctx.connection.execute(used).scalar_one() for used in (children, projects)):
        raise Invalid("error.organization_in_use", "organization")
    ctx.change("organization", row, {"valid_to": ctx.at}, data.version)
    end_roles_at(ctx, t.assignment.c.anchor_organization_id, row.id)
    end_memberships(ctx, row.id)
    end_open(ctx, (t.post.c.organization_id, t.project_party.c.organization_id), row.id)
    end_relationships(ctx, data.organization)
    ctx.count(row.grid_id, "organization", -1)
    ctx.record("organization.closed", data.organization, row)
    return data.organization


def _credit_code(ctx: Context, code: str | None, own_id: str | None = None) -> str | None:
    """Return the code in its canonical form; its check digit must fit and no other may hold it."""
    if code is None:
        return None
    try:
        known = str(uscc.validate(code))
    except ValidationError:
        raise Invalid("error.bad_credit_code", "creditCode") from None
    o = t.organization.c
    holders = select(o.id).where(o.credit_code == known, o.valid_to.is_(None))
    if any(holder != own_id for holder in ctx.connection.execute(holders).scalars()):
        raise AlreadyExists("error.credit_code_taken", "creditCode")
    return known


def _parent(ctx: Context, ref: NodeRef | None, own_id: str | None = None) -> str | None:
    if ref is None:
        return None
    lock_trees(ctx)
    parent = ctx.load("organization", ref, "read", "parent")
    if own_id is not None and own_id in _line_of(ctx, parent):
        raise Invalid("error.organization_below_itself", "parent")
    return str(parent.id)


def _line_of(ctx: Context, row: Row[Any]) -> set[str]:
    """Return the ids of an organisation and all those above it."""
    o = t.organization.c
    line: set[str] = set()
    above: str | None = row.id
    while above is not None and above not in line:
        line.add(above)
        above = ctx.connection.execute(select(o.parent_id).where(o.id == above)).scalar_one()
    return line
