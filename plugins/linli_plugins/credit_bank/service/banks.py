"""Banks: opened at a grid with the place's tables, corrected, closed when nobody is left."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import select

from linli.context import Context
from linli.errors import Invalid
from linli.verbs.edits import given
from linli.verbs.inputs import Day, GridRef, Input, NodeRef, Prose, Version
from linli.verbs.verb import verb
from linli_plugins.credit_bank.expiry import first_rule, with_rule
from linli_plugins.credit_bank.fairness import FairName
from linli_plugins.credit_bank.kinds import OWN_ACCOUNTS
from linli_plugins.credit_bank.models import member
from linli_plugins.credit_bank.rules import check_rule
from linli_plugins.credit_bank.settings import CreditBankSettings, MeasureLine, OfferLine
from linli_plugins.ledger.accounts import book_row, open_book

from .shared import BankRef, give_notice, today_of

UNIT = "points"
Terms = Annotated[Prose, StringConstraints(min_length=20)]


class OpenCreditBank(Input):
    """A bank for a grid and all below it, with the measure and redemption tables that the place has set."""

    grid: GridRef = Field(description="The grid whose residents and organisations may join.")
    name: FairName | None = Field(
        None, description="The place's own name for it; the configured one if left out."
    )
    terms: Terms | None = Field(None, description="What members consent to; the configured text if left out.")


class ExpiryRule(Input):
    """After how many months points lapse, the oldest first."""

    months: int | None = Field(None, ge=12, le=120, description="Months; null lets nothing lapse any more.")
    since: Day = Field(description="The first day on which the rule is in force.")


class UpdateCreditBank(Input):
    """Corrections; what is left out stays."""

    bank: BankRef = Field(description="The bank.")
    version: Version
    name: FairName | None = Field(None, description="The place's own name for it.")
    expiry: ExpiryRule | None = Field(
        None, description="A new rule by which points lapse; published with notice."
    )
    terms: Terms | None = Field(None, description="New terms; they hold for those who join from now on.")


class CloseCreditBank(Input):
    """The end of a bank that nobody is a member of any more."""

    bank: BankRef = Field(description="The bank.")
    version: Version | None = None


@verb("credit_bank", sensitive=True)
def open_credit_bank(ctx: Context, data: OpenCreditBank) -> NodeRef:
    """Open a bank at a grid, with a book of its own and the tables that the place has set."""
    place = ctx.require_at("credit_bank", "create", data.grid.id, "grid")
    settings = ctx.settings(CreditBankSettings)
    name = data.name or settings.name
    book = open_book(ctx, place.id, name, UNIT, OWN_ACCOUNTS)
    values = {
        "name": name,
        "book_id": book.id,
        "terms": data.terms or settings.terms,
        "terms_version": 1,
        "last_number": 0,
        "expiry": first_rule(settings.expiry_months, today_of(ctx)),
    }
    ref = ctx.place("credit_bank", place.id, values)
    for line in settings.measures:
        _measure(ctx, place.id, ref.id, line)
    for offered in settings.offers:
        _offer(ctx, place.id, ref.id, offered)
    ctx.record("credit_bank.opened", ref, place)
    return ref


@verb("credit_bank", sensitive=True)
def update_credit_bank(ctx: Context, data: UpdateCreditBank) -> NodeRef:
    """Correct a bank's name or give it new terms; members keep those that they agreed to."""
    row = ctx.load("credit_bank", data.bank, "update", "bank")
    changed: dict[str, Any] = given(data, ("name", "terms"), ())
    if "terms" in changed:
        changed["terms_version"] = row.terms_version + 1
    if data.expiry is not None:
        give_notice(ctx, data.expiry.since, "expiry", "since")
        changed["expiry"] = with_rule(row.expiry, data.expiry.months, data.expiry.since)
    ctx.change("credit_bank", row, changed, data.version)
    ctx.record("credit_bank.updated", data.bank, row, fields=sorted(changed))
    return data.bank


@verb("credit_bank", sensitive=True)
def close_credit_bank(ctx: Context, data: CloseCreditBank) -> NodeRef:
    """Close a bank and its book once everybody has left."""
    row = ctx.load("credit_bank", data.bank, "close", "bank")
    someone = select(member.c.id).where(member.c.bank_id == row.id, member.c.valid_to.is_(None)).limit(1)
    if ctx.connection.execute(someone).one_or_none():
        raise Invalid("credit_bank.has_members", "bank")
    ctx.change("credit_bank", row, {"valid_to": ctx.at}, data.version)
    ctx.change("book", book_row(ctx, row.book_id), {"valid_to": ctx.at})
    ctx.record("credit_bank.closed", data.bank, row)
    return data.bank


def _measure(ctx: Context, grid_id: str, bank_id: str, line: MeasureLine) -> None:
    if line.rule is not None:
        check_rule(line.rule)
    values = line.model_dump() | {"bank_id": bank_id, "number": 1, "since": today_of(ctx)}
    ctx.place("credit_measure", grid_id, values)


def _offer(ctx: Context, grid_id: str, bank_id: str, line: OfferLine) -> None:
    ctx.place("credit_offer", grid_id, line.model_dump() | {"bank_id": bank_id, "since": today_of(ctx)})
