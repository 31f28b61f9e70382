"""Deeds about projects: something done for a place, from draft to completion."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError
from sqlalchemy import Row, delete, insert

from linli import model as t
from linli.context import Context
from linli.errors import Invalid
from linli.policy import Facts
from linli.search import tokens
from linli.verbs.edits import given, searchable
from linli.verbs.inputs import (
    Day,
    GridRef,
    Input,
    NodeRef,
    OrganizationRef,
    ProjectRef,
    Prose,
    Short,
    Title,
    Version,
)
from linli.verbs.kinds import ProjectState
from linli.verbs.ties_of_bodies import end_open, end_relationships
from linli.verbs.verb import verb

MOST_FEN = 10**15
NEXT = {"draft": "open", "open": "claimed", "claimed": "running", "running": "accepted", "accepted": "closed"}
ENDED = frozenset({"closed", "cancelled"})


def _within_limit(value: str) -> str:
    if int(value) > MOST_FEN:
        raise PydanticCustomError("error.too_much", "more than {limit}", {"limit": str(MOST_FEN)})
    return value


Fen = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}$"), AfterValidator(_within_limit)]


class CreateProject(Input):
    """A project that is planned for a place."""

    grid: GridRef = Field(description="The grid where it stands.")
    name: Title = Field(description="Name.")
    category: Short | None = Field(None, description="Category in the place's own words.")
    description: Prose | None = Field(None, description="What it is about.")
    budget_fen: Fen | None = Field(None, description="Budget in fen, a string of digits.")
    organization: OrganizationRef | None = Field(None, description="The organisation that runs it.")
    starts_on: Day | None = Field(None, description="First day.")
    ends_on: Day | None = Field(None, description="Last day.")
    serves: tuple[GridRef, ...] = Field((), max_length=200, description="Grids that it serves.")


class UpdateProject(Input):
    """Corrections; what is left out stays, and a list that is given replaces the old one."""

    project: ProjectRef = Field(description="The project.")
    version: Version
    name: Title | None = Field(None, description="Name.")
    category: Short | None = Field(None, description="Category; null removes it.")
    description: Prose | None = Field(None, description="What it is about; null removes it.")
    budget_fen: Fen | None = Field(None, description="Budget in fen, a string of digits; null removes it.")
    organization: OrganizationRef | None = Field(
        None, description="The organisation that runs it; null for none."
    )
    starts_on: Day | None = Field(None, description="First day; null removes it.")
    ends_on: Day | None = Field(None, description="Last day; null removes it.")
    serves: tuple[GridRef, ...] | None = Field(None, max_length=200, description="Grids that it serves.")


class ChangeProjectState(Input):
    """One step of a project's way, or its cancellation."""

    project: ProjectRef = Field(description="The project.")
    state: ProjectState = Field(description="The next state, or CANCELLED.")
    note: Prose | None = Field(None, description="What was found on acceptance; only with ACCEPTED.")
    version: Version | None = None


@verb("project")
def create_project(ctx: Context, data: CreateProject) -> NodeRef:
    """Enter a project at a grid, as a draft."""
    organization = _organization(ctx, data.organization)
    bodies = Facts(organization_ids=frozenset({organization} if organization else ()))
    place = ctx.require_at("project", "create", data.grid.id, "grid", more=bodies)
    _check_days(data.starts_on, data.ends_on)
    values = {
        "name": data.name,
        "search": tokens(data.name),
        "state": "draft",
        "category": data.category,
        "description": data.description,
        "budget_fen": _fen(data.budget_fen),
        "organization_id": organization,
        "starts_on": data.starts_on,
        "ends_on": data.ends_on,
    }
    ref = ctx.place("project", place.id, values)
    _serve(ctx, ref.id, data.serves)
    ctx.count(place.id, "project", 1)
    ctx.record("project.created", ref, place)
    return ref


@verb("project")
def update_project(ctx: Context, data: UpdateProject) -> NodeRef:
    """Correct a project's record."""
    row = ctx.load("project", data.project, "update", "project")
    free = ("category", "description", "budget_fen", "organization", "starts_on", "ends_on")
    changed = given(data, ("name", "serves"), free)
    values = searchable({name: value for name, value in changed.items() if name != "serves"})
    if "budget_fen" in values:
        values["budget_fen"] = _fen(values["budget_fen"])
    if "organization" in values:
        values["organization_id"] = _handed_over(ctx, row, values.pop("organization"))
    _check_days(values.get("starts_on", row.starts_on), values.get("ends_on", row.ends_on))
    ctx.change("project", row, values, data.version)
    if "serves" in changed:
        serves = t.project_grid
        ctx.connection.execute(delete(serves).where(serves.c.project_id == row.id))
        _serve(ctx, row.id, changed["serves"])
    ctx.record("project.updated", data.project, row, fields=sorted(changed))
    return data.project


@verb("project")
def change_project_state(ctx: Context, data: ChangeProjectState) -> NodeRef:
    """Take a project one step on, or cancel it; closed and cancelled are final."""
    row = ctx.load("project", data.project, "change_state", "project")
    if data.state not in ("cancelled", NEXT.get(row.state)):
        raise Invalid("error.project_state", "state", state=row.state, next=NEXT.get(row.state, ""))
    if data.note is not None and data.state != "accepted":
        raise Invalid("error.note_only_on_acceptance", "note")
    values: dict[str, Any] = {"state": data.state}
    if data.state == "accepted":
        values |= {"accepted_at": ctx.at, "acceptance_note": data.note}
    if data.state in ENDED:
        values["valid_to"] = ctx.at
    ctx.change("project", row, values, data.version)
    if data.state in ENDED:
        end_open(ctx, (t.project_party.c.project_id,), row.id)
        end_relationships(ctx, data.project)
        ctx.count(row.grid_id, "project", -1)
    ctx.record("project.state_changed", data.project, row, old=row.state, new=data.state)
    return data.project


def _organization(ctx: Context, ref: NodeRef | None) -> str | None:
    return None if ref is None else str(ctx.load("organization", ref, "read", "organization").id)


def _handed_over(ctx: Context, row: Row[Any], ref: NodeRef | None) -> str | None:
    """Return the id of the organisation that takes a project over; the actor may make projects for it."""
    organization = _organization(ctx, ref)
    if organization is not None and organization != row.organization_id:
        bodies = Facts(organization_ids=frozenset({organization}))
        ctx.require_at("project", "create", row.grid_id, "organization", more=bodies)
    return organization


def _fen(value: str | None) -> int | None:
    return None if value is None else int(value)


def _check_days(starts_on: date | None, ends_on: date | None) -> None:
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        raise Invalid("error.ends_before_start", "endsOn")


def _serve(ctx: Context, project_id: str, grids: Sequence[NodeRef]) -> None:
    """Let a project serve these grids too."""
    serves = t.project_grid
    for grid in dict.fromkeys(grids):
        served = ctx.see("grid", grid, "serves")
        ctx.connection.execute(insert(serves).values(project_id=project_id, served_grid_id=served.id))
