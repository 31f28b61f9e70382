"""Members: they join by their own consent, and leave when they like."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Row, select, update

from linli.context import Context
from linli.errors import AlreadyExists, Invalid
from linli.policy import Facts
from linli.verbs.consents import require_guardians_consent
from linli.verbs.inputs import Input, NodeRef, Version, ref_to
from linli.verbs.verb import verb
from linli_plugins.credit_bank.kinds import CONSENT, MEMBER
from linli_plugins.credit_bank.models import bank, member
from linli_plugins.credit_bank.settings import CreditBankSettings
from linli_plugins.ledger.accounts import Owner, book_row, open_account

from .shared import BankRef, MemberRef, today_of


class JoinCreditBank(Input):
    """The consent of a resident, or of an organisation by who runs it, to be a member."""

    bank: BankRef = Field(description="The bank.")
    member: Annotated[NodeRef, *ref_to("resident", "organization")] | None = Field(
        None, description="Who joins; the caller if left out."
    )
    terms_version: int = Field(ge=1, description="The version of the terms that were read and agreed to.")
    on_paper: bool = Field(
        False, description="Whether the person signed on paper and staff enters it in their name."
    )


class LeaveCreditBank(Input):
    """The wish to leave. Until the last day the member can still spend."""

    member: MemberRef = Field(description="The membership.")
    version: Version | None = None


@verb("credit_member", sensitive=True)
def join_credit_bank(ctx: Context, data: JoinCreditBank) -> NodeRef:
    """Join a bank; nobody is made a member without consent."""
    at = ctx.load("credit_bank", data.bank, "read", "bank")
    kind, who = _who(ctx, data)
    if not who.path.startswith(at.path):
        raise Invalid("credit_bank.lives_elsewhere", "member")
    if data.terms_version != at.terms_version:
        raise Invalid("credit_bank.terms_changed", "termsVersion", now=at.terms_version)
    if kind == "resident":
        require_guardians_consent(ctx, who.id, CONSENT, "member")
    column = member.c[f"{kind}_id"]
    there = select(member.c.id).where(
        member.c.bank_id == at.id, column == who.id, member.c.valid_to.is_(None)
    )
    if ctx.connection.execute(there).one_or_none():
        raise AlreadyExists("credit_bank.member_already", "member")
    return _enter(ctx, at, who, {f"{kind}_id": who.id}, "paper" if data.on_paper else "own")


@verb("credit_member", sensitive=True)
def leave_credit_bank(ctx: Context, data: LeaveCreditBank) -> NodeRef:
    """Leave a bank: what is left can be spent for a while, then the link to the person is destroyed."""
    row = ctx.load("credit_member", data.member, "leave", "member")
    if row.state != "active":
        raise Invalid("credit_bank.leaving", "member")
    days = ctx.settings(CreditBankSettings).spend_down_days
    values = {"state": "leaving", "leaves_on": today_of(ctx) + timedelta(days=days)}
    ctx.change("credit_member", row, values, data.version)
    ctx.record("credit_member.leaving", data.member, row)
    return data.member


def _who(ctx: Context, data: JoinCreditBank) -> tuple[str, Row[Any]]:
    """Return type and row of who joins, if the actor may say so: the person, who runs it, or staff."""
    named = data.member
    if named is None:
        if ctx.actor.resident_id is None:
            raise Invalid("credit_bank.who_joins", "member")
        named = NodeRef("resident", ctx.actor.resident_id)
    row = ctx.see(named.type, named, "member")
    ids = frozenset({row.id})
    own = Facts(resident_ids=ids) if named.type == "resident" else Facts(organization_ids=ids)
    ctx.require_at("credit_member", "enter" if data.on_paper else "join", row.grid_id, "member", more=own)
    return named.type, row


def _enter(ctx: Context, at: Row[Any], who: Row[Any], owner: dict[str, str], consent: str) -> NodeRef:
    number = at.last_number + 1
    # No new version of the bank: whoever corrects it has read its name and terms, not this counter.
    ctx.connection.execute(update(bank).where(bank.c.id == at.id).values(last_number=number))
    account = open_account(ctx, book_row(ctx, at.book_id), MEMBER, Owner(**owner))
    values = owner | {
        "bank_id": at.id,
        "number": number,
        "account_id": account.id,
        "terms_version": at.terms_version,
        "consent": consent,
        "state": "active",
    }
    ref = ctx.place("credit_member", who.grid_id, values)
    ctx.record("credit_member.joined", ref, who)
    return ref
