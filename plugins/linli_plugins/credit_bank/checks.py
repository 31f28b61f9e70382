"""What must hold between the bank's rows and its book, for `linli verify`."""

from typing import Final

from sqlalchemy import Connection, and_, case, or_, select

from linli.verify import Finding
from linli_plugins.ledger.models import hold, journal

from .models import activity, appeal, award, redemption

HOLD_STATES: Final = {
    "held": "open",
    "handed_over": "captured",
    "cancelled": "released",
    "expired": "released",
}


def verify_booked(connection: Connection) -> list[Finding]:
    """Find activities and awards that say to be booked and are not in the book, or the other way round."""
    found = []
    for table, name in ((activity, "credit_activity"), (award, "credit_award")):
        at = and_(journal.c.source_type == name, journal.c.source_id == table.c.id, journal.c.kind == "earn")
        rows = select(table.c.id, table.c.state, journal.c.id.label("journal")).outerjoin(journal, at)
        odd = or_(
            and_(table.c.state == "booked", journal.c.id.is_(None)),
            and_(table.c.state.in_(("claimed", "recorded", "prepared")), journal.c.id.is_not(None)),
        )
        corrected = select(appeal.c.activity_id).where(appeal.c.state == "upheld")
        statement = rows.where(odd, table.c.id.not_in(corrected))
        found += [
            Finding("credit_bank.not_booked", {"id": row.id, "state": row.state})
            for row in connection.execute(statement)
        ]
    return found


def verify_held(connection: Connection) -> list[Finding]:
    """Find redemptions whose hold is in another state, or of another amount."""
    due = case(HOLD_STATES, value=redemption.c.state)
    joined = redemption.join(hold, hold.c.id == redemption.c.hold_id)
    odd = or_(hold.c.state != due, hold.c.amount != redemption.c.points)
    columns = (redemption.c.id, redemption.c.state, hold.c.state.label("hold_state"))
    rows = connection.execute(select(*columns).select_from(joined).where(odd))
    return [
        Finding("credit_bank.hold_differs", {"id": row.id, "state": row.state, "hold": row.hold_state})
        for row in rows
    ]
