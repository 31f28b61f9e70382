"""Deeds about people's rights to their record: they ask for a correction or for erasure, others decide."""

from typing import Annotated, Any, Final

from pydantic import Field
from sqlalchemy import Row, select

from linli import model as t
from linli.clock import PLACE_ZONE
from linli.context import Context
from linli.errors import AlreadyExists, Invalid, Refusal
from linli.policy import Facts
from linli.privacy.erasure import end_presence, erase_person
from linli.verbs.inputs import AnyRef, Input, NodeRef, Prose, ResidentRef, Short, Version, ref_to
from linli.verbs.verb import verb

WORKING_DAYS: Final = 15

Reason = Annotated[Prose, Field(min_length=1, max_length=1000)]
DataRequestRef = Annotated[NodeRef, *ref_to("data_request")]


class RequestCorrection(Input):
    """Something in the own record that is wrong or missing."""

    wish: Prose = Field(min_length=1, description="What is wrong, and what it should be.")
    field: Short | None = Field(None, description="The field, such as `phone`; none for a free wish.")
    about: AnyRef | None = Field(None, description="The own node that is wrong; the own record if left out.")
    resident: ResidentRef | None = Field(
        None, description="Who asks; the caller if left out, somebody else where staff enters a letter."
    )


class RequestErasure(Input):
    """The wish to be erased: the person's values are destroyed, what must be kept stays under a pseudonym."""

    wish: Prose = Field("", description="Anything that should be known about it.")
    resident: ResidentRef | None = Field(
        None, description="Who asks; the caller if left out, somebody else where staff enters a letter."
    )


class DecideCorrection(Input):
    """The answer to a request for correction. Who accepts it has corrected the record before."""

    request: DataRequestRef = Field(description="The request.")
    accept: bool = Field(description="Whether the record was wrong and has been corrected.")
    reason: Reason = Field(description="Why; the person reads it.")
    version: Version | None = None


class RefuseErasure(Input):
    """The refusal of an erasure, with the reason that the law gives."""

    request: DataRequestRef = Field(description="The request.")
    reason: Reason = Field(description="Why; the person reads it.")
    version: Version | None = None


class EraseResident(Input):
    """The erasure that a person has asked for; it cannot be undone."""

    request: DataRequestRef = Field(description="The request for erasure.")
    version: Version | None = None


@verb("data_request", sensitive=True)
def request_correction(ctx: Context, data: RequestCorrection) -> NodeRef:
    """Ask for a correction of the own record; the answer is due within 15 working days."""
    who = _who(ctx, data.resident)
    about = data.about
    if about is not None:
        ctx.see(about.type, about, "about")
    named = {"about_type": about.type, "about_id": about.id} if about else {}
    return _open(ctx, who, {"kind": "correction", "field": data.field, "wish": data.wish, **named})


@verb("data_request", sensitive=True)
def request_erasure(ctx: Context, data: RequestErasure) -> NodeRef:
    """Ask to be erased; the answer is due within 15 working days."""
    who = _who(ctx, data.resident)
    r = t.data_request.c
    asked = (r.resident_id == who.id) & (r.kind == "erasure") & (r.state == "open")
    if ctx.connection.execute(select(r.id).where(asked)).first():
        raise AlreadyExists("error.erasure_asked", "resident")
    return _open(ctx, who, {"kind": "erasure", "wish": data.wish})


@verb("data_request", sensitive=True)
def decide_correction(ctx: Context, data: DecideCorrection) -> NodeRef:
    """Accept a correction that has been made, or refuse it; never in one's own matter."""
    row = _undecided(ctx, data.request, "decide", "correction")
    event = _correcting_event(ctx, row) if data.accept else None
    if data.accept and event is None:
        raise Invalid("error.correct_first", "accept")
    _decide(ctx, row, "accepted" if data.accept else "refused", data.reason, data.version, event)
    return data.request


@verb("data_request", sensitive=True)
def refuse_erasure(ctx: Context, data: RefuseErasure) -> NodeRef:
    """Refuse an erasure for a reason that the law gives; never in one's own matter."""
    row = _undecided(ctx, data.request, "decide", "erasure")
    _decide(ctx, row, "refused", data.reason, data.version, None)
    return data.request


@verb("data_request", sensitive=True)
def erase_resident(ctx: Context, data: EraseResident) -> NodeRef:
    """Erase a person who has asked for it: key, values and words; books and audit keep a pseudonym."""
    row = _undecided(ctx, data.request, "decide", "erasure")
    who = ctx.load("resident", NodeRef("resident", row.resident_id), "erase", "request")
    _decide(ctx, row, "accepted", None, data.version, None)
    end_presence(ctx.connection, who.id, ctx.at)
    erase_person(ctx.connection, who.id, ctx.at)
    ctx.record("resident.closed", NodeRef("resident", who.id), who, reason="erased")
    return data.request


def _who(ctx: Context, resident: ResidentRef | None) -> Row[Any]:
    """Return the row of who asks: the caller, or somebody whose letter staff enters."""
    me = ctx.actor.resident_id
    named = resident or (NodeRef("resident", me) if me else None)
    if named is None:
        raise Invalid("error.request_whose", "resident")
    row = ctx.see("resident", named, "resident")
    own = row.id == me
    more = Facts(resident_ids=frozenset({row.id})) if own else None
    ctx.require_at("data_request", "ask" if own else "record", row.grid_id, "resident", more=more)
    return row


def _open(ctx: Context, who: Row[Any], values: dict[str, Any]) -> NodeRef:
    day = ctx.at.astimezone(PLACE_ZONE).date()
    row = values | {
        "resident_id": who.id,
        "state": "open",
        "decide_by": ctx.calendar.after(day, WORKING_DAYS),
        "asked_by_id": ctx.actor.account_id,
    }
    ref = ctx.place("data_request", who.grid_id, row)
    ctx.record("data_request.opened", ref, who, kind=values["kind"])
    return ref


def _undecided(ctx: Context, ref: NodeRef, action: str, kind: str) -> Row[Any]:
    """Return an open request that the actor may decide and is no party to."""
    row = ctx.load("data_request", ref, action, "request")
    if row.kind != kind or row.state != "open":
        raise Invalid("error.request_decided", "request")
    if row.resident_id == ctx.actor.resident_id:
        raise Refusal("FORBIDDEN", "error.own_matter", ("request",))
    return row


def _decide(
    ctx: Context, row: Row[Any], state: str, reason: str | None, version: int | None, event: str | None
) -> None:
    values = {
        "state": state,
        "decision": reason,
        "decided_by_id": ctx.actor.account_id,
        "decided_at": ctx.at,
        "event_id": event,
    }
    ctx.change("data_request", row, values, version)
    ctx.record("data_request.decided", NodeRef("data_request", row.id), row, state=state)


def _correcting_event(ctx: Context, row: Row[Any]) -> str | None:
    """Return the last deed on what the request is about since it was made: that is the correction."""
    e = t.event.c
    subject = row.about_id or row.resident_id
    since = (e.subject_id == subject) & (e.at >= row.created_at)
    found = select(e.id).where(since).order_by(e.id.desc()).limit(1)
    event: str | None = ctx.connection.execute(found).scalar_one_or_none()
    return event
