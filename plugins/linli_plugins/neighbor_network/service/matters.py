"""Deeds about matters: raised by a neighbour, accepted, taken step by step, replied to, closed.

raised → accepted → in_progress → replied → closed; a matter that cannot be handled is returned.
"""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from linli.context import Context
from linli.errors import Invalid
from linli.verbs.inputs import Input, NodeRef, Prose, ResidentRef, Short, Title, Version
from linli.verbs.verb import verb
from linli_plugins.neighbor_network.events import ACCEPTED, ADVANCED, MATTER_CLOSED, RAISED, REPLIED, RETURNED

from .shared import (
    MATTERS,
    MatterRef,
    NetworkRef,
    check_version,
    in_the_name_of,
    kind_of,
    known,
    network_row,
    way,
)
from .trace import add_step, by_convenor, due_in, ended, handled, require_state, traced

Words = Annotated[Prose, StringConstraints(min_length=1)]
HERE: Final = ("raised", "accepted", "in_progress")


class RaiseMatter(Input):
    """Something that neighbours want to have dealt with."""

    network: NetworkRef = Field(description="The network where it is raised.")
    title: Title = Field(description="What it is about, in one line.")
    text: Words = Field(description="What it is about.")
    topic: Short | None = Field(None, description="Name of its topic, see `networkKinds`.")
    resident: ResidentRef | None = Field(None, description="Who raises it; the caller if left out.")


class AcceptMatter(Input):
    """The promise to deal with a matter."""

    matter: MatterRef = Field(description="The matter.")
    version: Version
    note: Prose | None = Field(None, description="A note for the trace.")


class AdvanceMatter(Input):
    """The end of one step, and the beginning of the next."""

    matter: MatterRef = Field(description="The matter.")
    version: Version
    note: Prose | None = Field(None, description="What the step has brought.")


class ReplyToMatter(Input):
    """The answer to who raised a matter."""

    matter: MatterRef = Field(description="The matter.")
    version: Version
    text: Words = Field(description="The answer.")


class CloseMatter(Input):
    """The end of a matter that was replied to."""

    matter: MatterRef = Field(description="The matter.")
    version: Version
    feedback: Words = Field(description="What became of it, in the words of who raised it.")


class ReturnMatter(Input):
    """A matter goes back to who raised it, because it cannot be dealt with here."""

    matter: MatterRef = Field(description="The matter.")
    version: Version
    reason: Words = Field(description="Why, and whom to turn to.")


@verb("matter")
def raise_matter(ctx: Context, data: RaiseMatter) -> NodeRef:
    """Raise a matter in a network."""
    row, resident = in_the_name_of(ctx, data.network, data.resident, "raise", "matter")
    kind = kind_of(ctx, row.kind, "network")
    if data.topic is not None:
        known([data.topic], kind.topics, "topic")
    due = due_in(ctx, kind.accept_days)
    values = {"title": data.title, "text": data.text, "topic": data.topic, "raised_by_id": resident}
    stands = {"network_id": row.id, "state": "raised", "due": due}
    ref = ctx.place("matter", row.grid_id, values | stands)
    add_step(ctx, ref.id, row.grid_id, "raise", to_network_id=row.id, due=due)
    ctx.count(row.grid_id, MATTERS, 1)
    ctx.record(RAISED, ref, row)
    return ref


@verb("matter")
def accept_matter(ctx: Context, data: AcceptMatter) -> NodeRef:
    """Accept a matter where it stands; the first step of the procedure begins."""
    row = handled(ctx, data.matter, data.version)
    require_state(row, "neighbor_network.not_raised", "raised")
    first = kind_of(ctx, network_row(ctx, row.network_id).kind, "matter").procedure[0]
    values = {"state": "accepted", "step": first.name, "due": due_in(ctx, first.days)}
    traced(ctx, row, "accept", values, note=data.note)
    ctx.record(ACCEPTED, data.matter, row)
    return data.matter


@verb("matter")
def advance_matter(ctx: Context, data: AdvanceMatter) -> NodeRef:
    """Take a matter to the next step of its network's procedure."""
    row = handled(ctx, data.matter, data.version)
    require_state(row, "neighbor_network.not_accepted", "accepted", "in_progress")
    step = kind_of(ctx, network_row(ctx, row.network_id).kind, "matter").step_after(row.step)
    if step is None:
        raise Invalid("neighbor_network.no_step_left", "matter")
    values = {"state": "in_progress", "step": step.name, "due": due_in(ctx, step.days)}
    traced(ctx, row, "step", values, note=data.note)
    ctx.record(ADVANCED, data.matter, row, step=step.name)
    return data.matter


@verb("matter")
def reply_to_matter(ctx: Context, data: ReplyToMatter) -> NodeRef:
    """Reply to a matter that is at the last step of its procedure."""
    row = handled(ctx, data.matter, data.version)
    require_state(row, "neighbor_network.not_accepted", "accepted", "in_progress")
    left = kind_of(ctx, network_row(ctx, row.network_id).kind, "matter").step_after(row.step)
    if left is not None:
        raise Invalid("neighbor_network.steps_left", "matter", step=left.name)
    traced(ctx, row, "reply", {"state": "replied", "due": None}, note=data.text)
    ctx.record(REPLIED, data.matter, row)
    return data.matter


@verb("matter", sensitive=True)
def close_matter(ctx: Context, data: CloseMatter) -> NodeRef:
    """Close a matter after the reply: by who raised it, or for that person by who handles it."""
    row = ctx.load("matter", data.matter, "read", "matter")
    raiser = way(row, "own_matter", "close", row.raised_by_id)
    ctx.require_one_of((way(row, "matter", "close"), raiser, by_convenor(ctx, row, "handle")), "matter")
    check_version(row, data.version)
    require_state(row, "neighbor_network.not_replied", "replied")
    ended(ctx, row, "close", "closed", data.feedback, feedback=data.feedback)
    ctx.record(MATTER_CLOSED, data.matter, row)
    return data.matter


@verb("matter")
def return_matter(ctx: Context, data: ReturnMatter) -> NodeRef:
    """Return a matter to who raised it, with the reason; it ends there."""
    row = handled(ctx, data.matter, data.version)
    require_state(row, "neighbor_network.replied_already", *HERE)
    ended(ctx, row, "return", "returned", data.reason)
    ctx.record(RETURNED, data.matter, row)
    return data.matter


VERBS = (raise_matter, accept_matter, advance_matter, reply_to_matter, close_matter, return_matter)
