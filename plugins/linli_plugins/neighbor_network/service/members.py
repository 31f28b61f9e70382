"""Deeds about who belongs to a network: people join and leave, with their consent."""

from pydantic import Field

from linli.clock import today
from linli.context import Context
from linli.errors import AlreadyExists, Invalid
from linli.verbs.consents import require_guardians_consent
from linli.verbs.edits import ended_on
from linli.verbs.inputs import Day, Input, NodeRef, Prose, ResidentRef, Short, Version
from linli.verbs.verb import verb
from linli_plugins.neighbor_network import endings
from linli_plugins.neighbor_network.events import CONSENT, JOINED, LEFT
from linli_plugins.neighbor_network.models import shift
from linli_plugins.neighbor_network.settings import NetworkKind

from .shared import MemberRef, NetworkRef, in_the_name_of, is_member, kind_of


class JoinNetwork(Input):
    """Somebody joins a network: of their own accord, or entered by staff with a note of their consent."""

    network: NetworkRef = Field(description="The network.")
    resident: ResidentRef | None = Field(None, description="Who joins; the caller if left out.")
    role: Short | None = Field(
        None, description="Name of the role, see `networkKinds`; the kind's first if left out."
    )
    consent: Prose | None = Field(
        None, description="When and how the person agreed; needed where somebody else enters them."
    )


class LeaveNetwork(Input):
    """The end of a membership."""

    member: MemberRef = Field(description="The membership.")
    version: Version | None = Field(None, description="The version that was read.")
    until: Day | None = Field(None, description="The day on which it ended; today if left out.")


@verb("network_member")
def join_network(ctx: Context, data: JoinNetwork) -> NodeRef:
    """Join a network, or enter somebody who has agreed to it."""
    row, resident = in_the_name_of(ctx, data.network, data.resident, "join", "network_member")
    if resident == ctx.actor.resident_id and data.consent:
        raise Invalid("neighbor_network.own_consent", "consent")
    if resident != ctx.actor.resident_id and not data.consent:
        raise Invalid("neighbor_network.consent_needed", "consent")
    require_guardians_consent(ctx, resident, CONSENT, "resident")
    role = _role(kind_of(ctx, row.kind, "network"), data.role)
    if is_member(ctx, row.id, resident):
        raise AlreadyExists("neighbor_network.member_already", "resident")
    values = {"network_id": row.id, "resident_id": resident, "role": role, "consent": data.consent}
    ref = ctx.place("network_member", row.grid_id, values | {"since": today()})
    ctx.record(JOINED, ref, row, role=role)
    return ref


@verb("network_member")
def leave_network(ctx: Context, data: LeaveNetwork) -> NodeRef:
    """Leave a network; the shifts to come are cancelled."""
    row = ctx.load("network_member", data.member, "close", "member")
    ctx.change("network_member", row, {"until": ended_on(row, data.until)}, data.version)
    theirs = (shift.c.network_id == row.network_id) & (shift.c.resident_id == row.resident_id)
    endings.cancel_shifts(ctx.connection, ctx.at, theirs)
    ctx.record(LEFT, data.member, row)
    return data.member


def _role(kind: NetworkKind, name: str | None) -> str:
    """Return the name of the role in which somebody joins; who convenes is named with the network."""
    open_to = [role.name for role in kind.roles if not role.convenes]
    if name is not None and name not in open_to:
        raise Invalid("neighbor_network.no_role", "role", role=name, known=", ".join(open_to))
    return name or kind.joining.name


VERBS = (join_network, leave_network)
