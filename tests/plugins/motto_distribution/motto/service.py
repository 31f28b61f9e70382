"""The deeds: a motto is proposed, adopted, withdrawn. A grid has one motto, the one adopted last."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Row, func, select

from linli.context import Context
from linli.errors import AlreadyExists, Invalid, Refusal
from linli.verbs.inputs import GridRef, Input, Name, NodeRef, ResidentRef, Version, ref_to
from linli.verbs.ties_of_bodies import end_relationships
from linli.verbs.verb import verb

from .events import ADOPTED, PROPOSED, WITHDRAWN
from .models import motto
from .settings import MottoSettings

MottoRef = Annotated[NodeRef, *ref_to("motto")]
COUNTED = "motto"


class ProposeMotto(Input):
    """A motto for a grid, in the name of a resident."""

    grid: GridRef = Field(description="The grid that may adopt it.")
    text: Name = Field(description="The motto, in one line.")
    proposer: ResidentRef | None = Field(None, description="Who proposes it; the caller if left out.")


class AdoptMotto(Input):
    """The decision of a grid for a motto."""

    motto: MottoRef = Field(description="The proposed motto.")
    version: Version


class WithdrawMotto(Input):
    """The end of a motto, proposed or adopted."""

    motto: MottoRef = Field(description="The motto.")
    version: Version | None = Field(None, description="The version that was read.")


@verb("motto")
def propose_motto(ctx: Context, data: ProposeMotto) -> NodeRef:
    """Propose a motto to a grid."""
    place = ctx.require_at("motto", "create", data.grid.id, "grid")
    proposer = _proposer(ctx, data.proposer)
    _check(ctx, place.id, data.text, proposer)
    values = {"text": data.text, "state": "proposed", "proposer_id": proposer}
    ref = ctx.place("motto", place.id, values)
    ctx.record(PROPOSED, ref, place)
    return ref


@verb("motto", sensitive=True)
def adopt_motto(ctx: Context, data: AdoptMotto) -> NodeRef:
    """Adopt a proposed motto; the grid's motto before it is replaced."""
    row = ctx.load("motto", data.motto, "adopt", "motto")
    if row.state != "proposed":
        raise Invalid("motto.not_proposed", "motto")
    for before in _open(ctx, row.grid_id, "adopted"):
        _end(ctx, before, "replaced")
    ctx.change("motto", row, {"state": "adopted", "adopted_at": ctx.at}, data.version)
    ctx.count(row.grid_id, COUNTED, 1)
    ctx.record(ADOPTED, data.motto, row)
    return data.motto


@verb("motto")
def withdraw_motto(ctx: Context, data: WithdrawMotto) -> NodeRef:
    """Withdraw a motto; one that is adopted is taken down only by those who may adopt."""
    row = ctx.load("motto", data.motto, "withdraw", "motto")
    if row.state == "adopted":
        ctx.load("motto", data.motto, "adopt", "motto")
    _end(ctx, row, "withdrawn", data.version)
    ctx.record(WITHDRAWN, data.motto, row)
    return data.motto


def _proposer(ctx: Context, named: NodeRef | None) -> str:
    """Return the resident who proposes: somebody the caller can see, or the caller."""
    if named is not None:
        return str(ctx.see("resident", named, "proposer").id)
    if ctx.actor.resident_id is None:
        raise Invalid("motto.no_proposer", "proposer")
    return ctx.actor.resident_id


def _check(ctx: Context, grid_id: str, text: str, proposer: str) -> None:
    settings = ctx.settings(MottoSettings)
    if len(text) > settings.max_length:
        raise Invalid("motto.too_long", "text", most=settings.max_length)
    if any(row.text == text for row in _open(ctx, grid_id, "proposed", "adopted")):
        raise AlreadyExists("motto.known", "text")
    theirs = (motto.c.proposer_id == proposer) & (motto.c.state == "proposed")
    number = ctx.connection.execute(select(func.count()).select_from(motto).where(theirs)).scalar_one()
    if number >= settings.open_proposals:
        raise Refusal("LIMIT_EXCEEDED", "motto.too_many", ("proposer",), {"most": settings.open_proposals})


def _open(ctx: Context, grid_id: str, *states: str) -> list[Row[Any]]:
    rows = select(motto).where(motto.c.grid_id == grid_id, motto.c.state.in_(states))
    return list(ctx.connection.execute(rows.order_by(motto.c.id).with_for_update()))


def _end(ctx: Context, row: Row[Any], state: str, version: int | None = None) -> None:
    ctx.change("motto", row, {"state": state, "valid_to": ctx.at}, version)
    end_relationships(ctx, NodeRef("motto", row.id))
    if row.state == "adopted":
        ctx.count(row.grid_id, COUNTED, -1)


VERBS = (propose_motto, adopt_motto, withdraw_motto)
