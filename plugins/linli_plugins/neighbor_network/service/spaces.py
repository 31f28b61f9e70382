"""Deeds about the spaces of a network."""

from typing import Annotated

from pydantic import Field

from linli.context import Context
from linli.policy import Facts
from linli.verbs.edits import given
from linli.verbs.inputs import Input, Name, NodeRef, Short, Version, ref_to
from linli.verbs.verb import verb
from linli_plugins.neighbor_network.events import SPACE_ADDED, SPACE_CLOSED, SPACE_UPDATED

from .shared import NetworkRef, kind_of, known, network_row

SpaceRef = Annotated[NodeRef, *ref_to("neighbor_space")]


class AddNeighborSpace(Input):
    """A space that a network makes for its neighbours."""

    network: NetworkRef = Field(description="The network.")
    name: Name = Field(description="Name that people use.")
    elements: tuple[Short, ...] = Field(
        (), max_length=50, description="Names of the elements that it has, see `networkKinds`."
    )


class UpdateNeighborSpace(Input):
    """Changes; what is left out stays."""

    space: SpaceRef = Field(description="The space.")
    version: Version
    name: Name | None = Field(None, description="Name that people use.")
    elements: tuple[Short, ...] | None = Field(
        None, max_length=50, description="The elements that it has; the list replaces the old one."
    )


class CloseNeighborSpace(Input):
    """The end of a space."""

    space: SpaceRef = Field(description="The space.")
    version: Version | None = Field(None, description="The version that was read.")


@verb("neighbor_space")
def add_neighbor_space(ctx: Context, data: AddNeighborSpace) -> NodeRef:
    """Add a space to a network."""
    row = ctx.load("network", data.network, "read", "network")
    ctx.require("neighbor_space", "create", Facts(path=row.path, grid_id=row.grid_id), "network")
    elements = known(data.elements, kind_of(ctx, row.kind, "network").elements, "elements")
    values = {"network_id": row.id, "name": data.name, "elements": elements}
    ref = ctx.place("neighbor_space", row.grid_id, values)
    ctx.record(SPACE_ADDED, ref, row)
    return ref


@verb("neighbor_space")
def update_neighbor_space(ctx: Context, data: UpdateNeighborSpace) -> NodeRef:
    """Change a space: its name, or the elements that it has."""
    row = ctx.load("neighbor_space", data.space, "update", "space")
    changed = given(data, ("name", "elements"))
    if "elements" in changed:
        kind = kind_of(ctx, network_row(ctx, row.network_id).kind, "space")
        changed["elements"] = known(changed["elements"], kind.elements, "elements")
    ctx.change("neighbor_space", row, changed, data.version)
    ctx.record(SPACE_UPDATED, data.space, row, fields=sorted(changed))
    return data.space


@verb("neighbor_space", sensitive=True)
def close_neighbor_space(ctx: Context, data: CloseNeighborSpace) -> NodeRef:
    """Close a space that is no more."""
    row = ctx.load("neighbor_space", data.space, "close", "space")
    ctx.change("neighbor_space", row, {"valid_to": ctx.at}, data.version)
    ctx.record(SPACE_CLOSED, data.space, row)
    return data.space


VERBS = (add_neighbor_space, update_neighbor_space, close_neighbor_space)
