"""What the credit bank does when residents move or are closed."""

from datetime import timedelta

from sqlalchemy import select, update

from linli.clock import day_of
from linli.territory import relocate
from linli.traces.events import EventRecord
from linli.traces.reactions import ReactionContext
from linli.verbs.inputs import NodeRef

from .models import activity, appeal, member
from .settings import CreditBankSettings

FOLLOWING = (member, activity, appeal)  # redemptions stay where they are handed over


def leave(ctx: ReactionContext, event: EventRecord) -> None:
    """Let a resident or an organisation whose record is closed leave all banks, with time to spend."""
    assert isinstance(ctx.settings, CreditBankSettings)  # noqa: S101 - what linli_settings has returned
    last = day_of(ctx.at) + timedelta(days=ctx.settings.spend_down_days)
    c = member.c
    left = {"state": "leaving", "leaves_on": last, "version": c.version + 1, "updated_at": ctx.at}
    theirs = (c[f"{event.subject.type}_id"] == event.subject.id) & (c.state == "active")
    for row in ctx.connection.execute(update(member).where(theirs).values(left).returning(member)).all():
        ctx.record("credit_member.leaving", NodeRef("credit_member", row.id), row)


def follow(ctx: ReactionContext, event: EventRecord) -> None:
    """Let what is the resident's own stand where the resident lives now, so that the right staff sees it."""
    for table in FOLLOWING:
        rows = select(table.c.id).where(table.c.resident_id == event.subject.id)
        ids = ctx.connection.execute(rows).scalars().all()
        if ids:
            relocate(ctx.connection, table, table.c.id.in_(ids), event.grid_id)
