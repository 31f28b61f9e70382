"""How an activity comes into the book: measured, entered, and booked with its explanation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select

from linli.context import Context
from linli.verbs.inputs import NodeRef
from linli_plugins.credit_bank.kinds import ISSUED
from linli_plugins.credit_bank.measuring import Worth, check_measure
from linli_plugins.credit_bank.models import activity
from linli_plugins.credit_bank.settings import CreditBankSettings
from linli_plugins.ledger.accounts import own_account
from linli_plugins.ledger.posting import post, transfer

from .shared import bank_row, owner, put_back, today_of

EARN = "earn"


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: when, how much of it, in words, at which check-in, and for which offer's stock."""

    on: date
    quantity: int
    note: str = ""
    offer_id: str | None = None
    session_id: str | None = None


def measure_of(ctx: Context, ref: NodeRef, member: Row[Any], done_on: date) -> Row[Any]:
    """Return the version of a measure, if it speaks of this member and this day."""
    row = ctx.see("credit_measure", ref, "measure")
    check_measure(row, member, done_on, today_of(ctx))
    return row


def enter(
    ctx: Context, member: Row[Any], measure: Row[Any], value: Worth, done: Done, *, claimed: bool = False
) -> NodeRef:
    """Enter an activity; it is booked at once if no second person has to look at it."""
    limit = ctx.settings(CreditBankSettings).four_eyes_above
    waits = claimed or measure.second_approver or value.points > limit
    values = owner(member) | {
        "bank_id": member.bank_id,
        "member_id": member.id,
        "measure_id": measure.id,
        "session_id": done.session_id,
        "offer_id": done.offer_id,
        "done_on": done.on,
        "quantity": done.quantity,
        "computed": value.computed,
        "points": value.points,
        "state": "claimed" if claimed else "recorded" if waits else "booked",
        "note": done.note,
        "recorded_by": ctx.actor.account_id,
    }
    ref = ctx.place("credit_activity", member.grid_id, values)
    if not waits:
        row = ctx.connection.execute(select(activity).where(activity.c.id == ref.id)).one()
        book(ctx, row, member, measure)
    ctx.record(f"credit_activity.{values['state']}", ref, member)
    return ref


def book(ctx: Context, row: Row[Any], member: Row[Any], measure: Row[Any]) -> None:
    """Post what an activity earned, and put goods that were handed in on the shelf."""
    bank = bank_row(ctx, row.bank_id)
    issued = own_account(ctx, bank.book_id, ISSUED)
    earned = transfer(
        bank.book_id,
        EARN,
        row.points,
        out_of=issued,
        into=member.account_id,
        source=NodeRef("credit_activity", row.id),
        detail={**explanation(measure, row.done_on, row.quantity), "computed": row.computed},
    )
    post(ctx, earned, "quantity")
    if row.offer_id is not None:
        put_back(ctx, row.offer_id, row.quantity)


def explanation(measure: Row[Any], done_on: date, quantity: int) -> Mapping[str, Any]:
    """Return what explains an entry to its owner: the version of the measure, the day and how much."""
    return {
        "measure": measure.id,
        "code": measure.code,
        "number": measure.number,
        "title": {"zh-CN": measure.title_zh, "en": measure.title_en},
        "points_each": measure.points,
        "by_rule": measure.rule or "",
        "done_on": done_on.isoformat(),
        "quantity": quantity,
    }
