"""What several deeds of the bank need: references, rows, and who may not decide in an own matter."""

from datetime import date, timedelta
from typing import Annotated, Any, Final

from pydantic import Field
from sqlalchemy import Row, select, update

from linli import model as t
from linli.clock import day_of
from linli.context import Context
from linli.errors import Invalid, NotFound, Refusal
from linli.verbs.inputs import NodeRef, ref_to
from linli_plugins.credit_bank.models import bank, measure, member, offer
from linli_plugins.credit_bank.settings import CreditBankSettings

BankRef = Annotated[NodeRef, *ref_to("credit_bank")]
MemberRef = Annotated[NodeRef, *ref_to("credit_member")]
MeasureRef = Annotated[NodeRef, *ref_to("credit_measure")]
SessionRef = Annotated[NodeRef, *ref_to("check_in")]
ActivityRef = Annotated[NodeRef, *ref_to("credit_activity")]
AwardRef = Annotated[NodeRef, *ref_to("credit_award")]
OfferRef = Annotated[NodeRef, *ref_to("credit_offer")]
RedemptionRef = Annotated[NodeRef, *ref_to("credit_redemption")]
AppealRef = Annotated[NodeRef, *ref_to("credit_appeal")]
AgreementRef = Annotated[NodeRef, *ref_to("credit_agreement")]
ModelPlaceRef = Annotated[NodeRef, *ref_to("model_place")]
Quantity = Annotated[int, Field(ge=1, le=1000)]
Amount = Annotated[int, Field(ge=1, le=1_000_000)]
SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is mistaken for another
CODE_LENGTH: Final = 8


def today_of(ctx: Context) -> date:
    """Return the date of the deed where the place is."""
    return day_of(ctx.at)


def give_notice(ctx: Context, day: date, *path: str) -> None:
    """Refuse a day that is nearer than the notice that the place gives of changes.

    Raises:
        Refusal: TOO_EARLY, with the earliest day.
    """
    earliest = today_of(ctx) + timedelta(days=ctx.settings(CreditBankSettings).notice_days)
    if day < earliest:
        raise Refusal("TOO_EARLY", "credit_bank.notice", path, {"earliest": earliest.isoformat()})


def bank_row(ctx: Context, bank_id: str) -> Row[Any]:
    """Return a bank's row, for what hangs on it."""
    return ctx.connection.execute(select(bank).where(bank.c.id == bank_id)).one()


def measure_row(ctx: Context, measure_id: str) -> Row[Any]:
    """Return the row of a version of a measure."""
    return ctx.connection.execute(select(measure).where(measure.c.id == measure_id)).one()


def member_row(ctx: Context, member_id: str) -> Row[Any]:
    """Return a member's row, locked, for what hangs on it."""
    statement = select(member).where(member.c.id == member_id).with_for_update(key_share=True)
    return ctx.connection.execute(statement).one()


def active(row: Row[Any], *path: str) -> Row[Any]:
    """Return a member's row, or refuse one who is leaving.

    Raises:
        Invalid: the member is leaving and may only spend.
    """
    if row.state != "active":
        raise Invalid("credit_bank.leaving", *path)
    return row


def member_numbered(ctx: Context, bank_id: str, number: int, *path: str) -> Row[Any]:
    """Return the active member of a bank who has a number, not locked: two who give to each other never wait.

    Raises:
        NotFound: there is none.
    """
    c = member.c
    wanted = (c.bank_id == bank_id) & (c.number == number) & (c.state == "active")
    row = ctx.connection.execute(select(member).where(wanted)).one_or_none()
    if row is None:
        raise NotFound(*path)
    return row


def put_back(ctx: Context, offer_id: str, quantity: int) -> None:
    """Put some of an offer on the shelf; one without a stock has no end anyway."""
    c = offer.c
    more = {"stock": c.stock + quantity, "version": c.version + 1, "updated_at": ctx.at}
    ctx.connection.execute(update(offer).where(c.id == offer_id, c.stock.is_not(None)).values(more))


def owner(row: Row[Any]) -> dict[str, Any]:
    """Return the columns that say whose a row is, from the member's."""
    return {"resident_id": row.resident_id, "organization_id": row.organization_id}


def not_by(ctx: Context, *accounts: str | None) -> None:
    """Refuse a decision by whoever had a hand in the matter, under any of their accounts.

    Raises:
        Refusal: FORBIDDEN, somebody else must decide.
    """
    involved = [one for one in accounts if one is not None]
    people = select(t.account.c.resident_id).where(t.account.c.id.in_(involved))
    same = ctx.actor.account_id in involved or (
        ctx.actor.resident_id is not None
        and ctx.actor.resident_id in set(ctx.connection.execute(people).scalars())
    )
    if same:
        raise Refusal("FORBIDDEN", "credit_bank.four_eyes")


def not_of(ctx: Context, row: Row[Any]) -> None:
    """Refuse a decision about the actor's own matter, or that of an organisation of theirs.

    Raises:
        Refusal: FORBIDDEN, somebody else must decide.
    """
    mine = row.resident_id is not None and row.resident_id == ctx.actor.resident_id
    ours = row.organization_id is not None and row.organization_id in ctx.actor.organizations
    if mine or ours:
        raise Refusal("FORBIDDEN", "credit_bank.own_matter")
