"""What the plugin tells, and what it listens to."""

from typing import Final

from sqlalchemy import update

from linli.traces.events import EventRecord
from linli.traces.reactions import ReactionContext
from linli.verbs.inputs import NodeRef

from .models import motto

PROPOSED: Final = "motto.proposed"
ADOPTED: Final = "motto.adopted"
WITHDRAWN: Final = "motto.withdrawn"


def withdraw_proposals(ctx: ReactionContext, event: EventRecord) -> None:
    """Withdraw what a resident who has left had only proposed; adopted mottos stay."""
    proposed = (motto.c.proposer_id == event.subject.id) & (motto.c.state == "proposed")
    ended = {"state": "withdrawn", "valid_to": ctx.at, "updated_at": ctx.at, "version": motto.c.version + 1}
    statement = update(motto).where(proposed).values(ended).returning(motto)
    for row in ctx.connection.execute(statement).all():
        ctx.record(WITHDRAWN, NodeRef("motto", row.id), row, reason="proposer_left")
