"""Points from neighbour to neighbour: as a gift, or in thanks for hours of help."""

from typing import Any

from pydantic import Field
from sqlalchemy import Row, func, select

from linli.clock import day_of, start_of
from linli.context import Context
from linli.errors import Invalid, Refusal
from linli.verbs.inputs import Input, NodeRef
from linli.verbs.verb import verb
from linli_plugins.credit_bank.kinds import Thanks
from linli_plugins.credit_bank.settings import CreditBankSettings
from linli_plugins.ledger.models import entry, journal
from linli_plugins.ledger.posting import post, transfer

from .shared import Amount, MemberRef, active, bank_row, member_numbered

GIVEN = ("gift", "help")


class GivePoints(Input):
    """Points for another member of the bank; never for money."""

    member: MemberRef = Field(description="The own membership.")
    to_number: int = Field(ge=1, description="The other member's number, which that member tells.")
    kind: Thanks = Field("gift", description="A gift, or thanks for help by the hour.")
    points: Amount | None = Field(None, description="How many, of a gift.")
    hours: int | None = Field(
        None, ge=1, le=24, description="Hours of help; the place says what one is worth."
    )


@verb("credit_member")
def give_points(ctx: Context, data: GivePoints) -> NodeRef:
    """Give points to a neighbour, within the place's monthly limit."""
    row = active(ctx.load("credit_member", data.member, "spend", "member"), "member")
    if row.organization_id is not None:
        raise Invalid("credit_bank.organizations_do_not_give", "member")
    other = member_numbered(ctx, row.bank_id, data.to_number, "toNumber")
    if other.id == row.id:
        raise Invalid("credit_bank.to_oneself", "toNumber")
    settings = ctx.settings(CreditBankSettings)
    amount = _amount(data, settings)
    if _given_this_month(ctx, row) + amount > settings.gifts_a_month:
        raise Refusal("LIMIT_EXCEEDED", "credit_bank.gifts", ("points",), {"most": settings.gifts_a_month})
    book = bank_row(ctx, row.bank_id).book_id
    detail = {"from": row.number, "to": other.number, "hours": data.hours or 0}
    given = transfer(
        book, data.kind, amount, out_of=row.account_id, into=other.account_id, detail=detail, own=True
    )
    post(ctx, given, "points")
    ctx.record("credit_member.gave", data.member, row, kind=data.kind)
    return data.member


def _amount(data: GivePoints, settings: CreditBankSettings) -> int:
    if data.kind == "gift" and data.points is not None and data.hours is None:
        return data.points
    if data.kind == "help" and data.hours is not None and data.points is None:
        return data.hours * settings.points_an_hour
    raise Invalid("credit_bank.points_or_hours", "points")


def _given_this_month(ctx: Context, row: Row[Any]) -> int:
    """Return what the member has given since the first of the month; the member's row is locked."""
    first = start_of(day_of(ctx.at).replace(day=1))
    given = (
        select(func.coalesce(-func.sum(entry.c.amount), 0))
        .join(journal, journal.c.id == entry.c.journal_id)
        .where(entry.c.account_id == row.account_id, entry.c.amount < 0)
        .where(journal.c.kind.in_(GIVEN), journal.c.at >= first)
    )
    return int(ctx.connection.execute(given).scalar_one())
