"""Deeds about networks: they are opened, changed and closed."""

from typing import Any

from pydantic import Field
from pydantic.alias_generators import to_camel
from sqlalchemy import ColumnElement, Row, Table, select

from linli.context import Context
from linli.errors import Invalid
from linli.verbs.edits import given
from linli.verbs.inputs import (
    BranchRef,
    GridRef,
    HouseholdRef,
    Input,
    Name,
    NodeRef,
    OrganizationRef,
    Prose,
    ResidentRef,
    Short,
    Version,
)
from linli.verbs.ties_of_bodies import end_relationships
from linli.verbs.verb import verb
from linli_plugins.neighbor_network import endings
from linli_plugins.neighbor_network.events import CLOSED, OPENED, UPDATED
from linli_plugins.neighbor_network.models import matter, network
from linli_plugins.neighbor_network.settings import NetworkKind

from .shared import NETWORKS, NetworkRef, check_version, is_member, kind_of, known, network_row, stands_above

TIES = {
    "lead_organization": "organization",
    "party_branch": "party_branch",
    "core_household": "household",
}


class OpenNetwork(Input):
    """A network of neighbours, of a kind that the place has set up."""

    grid: GridRef = Field(description="The grid where it stands.")
    kind: Short = Field(description="Name of its kind, see `networkKinds`.")
    name: Name = Field(description="Name that people use.")
    parent: NetworkRef | None = Field(None, description="The network to which it passes matters up.")
    convenor: ResidentRef | None = Field(None, description="Who convenes it.")
    core_household: HouseholdRef | None = Field(None, description="The household that it gathers around.")
    lead_organization: OrganizationRef | None = Field(None, description="The organisation that leads it.")
    party_branch: BranchRef | None = Field(None, description="The party organisation that leads it.")
    introduction: Prose | None = Field(None, description="What it is for, for everybody to read.")
    functions: tuple[Short, ...] = Field((), max_length=50, description="Names of its functions.")


class UpdateNetwork(Input):
    """Changes; what is left out stays."""

    network: NetworkRef = Field(description="The network.")
    version: Version
    name: Name | None = Field(None, description="Name that people use.")
    parent: NetworkRef | None = Field(None, description="The network above; null for none.")
    convenor: ResidentRef | None = Field(
        None, description="Who convenes it: a member, or somebody whom the caller can see; null for nobody."
    )
    core_household: HouseholdRef | None = Field(None, description="The core household; null for none.")
    lead_organization: OrganizationRef | None = Field(None, description="Who leads it; null for none.")
    party_branch: BranchRef | None = Field(None, description="The party organisation; null for none.")
    introduction: Prose | None = Field(None, description="What it is for; null removes it.")
    functions: tuple[Short, ...] | None = Field(
        None, max_length=50, description="Names of its functions; the list replaces the old one."
    )


class CloseNetwork(Input):
    """The end of a network."""

    network: NetworkRef = Field(description="The network.")
    version: Version | None = Field(None, description="The version that was read.")


@verb("network")
def open_network(ctx: Context, data: OpenNetwork) -> NodeRef:
    """Open a network of neighbours at a grid."""
    place = ctx.require_at("network", "create", data.grid.id, "grid")
    kind = kind_of(ctx, data.kind, "kind")
    if place.level not in kind.levels:
        raise Invalid("neighbor_network.level", "grid", level=place.level, levels=", ".join(kind.levels))
    values: dict[str, Any] = {
        "kind": kind.name,
        "name": data.name,
        "introduction": data.introduction,
        "functions": [],
    }
    chosen = given(data, ("functions",), ("parent", "convenor", *TIES))
    ref = ctx.place("network", place.id, values | _resolved(ctx, kind, chosen, place.path, None))
    ctx.count(place.id, NETWORKS, 1)
    ctx.record(OPENED, ref, place, kind=kind.name)
    return ref


@verb("network", sensitive=True)
def update_network(ctx: Context, data: UpdateNetwork) -> NodeRef:
    """Change a network: its name, who convenes it, who leads it, what it is for."""
    row = ctx.load("network", data.network, "update", "network")
    kind = kind_of(ctx, row.kind, "network")
    changed = given(data, ("name", "functions"), ("introduction", "parent", "convenor", *TIES))
    ctx.change("network", row, _resolved(ctx, kind, changed, row.path, row), data.version)
    ctx.record(UPDATED, data.network, row, fields=sorted(changed))
    return data.network


@verb("network", sensitive=True)
def close_network(ctx: Context, data: CloseNetwork) -> NodeRef:
    """Close a network in which no matter is open and above which no other hangs; its ties end with it."""
    row = ctx.load("network", data.network, "close", "network")
    check_version(row, data.version)
    _refuse_open(ctx, matter, matter.c.network_id == row.id, "neighbor_network.matters_open")
    _refuse_open(ctx, network, network.c.parent_id == row.id, "neighbor_network.networks_below")
    ctx.change("network", row, {"valid_to": ctx.at})
    endings.end_network(ctx.connection, ctx.at, row.id)
    end_relationships(ctx, data.network)
    ctx.count(row.grid_id, NETWORKS, -1)
    ctx.record(CLOSED, data.network, row)
    return data.network


def _refuse_open(ctx: Context, table: Table, rows: ColumnElement[bool], key: str) -> None:
    hanging = select(table.c.id).where(rows, table.c.valid_to.is_(None)).limit(1)
    if ctx.connection.execute(hanging).first() is not None:
        raise Invalid(key, "network")


def _resolved(
    ctx: Context, kind: NetworkKind, changed: dict[str, Any], path: str, row: Row[Any] | None
) -> dict[str, Any]:
    """Return the columns of what is given, each reference looked up; `row` is the network if it is there."""
    values: dict[str, Any] = {name: changed[name] for name in ("name", "introduction") if name in changed}
    if "functions" in changed:
        values["functions"] = known(changed["functions"], kind.functions, "functions")
    if "parent" in changed:
        values["parent_id"] = _parent(ctx, kind, changed["parent"], path)
    if "convenor" in changed:
        values["convenor_id"] = _convenor(ctx, changed["convenor"], row)
    for name, resource in TIES.items():
        if name in changed:
            ref = changed[name]
            values[f"{name}_id"] = None if ref is None else ctx.see(resource, ref, to_camel(name)).id
    if values.get("core_household_id") is not None and not kind.core_household:
        raise Invalid("neighbor_network.no_core_household", "coreHousehold", kind=kind.name)
    return values


def _parent(ctx: Context, kind: NetworkKind, ref: NodeRef | None, path: str) -> str | None:
    if ref is None:
        return None
    ctx.see("network", ref, "parent")
    above = network_row(ctx, ref.id, lock=True)
    if above.kind != kind.above or not stands_above(above, path):
        raise Invalid("neighbor_network.not_above", "parent", above=kind.above or "-")
    return str(above.id)


def _convenor(ctx: Context, ref: NodeRef | None, row: Row[Any] | None) -> str | None:
    """Return who shall convene; a member may be named also by those who cannot see the person's record."""
    if ref is None:
        return None
    if row is not None and is_member(ctx, row.id, ref.id):
        return ref.id
    return str(ctx.see("resident", ref, "convenor").id)


VERBS = (open_network, update_network, close_network)
