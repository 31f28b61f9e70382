"""Deeds that pass a matter from tier to tier: it stands where it is dealt with, and is seen there."""

from typing import Any

from pydantic import Field
from sqlalchemy import Row

from linli.context import Context
from linli.errors import Invalid
from linli.territory import relocate
from linli.verbs.inputs import Input, NodeRef, Prose, Version
from linli.verbs.verb import verb
from linli_plugins.neighbor_network.events import PASSED
from linli_plugins.neighbor_network.models import matter_step

from .matters import HERE
from .shared import MATTERS, MatterRef, NetworkRef, kind_of, network_row, stands_above
from .trace import add_step, due_in, handled, require_state


class PassMatterUp(Input):
    """A matter that the network cannot deal with goes to the network above."""

    matter: MatterRef = Field(description="The matter.")
    version: Version
    note: Prose | None = Field(None, description="Why, and what was done so far.")


class PassMatterDown(Input):
    """A matter goes to a network below, such as back to where it came from."""

    matter: MatterRef = Field(description="The matter.")
    version: Version
    to: NetworkRef = Field(description="A network below the one where it stands.")
    note: Prose | None = Field(None, description="Why, and what was decided.")


@verb("matter")
def pass_matter_up(ctx: Context, data: PassMatterUp) -> NodeRef:
    """Pass a matter to the network above, where it waits to be accepted."""
    seen = ctx.see("matter", data.matter, "matter")
    parent = network_row(ctx, seen.network_id).parent_id
    if parent is None:
        handled(ctx, data.matter, data.version)
        raise Invalid("neighbor_network.none_above", "matter")
    row, target = _both(ctx, data.matter, data.version, parent)
    if not stands_above(target, row.path):
        raise Invalid("neighbor_network.none_above", "matter")
    _pass(ctx, row, target, "pass_up", data.note)
    return data.matter


@verb("matter")
def pass_matter_down(ctx: Context, data: PassMatterDown) -> NodeRef:
    """Pass a matter to a network below, where it waits to be accepted."""
    ctx.see("network", data.to, "to")
    row, target = _both(ctx, data.matter, data.version, data.to.id)
    here = network_row(ctx, row.network_id)
    if target.parent_id != here.id or target.valid_to is not None or not stands_above(here, target.path):
        raise Invalid("neighbor_network.not_below", "to")
    _pass(ctx, row, target, "pass_down", data.note)
    return data.matter


def _both(ctx: Context, ref: NodeRef, version: int, target_id: str) -> tuple[Row[Any], Row[Any]]:
    """Return the matter and the network to which it goes, locked after both their grids."""
    beside = network_row(ctx, target_id).grid_id
    row = handled(ctx, ref, version, beside)
    require_state(row, "neighbor_network.replied_already", *HERE)
    return row, network_row(ctx, target_id, lock=True)


def _pass(ctx: Context, row: Row[Any], target: Row[Any], action: str, note: str | None) -> None:
    due = due_in(ctx, kind_of(ctx, target.kind, "matter").accept_days)
    stands = {"network_id": target.id, "state": "raised", "step": None, "due": due}
    ctx.change("matter", row, stands)
    ctx.move("matter", row, target.grid_id)
    relocate(ctx.connection, matter_step, matter_step.c.matter_id == row.id, target.grid_id)
    ends = {"from_network_id": row.network_id, "to_network_id": target.id}
    add_step(ctx, row.id, target.grid_id, action, due=due, note=note, **ends)
    ctx.count(row.grid_id, MATTERS, -1)
    ctx.count(target.grid_id, MATTERS, 1)
    ctx.record(PASSED, NodeRef("matter", row.id), target, old_path=row.path, action=action)


VERBS = (pass_matter_up, pass_matter_down)
