"""Rebuilding balances from the entries, when they differ and the journals themselves are sound."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text, update

from linli.clock import now
from linli.policy import Actor
from linli.traces.audit import AuditEntry, write_audit
from linli.traces.heads import SignedHeads
from linli.verify.audit import verify_audit
from linli.verify.findings import Finding

from .models import account
from .verifying import astray, verify_journals

REBUILT = "ledger.rebuild"
# Every journal moves accounts. The serving role may lock rows, and not the table.
ALONE = text("SELECT count(*) FROM (SELECT id FROM ledger__account ORDER BY id FOR NO KEY UPDATE) AS held")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """An account whose balance was set to the sum of its entries."""

    id: str
    stored: int
    counted: int


def rebuild(connection: Connection, actor: Actor, heads: SignedHeads) -> list[Rebuilt] | list[Finding]:
    """Set every balance to the sum of the account's entries and return what differed.

    Nothing is written, and the faults are returned, where the journals or the audit are not as they were
    written: a balance made from such entries would be no better. Nobody posts meanwhile. The heads must
    have been read before the connection's transaction began.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(ALONE)
    found = [*verify_journals(connection).all(), *verify_audit(connection, heads)]
    if faults := [one for one in found if one.fault]:
        return faults
    return [_rebuilt(connection, actor, row) for row in connection.execute(astray()).all()]


def _rebuilt(connection: Connection, actor: Actor, row: Row[Any]) -> Rebuilt:
    counted = int(row.counted)
    c = account.c
    values = {"balance": counted, "version": c.version + 1, "updated_at": now()}
    connection.execute(update(account).where(c.id == row.id).values(values))
    detail = {"stored": row.balance, "counted": counted}
    told = AuditEntry(actor, REBUILT, "done", "book_account", "book_account", row.id, row.grid_id)
    told.detail.update(detail)
    write_audit(connection, told)
    return Rebuilt(row.id, row.balance, counted)
