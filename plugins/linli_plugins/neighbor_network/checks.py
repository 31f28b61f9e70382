"""What must hold between the plugin's rows, for `linli verify`."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, literal, or_, select

from linli.verify.counts import verify_counts
from linli.verify.findings import Finding

from .models import matter, matter_step, member, network
from .service.shared import MATTERS, NETWORKS

# The deed that was the last, by the state that it leaves a matter in.
LAST: Final = {
    "raise": "raised",
    "accept": "accepted",
    "step": "in_progress",
    "pass_up": "raised",
    "pass_down": "raised",
    "reply": "replied",
    "close": "closed",
    "return": "returned",
}


def verify_matters(connection: Connection) -> list[Finding]:
    """Find matters of which the trace has gaps, or tells another state or place than their own row."""
    return [*_gaps(connection), *_differing(connection)]


def verify_networks(connection: Connection) -> list[Finding]:
    """Find what is still open in closed networks, and counts that a recount does not give."""
    findings = [
        Finding("neighbor_network.open_in_closed", {"id": row.id})
        for table, ends in ((matter, "valid_to"), (member, "until"))
        for row in connection.execute(_open_in_closed(table, table.c[ends]))
    ]
    counts = {NETWORKS: _counted(network), MATTERS: _counted(matter)}
    return [*findings, *verify_counts(connection, counts)]


def _gaps(connection: Connection) -> Iterator[Finding]:
    s = matter_step.c
    numbers = func.count(s.id), func.min(s.number), func.max(s.number)
    statement = (
        select(matter.c.id)
        .select_from(matter.outerjoin(matter_step, s.matter_id == matter.c.id))
        .group_by(matter.c.id)
        .having(or_(numbers[0] == 0, numbers[1] != 1, numbers[2] != numbers[0]))
    )
    for row in connection.execute(statement):
        yield Finding("neighbor_network.trace_gap", {"id": row.id})


def _differing(connection: Connection) -> Iterator[Finding]:
    """The last row of a trace tells the state; the last that names a network tells the place."""
    for row in connection.execute(_last(matter_step.c.action)):
        if LAST.get(row.told) != row.state:
            yield Finding("neighbor_network.state_differs", {"id": row.id, "state": row.state})
    for row in connection.execute(_last(matter_step.c.to_network_id)):
        if row.told != row.network_id:
            yield Finding("neighbor_network.place_differs", {"id": row.id})


def _last(column: Any) -> Select[Any]:
    s = matter_step.alias()
    newest = select(func.max(s.c.number)).where(s.c.matter_id == matter.c.id, s.c[column.key].is_not(None))
    at = and_(
        matter_step.c.matter_id == matter.c.id,
        matter_step.c.number == newest.correlate(matter).scalar_subquery(),
    )
    told = column.label("told")
    told_by = select(matter.c.id, matter.c.state, matter.c.network_id, told)
    return told_by.select_from(matter.join(matter_step, at))


def _open_in_closed(table: Any, ends: Any) -> Select[Any]:
    joined = table.join(network, network.c.id == table.c.network_id)
    return select(table.c.id).select_from(joined).where(ends.is_(None), network.c.valid_to.is_not(None))


def _counted(table: Any) -> Select[Any]:
    return select(table.c.path, literal(1).label("amount")).where(table.c.valid_to.is_(None))
