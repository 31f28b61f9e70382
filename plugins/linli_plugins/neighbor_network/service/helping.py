"""Deeds of mutual help: asked for or offered in a network, taken up by a neighbour, done."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import Row

from linli.context import Context
from linli.errors import Invalid
from linli.policy import Facts
from linli.verbs.inputs import Input, NodeRef, Prose, ResidentRef, Version, ref_to
from linli.verbs.verb import verb
from linli_plugins.neighbor_network.events import ASKED, FINISHED, OFFERED, TAKEN, WITHDRAWN

from .shared import NetworkRef, check_version, in_the_name_of, is_member, network_row, way

HelpRef = Annotated[NodeRef, *ref_to("mutual_help")]
What = Annotated[Prose, StringConstraints(min_length=1, max_length=500)]


class AskHelp(Input):
    """Somebody asks the neighbours of a network for help."""

    network: NetworkRef = Field(description="The network.")
    what: What = Field(description="What help is wanted, and when; all members of the network read it.")
    resident: ResidentRef | None = Field(None, description="Who asks; the caller if left out.")


class OfferHelp(Input):
    """Somebody offers the neighbours of a network help."""

    network: NetworkRef = Field(description="The network.")
    what: What = Field(description="What help is offered, and when; all members of the network read it.")
    resident: ResidentRef | None = Field(None, description="Who offers; the caller if left out.")


class TakeHelp(Input):
    """A neighbour takes up what was asked for or offered."""

    help: HelpRef = Field(description="The help.")
    version: Version
    resident: ResidentRef | None = Field(None, description="Who takes it up; the caller if left out.")


class FinishHelp(Input):
    """Help that was given."""

    help: HelpRef = Field(description="The help.")
    version: Version


class WithdrawHelp(Input):
    """Help that is not wanted or not offered any more."""

    help: HelpRef = Field(description="The help.")
    version: Version


@verb("mutual_help")
def ask_help(ctx: Context, data: AskHelp) -> NodeRef:
    """Ask the neighbours of a network for help."""
    return _entered(ctx, data, "asked", ASKED)


@verb("mutual_help")
def offer_help(ctx: Context, data: OfferHelp) -> NodeRef:
    """Offer the neighbours of a network help."""
    return _entered(ctx, data, "offered", OFFERED)


@verb("mutual_help")
def take_help(ctx: Context, data: TakeHelp) -> NodeRef:
    """Take up help that was asked for, or an offer."""
    row, resident = _taken(ctx, data)
    check_version(row, data.version)
    if row.state != "open":
        raise Invalid("neighbor_network.help_not_open", "help")
    if resident == row.resident_id:
        raise Invalid("neighbor_network.own_help", "resident")
    ctx.change("mutual_help", row, {"state": "taken", "answered_by_id": resident})
    ctx.record(TAKEN, data.help, row)
    return data.help


@verb("mutual_help")
def finish_help(ctx: Context, data: FinishHelp) -> NodeRef:
    """Say that the help was given: by either of the two, or for them by staff."""
    people = ("resident_id", "answered_by_id")
    row = _own(ctx, data.help, "finish", *people)
    check_version(row, data.version)
    if row.state != "taken":
        raise Invalid("neighbor_network.help_not_taken", "help")
    ctx.change("mutual_help", row, {"state": "done", "valid_to": ctx.at})
    ctx.record(FINISHED, data.help, row)
    return data.help


@verb("mutual_help")
def withdraw_help(ctx: Context, data: WithdrawHelp) -> NodeRef:
    """Withdraw what was asked for or offered: by who did so, or for that person by staff."""
    row = _own(ctx, data.help, "withdraw", "resident_id")
    ctx.change("mutual_help", row, {"state": "withdrawn", "valid_to": ctx.at}, data.version)
    ctx.record(WITHDRAWN, data.help, row)
    return data.help


def _entered(ctx: Context, data: AskHelp | OfferHelp, kind: str, topic: str) -> NodeRef:
    row, resident = in_the_name_of(ctx, data.network, data.resident, "help", "mutual_help")
    values = {"network_id": row.id, "kind": kind, "what": data.what, "resident_id": resident}
    ref = ctx.place("mutual_help", row.grid_id, values | {"state": "open"})
    ctx.record(topic, ref, row)
    return ref


def _taken(ctx: Context, data: TakeHelp) -> tuple[Row[Any], str]:
    """Return the help and who takes it up: the caller, or for staff somebody of the network."""
    me = ctx.actor.resident_id
    if data.resident is None or data.resident.id == me:
        if me is None:
            ctx.see("mutual_help", data.help, "help")
            raise Invalid("neighbor_network.no_person", "resident")
        return ctx.load("mutual_help", data.help, "take", "help"), me
    row = ctx.load("mutual_help", data.help, "read", "help")
    ctx.require("mutual_help", "create", Facts(path=row.path, grid_id=row.grid_id), "help")
    named = ctx.see("resident", data.resident, "resident").id
    if not is_member(ctx, row.network_id, named) and named != network_row(ctx, row.network_id).convenor_id:
        raise Invalid("neighbor_network.no_member", "resident")
    return row, str(named)


def _own(ctx: Context, ref: NodeRef, action: str, *people: str) -> Row[Any]:
    """Return help that is the caller's by one of its columns, or that the caller may close as staff."""
    row = ctx.load("mutual_help", ref, "read", "help")
    own = (way(row, "own_help", action, getattr(row, name)) for name in people)
    ctx.require_one_of([way(row, "mutual_help", "close"), *own], "help")
    return row


VERBS = (ask_help, offer_help, take_help, finish_help, withdraw_help)
