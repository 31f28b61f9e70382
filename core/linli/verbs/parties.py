"""Deeds about the parties of a project: who started it, pays for it, does it, gains by it."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from linli import model as t
from linli.clock import today
from linli.context import Context
from linli.errors import AlreadyExists
from linli.policy import Facts
from linli.verbs.edits import ended_on
from linli.verbs.inputs import Day, Input, NodeRef, ProjectRef, Version, ref_to
from linli.verbs.kinds import PartyRole
from linli.verbs.verb import verb


class AddProjectParty(Input):
    """An organisation or a resident takes part in a project."""

    project: ProjectRef = Field(description="The project.")
    party: Annotated[NodeRef, *ref_to("organization", "resident")] = Field(description="Who takes part.")
    role: PartyRole = Field(description="As what.")
    since: Day | None = Field(None, description="First day; today if left out.")


class EndProjectParty(Input):
    """The end of somebody's part in a project."""

    project_party: Annotated[NodeRef, *ref_to("project_party")] = Field(description="The part to end.")
    version: Version | None = None
    until: Day | None = Field(None, description="The day on which it ended; today if left out.")


@verb("project_party")
def add_project_party(ctx: Context, data: AddProjectParty) -> NodeRef:
    """Add an organisation or a resident to a project; the tie stands where the project stands."""
    project = ctx.load("project", data.project, "read", "project")
    party = ctx.load(data.party.type, data.party, "read", "party")
    own = frozenset({party.id})
    bodies = Facts(organization_ids=own) if data.party.type == "organization" else Facts(resident_ids=own)
    ctx.require_at("project_party", "create", project.grid_id, "project", more=bodies)
    values = {"project_id": project.id, "role": data.role, f"{data.party.type}_id": party.id}
    same = [t.project_party.c[name] == value for name, value in values.items()]
    if ctx.connection.execute(
        select(t.project_party.c.id).where(*same, t.project_party.c.until.is_(None))
    ).first():
        raise AlreadyExists("error.party_exists", "party")
    ref = ctx.place("project_party", project.grid_id, values | {"since": data.since or today()})
    ctx.record("project_party.added", ref, project, role=data.role)
    return ref


@verb("project_party")
def end_project_party(ctx: Context, data: EndProjectParty) -> NodeRef:
    """End somebody's part in a project."""
    row = ctx.load("project_party", data.project_party, "close", "projectParty")
    ctx.change("project_party", row, {"until": ended_on(row, data.until)}, data.version)
    ctx.record("project_party.ended", data.project_party, row, role=row.role)
    return data.project_party
