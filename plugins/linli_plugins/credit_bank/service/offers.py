"""The redemption table: what there is for points, and how much of it."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from linli.context import Context
from linli.errors import Invalid
from linli.verbs.inputs import Day, Input, NodeRef, OrganizationRef, Version, printable
from linli.verbs.verb import verb
from linli_plugins.credit_bank.fairness import FairName
from linli_plugins.credit_bank.kinds import OfferKind
from linli_plugins.credit_bank.settings import Points

from .shared import BankRef, OfferRef, today_of

Valuation = Annotated[str, StringConstraints(min_length=2, max_length=400), AfterValidator(printable)]


class PublishOffer(Input):
    """Something that can be had for points. Never cash, interest or pay."""

    bank: BankRef = Field(description="The bank.")
    kind: OfferKind = Field(description="A service, an activity, goods, or the use of a venue.")
    title_zh: FairName = Field(description="What it is, in Chinese.")
    title_en: FairName = Field(description="What it is, in English.")
    points: Points = Field(description="Its price in points.")
    valuation: Valuation = Field(description="How the price was found; published with it.")
    stock: int | None = Field(
        None, ge=0, le=1_000_000, description="How many there are; without it, no end of them."
    )
    provider: OrganizationRef | None = Field(None, description="The organisation that gives it.")
    since: Day | None = Field(None, description="First day; today if left out.")
    until: Day | None = Field(None, description="The first day on which it can be had no more.")


class StockOffer(Input):
    """More of an offer, or less."""

    offer: OfferRef = Field(description="The offer.")
    change: int = Field(ge=-100_000, le=100_000, description="How many more; negative for fewer.")


class WithdrawOffer(Input):
    """The end of an offer. What was redeemed before is still handed over."""

    offer: OfferRef = Field(description="The offer.")
    version: Version | None = None


@verb("credit_offer")
def publish_offer(ctx: Context, data: PublishOffer) -> NodeRef:
    """Publish an offer with its price and how that was found."""
    bank = ctx.see("credit_bank", data.bank, "bank")
    place = ctx.require_at("credit_offer", "publish", bank.grid_id, "bank")
    provider = None if data.provider is None else ctx.see("organization", data.provider, "provider").id
    since: date = data.since or today_of(ctx)
    if data.until is not None and data.until <= since:
        raise Invalid("error.ends_before_start", "until")
    values = data.model_dump(
        include={"kind", "title_zh", "title_en", "points", "valuation", "stock", "until"}
    )
    ref = ctx.place(
        "credit_offer", place.id, values | {"bank_id": bank.id, "provider_id": provider, "since": since}
    )
    ctx.record("credit_offer.published", ref, place)
    return ref


@verb("credit_offer")
def stock_offer(ctx: Context, data: StockOffer) -> NodeRef:
    """Put more of an offer on the shelf, or take some off."""
    row = ctx.load("credit_offer", data.offer, "publish", "offer")
    if row.stock is None or row.stock + data.change < 0:
        raise Invalid("credit_bank.no_stock", "change")
    ctx.change("credit_offer", row, {"stock": row.stock + data.change})
    ctx.record("credit_offer.stocked", data.offer, row, change=data.change)
    return data.offer


@verb("credit_offer")
def withdraw_offer(ctx: Context, data: WithdrawOffer) -> NodeRef:
    """Take an offer off the table from today on."""
    row = ctx.load("credit_offer", data.offer, "publish", "offer")
    ctx.change("credit_offer", row, {"until": today_of(ctx)}, data.version)
    ctx.record("credit_offer.withdrawn", data.offer, row)
    return data.offer
