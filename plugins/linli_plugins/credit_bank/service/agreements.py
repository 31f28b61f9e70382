"""Agreements between two banks: points move from one to the other up to a cap, and what is due is public."""

from typing import Any, Final

from pydantic import Field
from sqlalchemy import Row, select

from linli.context import Context
from linli.errors import AlreadyExists, Invalid, NotFound
from linli.policy import Facts
from linli.verbs.inputs import Input, NodeRef, Version
from linli.verbs.verb import verb
from linli_plugins.credit_bank.kinds import ISSUED, REDEEMED
from linli_plugins.credit_bank.models import agreement, member
from linli_plugins.ledger.accounts import own_account
from linli_plugins.ledger.models import account
from linli_plugins.ledger.posting import Journal, post, transfer

from .shared import AgreementRef, Amount, BankRef, MemberRef, active, bank_row, not_by

MOVE: Final = "move"
SETTLE: Final = "settle"
DUE: Final = "due_"
DIGITS: Final = 24  # of the other bank's id, as an account's kind has room for


class ProposeAgreement(Input):
    """The wish of one bank to take in the points of another."""

    bank: BankRef = Field(description="The bank that proposes.")
    other_bank: BankRef = Field(description="The other bank.")
    cap: Amount = Field(description="How many points may be due from either to the other.")


class AcceptAgreement(Input):
    """The consent of the other bank."""

    agreement: AgreementRef = Field(description="The agreement.")
    version: Version | None = None


class EndAgreement(Input):
    """The end of an agreement under which nothing is due."""

    agreement: AgreementRef = Field(description="The agreement.")
    version: Version | None = None


class MovePoints(Input):
    """A member's points, taken along to the other bank, where the same person is a member too."""

    agreement: AgreementRef = Field(description="The agreement.")
    member: MemberRef = Field(description="The membership from which they go.")
    points: Amount = Field(description="How many.")


class SettleAgreement(Input):
    """The statement of both banks that what was due has been made good."""

    agreement: AgreementRef = Field(description="The agreement.")
    version: Version | None = None


@verb("credit_agreement", sensitive=True)
def propose_agreement(ctx: Context, data: ProposeAgreement) -> NodeRef:
    """Propose to another bank that points can be moved between the two."""
    mine = ctx.load("credit_bank", data.bank, "read", "bank")
    place = ctx.require_at("credit_agreement", "create", mine.grid_id, "bank")
    other = ctx.see("credit_bank", data.other_bank, "otherBank")
    if other.id == mine.id:
        raise Invalid("credit_bank.same_bank", "otherBank")
    c, ends = agreement.c, (mine.id, other.id)
    pair = c.bank_id.in_(ends) & c.other_bank_id.in_(ends)
    if ctx.connection.execute(select(c.id).where(pair, c.valid_to.is_(None))).first():
        raise AlreadyExists("credit_bank.agreement_exists", "otherBank")
    values = {"bank_id": mine.id, "other_bank_id": other.id, "cap": data.cap, "state": "proposed"}
    ref = ctx.place("credit_agreement", place.id, values | {"proposed_by": ctx.actor.account_id})
    ctx.record("credit_agreement.proposed", ref, place)
    return ref


@verb("credit_agreement", sensitive=True)
def accept_agreement(ctx: Context, data: AcceptAgreement) -> NodeRef:
    """Accept an agreement in the name of the other bank; never by who proposed it."""
    row = _open(ctx, data.agreement, "proposed")
    other, mine = bank_row(ctx, row.other_bank_id), bank_row(ctx, row.bank_id)
    ctx.require_at("credit_agreement", "create", other.grid_id, "agreement")
    not_by(ctx, row.proposed_by)
    values = {
        "state": "in_force",
        "account_id": _due_account(ctx, mine, other, row.cap),
        "other_account_id": _due_account(ctx, other, mine, row.cap),
    }
    ctx.change("credit_agreement", row, values, data.version)
    ctx.record("credit_agreement.accepted", data.agreement, row)
    return data.agreement


@verb("credit_agreement", sensitive=True)
def end_agreement(ctx: Context, data: EndAgreement) -> NodeRef:
    """End an agreement under which nothing is due; either bank can."""
    row = _locked(ctx, data.agreement)
    banks = (bank_row(ctx, row.bank_id), bank_row(ctx, row.other_bank_id))
    places = (Facts(path=one.path, grid_id=one.grid_id) for one in banks)
    ctx.require_one_of([("credit_agreement", "close", place) for place in places], "agreement")
    if row.state == "in_force":
        for ident in (row.account_id, row.other_account_id):
            due = _account(ctx, ident)
            if due.balance:
                raise Invalid("credit_bank.still_due", "agreement")
            ctx.change("book_account", due, {"valid_to": ctx.at})
    ctx.change("credit_agreement", row, {"state": "ended", "valid_to": ctx.at}, data.version)
    ctx.record("credit_agreement.ended", data.agreement, row)
    return data.agreement


@verb("credit_member", sensitive=True)
def move_points(ctx: Context, data: MovePoints) -> NodeRef:
    """Take points along to the other bank of an agreement, as far as its cap allows."""
    row = active(ctx.load("credit_member", data.member, "spend", "member"), "member")
    found = _open(ctx, data.agreement, "in_force")
    sides = {found.bank_id: found.account_id, found.other_bank_id: found.other_account_id}
    if row.bank_id not in sides:
        raise Invalid("credit_bank.other_bank", "member")
    there = next(one for one in sides if one != row.bank_id)
    twin = _same_person(ctx, row, there)
    detail = {"agreement": found.id, "from": row.number, "to": twin.number}
    out, into = bank_row(ctx, row.bank_id), bank_row(ctx, there)
    steps = (
        (out.book_id, row.account_id, sides[row.bank_id]),
        (into.book_id, sides[there], twin.account_id),
    )
    # The book with the smaller id first: members who move in opposite directions never wait in a ring.
    for book, source, target in sorted(steps):
        given = transfer(book, MOVE, data.points, out_of=source, into=target, detail=detail, own=True)
        post(ctx, given, "points")
    ctx.record("credit_member.moved_points", data.member, row)
    return data.member


@verb("credit_agreement", sensitive=True)
def settle_agreement(ctx: Context, data: SettleAgreement) -> NodeRef:
    """Settle what is due between two banks, by somebody who may act for both."""
    row = ctx.load("credit_agreement", data.agreement, "settle", "agreement")
    if row.state != "in_force":
        raise Invalid("credit_bank.not_in_force", "agreement")
    other = bank_row(ctx, row.other_bank_id)
    ctx.require_at("credit_agreement", "settle", other.grid_id, "agreement")
    ends = ((bank_row(ctx, row.bank_id), row.account_id), (other, row.other_account_id))
    for at, ident in sorted(ends, key=lambda end: str(end[0].book_id)):
        journal = _settling(ctx, at, _account(ctx, ident))
        if journal is not None:
            post(ctx, journal, "agreement")
    ctx.change("credit_agreement", row, {}, data.version)
    ctx.record("credit_agreement.settled", data.agreement, row)
    return data.agreement


def _settling(ctx: Context, at: Row[Any], due: Row[Any]) -> Journal | None:
    """Return the journal that brings what is due to nothing: gone for good, or taken over."""
    if not due.balance:
        return None
    if due.balance > 0:
        gone = own_account(ctx, at.book_id, REDEEMED)
        return transfer(at.book_id, SETTLE, due.balance, out_of=due.id, into=gone)
    issued = own_account(ctx, at.book_id, ISSUED)
    return transfer(at.book_id, SETTLE, -due.balance, out_of=issued, into=due.id)


def _open(ctx: Context, ref: NodeRef, state: str) -> Row[Any]:
    """Return an agreement, locked, in a state."""
    row = _locked(ctx, ref)
    if row.state != state:
        raise Invalid("credit_bank.not_in_force", "agreement")
    return row


def _locked(ctx: Context, ref: NodeRef) -> Row[Any]:
    """Return an open agreement, which everybody may see, locked."""
    c = agreement.c
    statement = select(agreement).where(c.id == ref.id, c.valid_to.is_(None)).with_for_update(key_share=True)
    row = ctx.connection.execute(statement).one_or_none()
    if row is None:
        raise NotFound("agreement")
    return row


def _due_account(ctx: Context, at: Row[Any], other: Row[Any], cap: int) -> str:
    kind = DUE + str(other.id).replace("-", "")[-DIGITS:]
    limits = {"balance": 0, "lower_limit": -cap, "upper_limit": cap}
    return ctx.place("book_account", at.grid_id, {"book_id": at.book_id, "kind": kind, **limits}).id


def _account(ctx: Context, ident: str) -> Row[Any]:
    statement = select(account).where(account.c.id == ident).with_for_update(key_share=True)
    return ctx.connection.execute(statement).one()


def _same_person(ctx: Context, row: Row[Any], bank_id: str) -> Row[Any]:
    c = member.c
    same = (
        c.resident_id == row.resident_id
        if row.resident_id is not None
        else c.organization_id == row.organization_id
    )
    wanted = select(member).where(c.bank_id == bank_id, same, c.state == "active")
    twin = ctx.connection.execute(wanted).one_or_none()
    if twin is None:
        raise Invalid("credit_bank.not_member_there", "member")
    return twin
