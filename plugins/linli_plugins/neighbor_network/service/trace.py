"""The trace of a matter: each deed adds a row, and no row is ever changed."""

from datetime import date
from typing import Any

from sqlalchemy import Row, func, select, update

from linli.clock import today
from linli.context import Context
from linli.errors import Invalid
from linli.ids import uuid7
from linli.policy import Facts
from linli.territory import place_row
from linli.verbs.inputs import NodeRef
from linli_plugins.neighbor_network.models import matter_step

from .shared import MATTERS, check_version, network_row, way


def handled(ctx: Context, ref: NodeRef, version: int, beside: str | None = None) -> Row[Any]:
    """Return a matter, locked, if the caller handles what stands there or convenes its network."""
    row = ctx.load("matter", ref, "read", "matter", beside=beside)
    ctx.require_one_of((way(row, "matter", "handle"), by_convenor(ctx, row, "handle")), "matter")
    check_version(row, version)
    return row


def by_convenor(ctx: Context, row: Row[Any], action: str) -> tuple[str, str, Facts]:
    """The way of who convenes the network of a row, for `ctx.require_one_of`."""
    return way(row, "convened_network", action, network_row(ctx, row.network_id).convenor_id)


def require_state(row: Row[Any], key: str, *states: str) -> None:
    """Refuse with the sentence `key` unless a matter is in one of the states."""
    if row.state not in states:
        raise Invalid(key, "matter")


def traced(ctx: Context, row: Row[Any], action: str, values: dict[str, Any], **more: Any) -> None:
    """Change a matter and add to its trace what was done; `more` are further columns of the trace."""
    ctx.change("matter", row, values)
    now = {"step": row.step, "due": row.due} | values
    add_step(ctx, row.id, row.grid_id, action, step=now["step"], due=now["due"], **more)


def ended(ctx: Context, row: Row[Any], action: str, state: str, note: str, **values: Any) -> None:
    """End a matter: nobody handles it any more, and its trace is complete."""
    traced(ctx, row, action, values | {"state": state, "due": None, "valid_to": ctx.at}, note=note)
    steps = update(matter_step).where(matter_step.c.matter_id == row.id)
    ctx.connection.execute(steps.values(valid_to=ctx.at))
    ctx.count(row.grid_id, MATTERS, -1)


def add_step(ctx: Context, matter_id: str, grid_id: str, action: str, **more: Any) -> None:
    """Add the next row to the trace of a matter, which is locked or new."""
    last = select(func.max(matter_step.c.number)).where(matter_step.c.matter_id == matter_id)
    number = (ctx.connection.execute(last).scalar_one() or 0) + 1
    values = {"id": uuid7(), "matter_id": matter_id, "number": number, "action": action, "at": ctx.at}
    place_row(ctx.connection, matter_step, grid_id, values | {"account_id": ctx.actor.account_id} | more)


def due_in(ctx: Context, days: int) -> date:
    """Return the last of so many working days from today."""
    return ctx.calendar.after(today(), days)
