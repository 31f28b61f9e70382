"""Deeds about the rota: who is there for the neighbours on which day."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Row, select

from linli.clock import today
from linli.context import Context
from linli.errors import AlreadyExists, Invalid
from linli.verbs.inputs import Day, Input, NodeRef, Short, Version, ref_to
from linli.verbs.verb import verb
from linli.workdays import DAY
from linli_plugins.neighbor_network.events import CANCELLED, CONFIRMED, PLANNED
from linli_plugins.neighbor_network.models import shift

from .shared import MemberRef, check_version, way
from .trace import by_convenor

ShiftRef = Annotated[NodeRef, *ref_to("rota_shift")]


class PlanRotaShift(Input):
    """A member is to be there for the neighbours on a day."""

    member: MemberRef = Field(description="Whose turn it is.")
    day: Day = Field(description="The day; today or later.")
    slot: Short = Field(description="The time of the day, in the network's own words.")


class ConfirmRotaShift(Input):
    """The promise to be there."""

    shift: ShiftRef = Field(description="The shift.")
    version: Version


class CancelRotaShift(Input):
    """A shift that will not be."""

    shift: ShiftRef = Field(description="The shift.")
    version: Version


@verb("rota_shift")
def plan_rota_shift(ctx: Context, data: PlanRotaShift) -> NodeRef:
    """Plan a shift for a member of a network."""
    member = ctx.load("network_member", data.member, "read", "member")
    ctx.require_one_of((way(member, "network", "plan"), by_convenor(ctx, member, "plan")), "member")
    if data.day < today():
        raise Invalid("neighbor_network.day_past", "day")
    values = {"network_id": member.network_id, "resident_id": member.resident_id}
    values |= {"day": data.day, "slot": data.slot}
    same = [shift.c[name] == value for name, value in values.items()]
    if ctx.connection.execute(select(shift.c.id).where(*same, shift.c.state != "cancelled")).first():
        raise AlreadyExists("neighbor_network.shift_planned", "day")
    ref = ctx.place("rota_shift", member.grid_id, values | {"state": "planned", "until": data.day + DAY})
    ctx.record(PLANNED, ref, member)
    return ref


@verb("rota_shift")
def confirm_rota_shift(ctx: Context, data: ConfirmRotaShift) -> NodeRef:
    """Confirm a shift: by whose turn it is, by who convenes the network, or by staff."""
    row = _own(ctx, data.shift, data.version)
    if row.state != "planned":
        raise Invalid("neighbor_network.shift_confirmed", "shift")
    ctx.change("rota_shift", row, {"state": "confirmed"})
    ctx.record(CONFIRMED, data.shift, row)
    return data.shift


@verb("rota_shift")
def cancel_rota_shift(ctx: Context, data: CancelRotaShift) -> NodeRef:
    """Cancel a shift: by whose turn it is, by who convenes the network, or by staff."""
    row = _own(ctx, data.shift, data.version)
    ctx.change("rota_shift", row, {"state": "cancelled", "until": today()})
    ctx.record(CANCELLED, data.shift, row)
    return data.shift


def _own(ctx: Context, ref: NodeRef, version: int) -> Row[Any]:
    row = ctx.load("rota_shift", ref, "read", "shift")
    own = way(row, "own_shift", "update", row.resident_id)
    ctx.require_one_of((way(row, "rota_shift", "update"), own, by_convenor(ctx, row, "plan")), "shift")
    check_version(row, version)
    return row


VERBS = (plan_rota_shift, confirm_rota_shift, cancel_rota_shift)
