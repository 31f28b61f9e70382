"""What the calendar brings: redemptions that nobody fetched, and members whose last day has passed."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, Select, Table, select, update

from linli import model as t
from linli.context import Context
from linli.verbs.inputs import NodeRef
from linli_plugins.ledger.accounts import book_row, close_account, own_account
from linli_plugins.ledger.batches import locked
from linli_plugins.ledger.expiry import Rule, expire
from linli_plugins.ledger.models import account
from linli_plugins.ledger.posting import post, transfer

from .expiry import rule_on
from .kinds import EXPIRED
from .models import activity, appeal, bank, member, offer, redemption
from .service.redemptions import undo

BATCH: Final = 200
LAPSE: Final = "lapse"

# What says whose a row is, and what was written about a person; emptied when the member has left.
FORGOTTEN: Final[Mapping[Table, Mapping[str, Any]]] = {
    activity: {"resident_id": None, "organization_id": None, "note": "", "decision": None},
    redemption: {"resident_id": None, "organization_id": None},
}


def expire_redemptions(ctx: Context, day: date) -> int:
    """Give back what was not fetched in time, at most 200; return how many there were."""
    c = redemption.c
    late = select(redemption).where(c.state == "held", c.expires_on < day).order_by(c.id).limit(BATCH)
    rows = ctx.connection.execute(late.with_for_update(key_share=True, skip_locked=True)).all()
    # All accounts before all shelves, each in the order of their ids, so that nobody waits in a ring.
    of_members = select(member.c.account_id).where(member.c.id.in_({row.member_id for row in rows}))
    locked(ctx.connection, ctx.connection.execute(of_members).scalars())
    shelves = select(offer.c.id).where(offer.c.id.in_({row.offer_id for row in rows})).order_by(offer.c.id)
    ctx.connection.execute(shelves.with_for_update(key_share=True))
    for row in rows:
        undo(ctx, row, "expired")
    return len(rows)


def finish_leaving(ctx: Context, day: date) -> int:
    """End memberships whose last day has passed, at most 200; return how many were ended.

    Who still waits for something that was redeemed, or for an appeal, leaves when that is over.
    """
    c = member.c
    held = select(redemption.c.member_id).where(redemption.c.state == "held")
    appealed = (
        select(activity.c.member_id)
        .join(appeal, appeal.c.activity_id == activity.c.id)
        .where(appeal.c.state.in_(("raised", "received")))
    )
    over = (c.state == "leaving") & (c.leaves_on < day) & c.id.not_in(held) & c.id.not_in(appealed)
    statement = select(member).where(over).order_by(c.id).limit(BATCH)
    rows = ctx.connection.execute(statement.with_for_update(key_share=True, skip_locked=True)).all()
    for row in rows:
        _leave(ctx, row)
    return len(rows)


def _leave(ctx: Context, row: Row[Any]) -> None:
    """Let what is left lapse, and destroy the link between the member's number and who it was.

    What nobody has decided by now is withdrawn: there is no account left in which it could be booked.
    """
    own = ctx.connection.execute(select(account).where(account.c.id == row.account_id)).one()
    if own.balance:
        book_id = ctx.connection.execute(select(bank.c.book_id).where(bank.c.id == row.bank_id)).scalar_one()
        expired = own_account(ctx, book_id, EXPIRED)
        post(ctx, transfer(book_id, LAPSE, own.balance, out_of=own.id, into=expired))
    close_account(ctx, own.id)
    nobody = {"resident_id": None, "organization_id": None}
    ctx.connection.execute(update(account).where(account.c.id == own.id).values(nobody))
    _withdraw(ctx, row)
    _forget(ctx, row)
    ctx.change("credit_member", row, nobody | {"state": "left", "valid_to": ctx.at})
    ctx.record("credit_member.left", NodeRef("credit_member", row.id), row)


def _withdraw(ctx: Context, row: Row[Any]) -> None:
    c = activity.c
    waiting = (c.member_id == row.id) & c.state.in_(("claimed", "recorded"))
    ended = {"state": "withdrawn", "version": c.version + 1, "updated_at": ctx.at}
    for one in ctx.connection.execute(
        update(activity).where(waiting).values(ended).returning(activity)
    ).all():
        ctx.record("credit_activity.withdrawn", NodeRef("credit_activity", one.id), one)


def _forget(ctx: Context, row: Row[Any]) -> None:
    """Empty what says who the member was: owners, words, and the own account as who entered something."""
    member_id = row.id
    own = (activity.c.member_id == member_id) & activity.c.recorded_by.in_(_own_accounts(row))
    ctx.connection.execute(update(activity).where(own).values(recorded_by=None))
    theirs = select(activity.c.id).where(activity.c.member_id == member_id)
    empty = {"resident_id": None, "organization_id": None, "text": "", "decision": None}
    ctx.connection.execute(update(appeal).where(appeal.c.activity_id.in_(theirs)).values(empty))
    for table, values in FORGOTTEN.items():
        ctx.connection.execute(update(table).where(table.c.member_id == member_id).values(values))


def _own_accounts(row: Row[Any]) -> Select[Any]:
    """The accounts of a member; of an organisation those that act for it, or once did."""
    if row.organization_id is not None:
        at = t.assignment.c
        return select(at.account_id).where(at.anchor_organization_id == row.organization_id)
    return select(t.account.c.id).where(t.account.c.resident_id == row.resident_id)


def expire_points(ctx: Context, day: date) -> int:
    """Let lapse what is due by the banks' published rules; return how many accounts lost points.

    All banks are gone through in one transaction for each call: a second call on the same day does nothing.
    """
    lapsed = 0
    for row in ctx.connection.execute(
        select(bank).where(bank.c.valid_to.is_(None)).order_by(bank.c.id)
    ).all():
        rule = rule_on(row.expiry, day)
        if rule is not None:
            lapsed += _lapsed(ctx, row, rule, day)
    return lapsed


def _lapsed(ctx: Context, row: Row[Any], rule: Rule, day: date) -> int:
    book, after, total = book_row(ctx, row.book_id), None, 0
    while True:
        done = expire(ctx, book, rule, day, after=after)
        total, after = total + done.journals, done.after
        if after is None:
            return total


JOBS: Final = (expire_redemptions, finish_leaving, expire_points)
