"""Deeds about households: people who keep house together, at one grid."""

from typing import Literal

from pydantic import Field
from sqlalchemy import select

from linli import model as t
from linli.context import Context
from linli.errors import Invalid
from linli.search import tokens
from linli.verbs.dwellings import dwelling_at
from linli.verbs.edits import given, searchable
from linli.verbs.inputs import (
    Day,
    DwellingRef,
    GridRef,
    HouseholdRef,
    Input,
    Name,
    NodeRef,
    ResidentRef,
    Version,
)
from linli.verbs.residents import resettle
from linli.verbs.ties_of_bodies import carry_relationships, end_relationships
from linli.verbs.verb import verb

HouseholdKind = Literal["family", "collective"]


class CreateHousehold(Input):
    """A household that keeps house at a grid; people join it one by one."""

    grid: GridRef = Field(description="The grid where it lives.")
    label: Name = Field(description="How people name it, such as its door.")
    kind: HouseholdKind = Field("family", description="A family, or a collective such as a dormitory.")
    dwelling: DwellingRef | None = Field(None, description="The dwelling it lives in; of the same grid.")


class UpdateHousehold(Input):
    """Corrections; what is left out stays."""

    household: HouseholdRef = Field(description="The household.")
    version: Version
    label: Name | None = Field(None, description="How people name it.")
    kind: HouseholdKind | None = Field(None, description="A family, or a collective.")
    dwelling: DwellingRef | None = Field(None, description="Its dwelling, of the same grid; null removes it.")
    head: ResidentRef | None = Field(None, description="The member who heads it; null leaves it without one.")


class MoveHousehold(Input):
    """A household, with all its members, goes to another grid."""

    household: HouseholdRef = Field(description="The household that moves.")
    to: GridRef = Field(description="The grid where it lives from now on.")
    dwelling: DwellingRef | None = Field(None, description="The dwelling there.")
    version: Version | None = None
    since: Day | None = Field(None, description="First day there; today if left out.")


class CloseHousehold(Input):
    """The end of a household that nobody belongs to any more."""

    household: HouseholdRef = Field(description="The household.")
    version: Version | None = None


@verb("household")
def create_household(ctx: Context, data: CreateHousehold) -> NodeRef:
    """Enter a household at a grid."""
    place = ctx.require_at("household", "create", data.grid.id, "grid")
    values = {
        "label": data.label,
        "search": tokens(data.label),
        "kind": data.kind,
        "dwelling_id": dwelling_at(ctx, data.dwelling, place.id),
    }
    ref = ctx.place("household", place.id, values)
    ctx.count(place.id, "household", 1)
    ctx.record("household.created", ref, place)
    return ref


@verb("household")
def update_household(ctx: Context, data: UpdateHousehold) -> NodeRef:
    """Correct a household's record, or name its head."""
    row = ctx.load("household", data.household, "update", "household")
    changed = given(data, ("label", "kind"), ("dwelling", "head"))
    values = searchable(changed, "label")
    if "dwelling" in values:
        values["dwelling_id"] = dwelling_at(ctx, values.pop("dwelling"), row.grid_id)
    if "head" in values:
        values["head_id"] = _head(ctx, values.pop("head"), row.id)
    ctx.change("household", row, values, data.version)
    ctx.record("household.updated", data.household, row, fields=sorted(changed))
    return data.household


@verb("household")
def move_household(ctx: Context, data: MoveHousehold) -> NodeRef:
    """Move a household and all its members to another grid."""
    row = ctx.load("household", data.household, "move", "household", beside=data.to.id)
    target = ctx.require_at("household", "create", data.to.id, "to")
    if target.id == row.grid_id:
        raise Invalid("error.already_there", "to")
    ctx.change("household", row, {"dwelling_id": dwelling_at(ctx, data.dwelling, target.id)}, data.version)
    ctx.move("household", row, target.id)
    ctx.count(row.grid_id, "household", -1)
    ctx.count(target.id, "household", 1)
    for member in _members(ctx, row.id):
        ctx.require_at("resident", "create", target.id, "to")
        person = ctx.load("resident", member, "move", "household")
        resettle(ctx, person, target, row.id, data.since)
    carry_relationships(ctx, data.household, target.id)
    ctx.record("household.moved", data.household, target, old_path=row.path)
    return data.household


@verb("household", sensitive=True)
def close_household(ctx: Context, data: CloseHousehold) -> NodeRef:
    """Close a household that has no members any more."""
    row = ctx.load("household", data.household, "close", "household")
    members = len(_members(ctx, row.id))
    if members:
        raise Invalid("error.household_not_empty", "household", members=members)
    ctx.change("household", row, {"valid_to": ctx.at}, data.version)
    end_relationships(ctx, data.household)
    ctx.count(row.grid_id, "household", -1)
    ctx.record("household.closed", data.household, row)
    return data.household


def _head(ctx: Context, ref: NodeRef | None, household_id: str) -> str | None:
    if ref is None:
        return None
    head = ctx.see("resident", ref, "head")
    if head.household_id != household_id:
        raise Invalid("error.head_elsewhere", "head")
    return str(head.id)


def _members(ctx: Context, household_id: str) -> list[NodeRef]:
    r = t.resident.c
    members = select(r.id).where(r.household_id == household_id, r.valid_to.is_(None)).order_by(r.id)
    return [NodeRef("resident", member) for member in ctx.connection.execute(members).scalars()]
