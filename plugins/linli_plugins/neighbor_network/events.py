"""What the plugin tells, and what it does when people and bodies of the place go."""

from typing import Final

from sqlalchemy import Column, select

from linli.model import resident
from linli.privacy.consents import withdrawn
from linli.traces.events import EventRecord
from linli.traces.reactions import ReactionContext
from linli.verbs.inputs import NodeRef

from . import endings
from .models import help_, matter, member, network, shift

OPENED: Final = "network.opened"
UPDATED: Final = "network.updated"
CLOSED: Final = "network.closed"
JOINED: Final = "network_member.joined"
LEFT: Final = "network_member.left"
SPACE_ADDED: Final = "neighbor_space.added"
SPACE_UPDATED: Final = "neighbor_space.updated"
SPACE_CLOSED: Final = "neighbor_space.closed"
RAISED: Final = "matter.raised"
ACCEPTED: Final = "matter.accepted"
ADVANCED: Final = "matter.advanced"
PASSED: Final = "matter.passed"
REPLIED: Final = "matter.replied"
MATTER_CLOSED: Final = "matter.closed"
RETURNED: Final = "matter.returned"
ASKED: Final = "mutual_help.asked"
OFFERED: Final = "mutual_help.offered"
TAKEN: Final = "mutual_help.taken"
FINISHED: Final = "mutual_help.finished"
WITHDRAWN: Final = "mutual_help.withdrawn"
PLANNED: Final = "rota_shift.planned"
CONFIRMED: Final = "rota_shift.confirmed"
CANCELLED: Final = "rota_shift.cancelled"

GONE: Final = "person_left"
MOVED: Final = "moved_away"
CONSENT: Final = "neighbor_network__membership"
CONSENT_ENDED: Final = "consent_withdrawn"


def part_with_resident(ctx: ReactionContext, event: EventRecord) -> None:
    """End what a person who has left is in; a matter that was raised goes on without its raiser."""
    who, connection, at = event.subject.id, ctx.connection, ctx.at
    for row in endings.end_members(connection, at, member.c.resident_id == who):
        ctx.record(LEFT, NodeRef("network_member", row.id), row, reason=GONE)
    for row in endings.cancel_shifts(connection, at, shift.c.resident_id == who):
        ctx.record(CANCELLED, NodeRef("rota_shift", row.id), row, reason=GONE)
    for row in endings.withdraw_help(connection, at, help_.c.resident_id == who):
        ctx.record(WITHDRAWN, NodeRef("mutual_help", row.id), row, reason=GONE)
    helped = (help_.c.answered_by_id == who) & endings.OPEN_HELP
    endings.change_all(connection, at, help_, helped, answered_by_id=None, state="open")
    raised = (matter.c.raised_by_id == who) & matter.c.valid_to.is_(None)
    endings.change_all(connection, at, matter, raised, raised_by_id=None)
    _detach(ctx, network.c.convenor_id, event)


def part_with_neighbors(ctx: ReactionContext, event: EventRecord) -> None:
    """End the memberships that a person had as a neighbour at the old home and cannot have at the new one."""
    who, connection, at, old = event.subject.id, ctx.connection, ctx.at, event.old_path
    home = connection.execute(select(resident.c.path).where(resident.c.id == who)).scalar_one()
    if old is None or home.startswith(old):
        return  # the home is only told more exactly
    lasting = select(member).where(member.c.resident_id == who, member.c.until.is_(None))
    left = [
        row for row in connection.execute(lasting).all() if _near(row.path, old) and not _near(row.path, home)
    ]
    for row in endings.end_members(connection, at, member.c.id.in_([one.id for one in left])):
        ctx.record(LEFT, NodeRef("network_member", row.id), row, reason=MOVED)
    there = (shift.c.resident_id == who) & shift.c.network_id.in_([one.network_id for one in left])
    for row in endings.cancel_shifts(connection, at, there):
        ctx.record(CANCELLED, NodeRef("rota_shift", row.id), row, reason=MOVED)


def _near(network_path: str, home: str) -> bool:
    """Whether a network stands at a home, above it or below it; people of a cell belong to its lanes too."""
    return home.startswith(network_path) or network_path.startswith(home)


def part_without_consent(ctx: ReactionContext, event: EventRecord) -> None:
    """End the memberships of a child whose guardian has withdrawn; what it has given or asked for stays."""
    if (who := withdrawn(ctx.connection, event, CONSENT)) is None:
        return
    for row in endings.end_members(ctx.connection, ctx.at, member.c.resident_id == who):
        ctx.record(LEFT, NodeRef("network_member", row.id), row, reason=CONSENT_ENDED)
    for row in endings.cancel_shifts(ctx.connection, ctx.at, shift.c.resident_id == who):
        ctx.record(CANCELLED, NodeRef("rota_shift", row.id), row, reason=CONSENT_ENDED)


def part_with_household(ctx: ReactionContext, event: EventRecord) -> None:
    """Leave networks without a core household that was closed."""
    _detach(ctx, network.c.core_household_id, event)


def part_with_organization(ctx: ReactionContext, event: EventRecord) -> None:
    """Leave networks without a lead organisation that was closed."""
    _detach(ctx, network.c.lead_organization_id, event)


def part_with_branch(ctx: ReactionContext, event: EventRecord) -> None:
    """Leave networks without a party organisation that was closed."""
    _detach(ctx, network.c.party_branch_id, event)


def _detach(ctx: ReactionContext, column: Column[str], event: EventRecord) -> None:
    """Empty a reference of the open networks that have it."""
    rows = (column == event.subject.id) & network.c.valid_to.is_(None)
    for row in endings.change_all(ctx.connection, ctx.at, network, rows, **{column.key: None}):
        ctx.record(UPDATED, NodeRef("network", row.id), row, fields=[column.key.removesuffix("_id")])
