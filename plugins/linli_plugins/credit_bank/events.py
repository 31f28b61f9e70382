"""What the credit bank does when residents move or are closed."""

from datetime import timedelta

from sqlalchemy import ColumnElement, select, update

from linli.clock import day_of
from linli.privacy.consents import withdrawn
from linli.privacy.erasure import ERASED
from linli.territory import relocate
from linli.traces.events import EventRecord
from linli.traces.reactions import ReactionContext
from linli.verbs.inputs import NodeRef

from .kinds import CONSENT
from .models import activity, appeal, member
from .settings import CreditBankSettings

FOLLOWING = (member, activity, appeal)  # redemptions stay where they are handed over


def leave(ctx: ReactionContext, event: EventRecord) -> None:
    """Let a resident or an organisation whose record is closed leave all banks, with time to spend.

    Of somebody who is erased nobody spends any more: the next nightly run destroys the link.
    """
    erased = event.data.get("reason") == ERASED
    _leave(ctx, member.c[f"{event.subject.type}_id"] == event.subject.id, at_once=erased)


def _leave(ctx: ReactionContext, theirs: ColumnElement[bool], *, at_once: bool = False) -> None:
    assert isinstance(ctx.settings, CreditBankSettings)  # noqa: S101 - what linli_settings has returned
    last = day_of(ctx.at) + timedelta(days=-1 if at_once else ctx.settings.spend_down_days)
    c = member.c
    left = {"state": "leaving", "leaves_on": last, "version": c.version + 1, "updated_at": ctx.at}
    active = update(member).where(theirs, c.state == "active")
    for row in ctx.connection.execute(active.values(left).returning(member)).all():
        ctx.record("credit_member.leaving", NodeRef("credit_member", row.id), row)


def leave_without_consent(ctx: ReactionContext, event: EventRecord) -> None:
    """Let a child whose guardian has withdrawn leave all banks; what it has earned can still be spent."""
    if (who := withdrawn(ctx.connection, event, CONSENT)) is not None:
        _leave(ctx, member.c.resident_id == who)


def follow(ctx: ReactionContext, event: EventRecord) -> None:
    """Let what is the resident's own stand where the resident lives now, so that the right staff sees it."""
    for table in FOLLOWING:
        rows = select(table.c.id).where(table.c.resident_id == event.subject.id)
        ids = ctx.connection.execute(rows).scalars().all()
        if ids:
            relocate(ctx.connection, table, table.c.id.in_(ids), event.grid_id)
