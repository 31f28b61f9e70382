"""Deeds about dwellings: rooms in buildings, and who owns, rents or lives in them."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import func, select

from linli import model as t
from linli.clock import today
from linli.context import Context
from linli.errors import AlreadyExists, Invalid
from linli.policy import Facts
from linli.verbs.edits import ended_on, given
from linli.verbs.inputs import (
    Day,
    DwellingRef,
    GridRef,
    Input,
    Name,
    NodeRef,
    ResidentRef,
    Version,
    one_line,
    ref_to,
)
from linli.verbs.ties_of_bodies import end_relationships
from linli.verbs.verb import verb

Door = Annotated[str, StringConstraints(min_length=1, max_length=20), AfterValidator(one_line)]
Area = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,8}(\.[0-9]{1,2})?$")]
ADDRESS = ("estate", "building", "unit", "room")


class CreateDwelling(Input):
    """A room or flat that can be lived in."""

    grid: GridRef = Field(description="The grid where it stands.")
    estate: Name | None = Field(None, description="Estate, street or village.")
    building: Door = Field(description="Building.")
    unit: Door | None = Field(None, description="Unit of the building.")
    room: Door = Field(description="Room.")
    floor_area: Area | None = Field(None, description="Floor area in square metres, a decimal string.")


class UpdateDwelling(Input):
    """Corrections; what is left out stays."""

    dwelling: DwellingRef = Field(description="The dwelling.")
    version: Version
    estate: Name | None = Field(None, description="Estate, street or village; null removes it.")
    building: Door | None = Field(None, description="Building.")
    unit: Door | None = Field(None, description="Unit of the building; null removes it.")
    room: Door | None = Field(None, description="Room.")
    floor_area: Area | None = Field(None, description="Floor area in square metres; null removes it.")


class CloseDwelling(Input):
    """The end of a dwelling that nobody has a tie to any more."""

    dwelling: DwellingRef = Field(description="The dwelling.")
    version: Version | None = None


class AddOccupancy(Input):
    """A tie of a person to a dwelling."""

    dwelling: DwellingRef = Field(description="The dwelling.")
    resident: ResidentRef = Field(description="The person.")
    kind: Literal["owner", "tenant", "lives"] = Field(description="Owns it, rents it or lives in it.")
    since: Day | None = Field(None, description="First day; today if left out.")


class EndOccupancy(Input):
    """The end of a tie of a person to a dwelling."""

    occupancy: Annotated[NodeRef, *ref_to("occupancy")] = Field(description="The occupancy to end.")
    until: Day | None = Field(None, description="The day on which it ended; today if left out.")


@verb("dwelling")
def create_dwelling(ctx: Context, data: CreateDwelling) -> NodeRef:
    """Enter a dwelling at a grid."""
    place = ctx.require_at("dwelling", "create", data.grid.id, "grid")
    address = {name: getattr(data, name) for name in ADDRESS}
    _refuse_second(ctx, place.id, address)
    ref = ctx.place("dwelling", place.id, address | {"floor_area": _area(data.floor_area)})
    ctx.record("dwelling.created", ref, place)
    return ref


@verb("dwelling")
def update_dwelling(ctx: Context, data: UpdateDwelling) -> NodeRef:
    """Correct a dwelling's address or floor area."""
    row = ctx.load("dwelling", data.dwelling, "update", "dwelling")
    values = given(data, ("building", "room"), ("estate", "unit", "floor_area"))
    if "floor_area" in values:
        values["floor_area"] = _area(values["floor_area"])
    address = {name: values.get(name, getattr(row, name)) for name in ADDRESS}
    _refuse_second(ctx, row.grid_id, address, row.id)
    ctx.change("dwelling", row, values, data.version)
    ctx.record("dwelling.updated", data.dwelling, row, fields=sorted(values))
    return data.dwelling


@verb("dwelling", sensitive=True)
def close_dwelling(ctx: Context, data: CloseDwelling) -> NodeRef:
    """Close a dwelling in which no household and nobody lives, and which nobody owns or rents."""
    row = ctx.load("dwelling", data.dwelling, "close", "dwelling")
    households = select(func.count()).where(
        t.household.c.dwelling_id == row.id, t.household.c.valid_to.is_(None)
    )
    people = select(func.count()).where(t.occupancy.c.dwelling_id == row.id, t.occupancy.c.until.is_(None))
    if any(ctx.connection.execute(used).scalar_one() for used in (households, people)):
        raise Invalid("error.dwelling_in_use", "dwelling")
    ctx.change("dwelling", row, {"valid_to": ctx.at}, data.version)
    end_relationships(ctx, data.dwelling)
    ctx.record("dwelling.closed", data.dwelling, row)
    return data.dwelling


@verb("occupancy")
def add_occupancy(ctx: Context, data: AddOccupancy) -> NodeRef:
    """Note that a resident owns, rents or lives in a dwelling; it stands where the dwelling stands."""
    dwelling = ctx.load("dwelling", data.dwelling, "read", "dwelling")
    person = ctx.load("resident", data.resident, "read", "resident")
    here = Facts(path=dwelling.path, grid_id=dwelling.grid_id, resident_ids=frozenset({person.id}))
    ctx.require("occupancy", "create", here, "dwelling")
    values = {"dwelling_id": dwelling.id, "resident_id": person.id, "kind": data.kind}
    same = [t.occupancy.c[name] == value for name, value in values.items()]
    if ctx.connection.execute(select(t.occupancy.c.id).where(*same, t.occupancy.c.until.is_(None))).first():
        raise AlreadyExists("error.occupancy_exists", "resident")
    ref = ctx.place("occupancy", dwelling.grid_id, values | {"since": data.since or today()})
    ctx.record("occupancy.added", ref, dwelling, kind=data.kind)
    return ref


@verb("occupancy")
def end_occupancy(ctx: Context, data: EndOccupancy) -> NodeRef:
    """End a tie of a resident to a dwelling."""
    row = ctx.load("occupancy", data.occupancy, "close", "occupancy")
    ctx.change("occupancy", row, {"until": ended_on(row, data.until)})
    ctx.record("occupancy.ended", data.occupancy, row, kind=row.kind)
    return data.occupancy


def dwelling_at(ctx: Context, ref: NodeRef | None, grid_id: str) -> str | None:
    """Return the id of a dwelling that stands at a grid, held so that it is not closed meanwhile."""
    if ref is None:
        return None
    dwelling = ctx.load("dwelling", ref, "read", "dwelling")
    if dwelling.grid_id != grid_id:
        raise Invalid("error.dwelling_elsewhere", "dwelling")
    return str(dwelling.id)


def _area(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _refuse_second(ctx: Context, grid_id: str, address: dict[str, Any], own_id: str | None = None) -> None:
    d = t.dwelling.c
    same = [d[name].is_(None) if value is None else d[name] == value for name, value in address.items()]
    statement = select(d.id).where(d.grid_id == grid_id, d.valid_to.is_(None), *same)
    if any(found != own_id for found in ctx.connection.execute(statement).scalars()):
        raise AlreadyExists("error.dwelling_exists", "room")
