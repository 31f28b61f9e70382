"""Model estates and lanes: places that set an example; never persons, and no place too small to hide in."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import func, select

from linli import model as t
from linli.context import Context
from linli.errors import Invalid
from linli.verbs.inputs import GridRef, Input, NodeRef, Version, printable
from linli.verbs.verb import verb
from linli_plugins.credit_bank.fairness import FairName

from .shared import ModelPlaceRef

FEWEST_HOUSEHOLDS: Final = 30
Why = Annotated[str, StringConstraints(min_length=2, max_length=400), AfterValidator(printable)]


class NameModelPlace(Input):
    """A place that others can learn from."""

    grid: GridRef = Field(description="The estate, lane or grid; of thirty households at least.")
    title: FairName = Field(description="What it is called, such as 示范小区.")
    reason: Why = Field(description="What can be learned there.")


class EndModelPlace(Input):
    """The end of a naming."""

    model_place: ModelPlaceRef = Field(description="The naming.")
    version: Version | None = None


@verb("model_place", sensitive=True)
def name_model_place(ctx: Context, data: NameModelPlace) -> NodeRef:
    """Name a place as a model for others."""
    place = ctx.require_at("model_place", "create", data.grid.id, "grid")
    h = t.household.c
    inside = (h.path >= place.path) & (h.path < place.path[:-1] + "0")
    households = select(func.count()).select_from(t.household).where(inside, h.valid_to.is_(None))
    if ctx.connection.execute(households).scalar_one() < FEWEST_HOUSEHOLDS:
        raise Invalid("credit_bank.too_small", "grid", fewest=FEWEST_HOUSEHOLDS)
    ref = ctx.place("model_place", place.id, {"title": data.title, "reason": data.reason})
    ctx.record("model_place.named", ref, place)
    return ref


@verb("model_place", sensitive=True)
def end_model_place(ctx: Context, data: EndModelPlace) -> NodeRef:
    """End the naming of a place."""
    row = ctx.load("model_place", data.model_place, "close", "modelPlace")
    ctx.change("model_place", row, {"valid_to": ctx.at}, data.version)
    ctx.record("model_place.ended", data.model_place, row)
    return data.model_place
