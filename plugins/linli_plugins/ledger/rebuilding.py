"""Rebuilding balances from the entries, and what is held from the holds, when these themselves are sound."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, text, update

from linli.clock import now
from linli.policy import Actor
from linli.traces.audit import AuditEntry, write_audit
from linli.traces.heads import SignedHeads
from linli.verify.audit import verify_audit
from linli.verify.findings import Finding

from .models import account
from .verifying import astray, verify_sealed

REBUILT = "ledger.rebuild"
# Every journal moves accounts. The serving role may lock rows, and not the table.
ALONE = text("SELECT count(*) FROM (SELECT id FROM ledger__account ORDER BY id FOR NO KEY UPDATE) AS held")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """An account whose balance was set to the sum of its entries, and `held` to that of its open holds."""

    id: str
    stored: int
    counted: int
    held: int
    kept: int


def rebuild(connection: Connection, actor: Actor, heads: SignedHeads) -> list[Rebuilt] | list[Finding]:
    """Set every balance to the sum of the account's entries, `held` likewise, and return what differed.

    Nothing is written, and the faults are returned, where journals, holds or the audit are not as they
    were written: a balance made from such entries would be no better. Nobody posts meanwhile. The heads must
    have been read before the connection's transaction began.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(ALONE)
    found = [*verify_sealed(connection).all(), *verify_audit(connection, heads)]
    if faults := [one for one in found if one.fault]:
        return faults
    return [_rebuilt(connection, actor, row) for row in connection.execute(astray()).all()]


def _rebuilt(connection: Connection, actor: Actor, row: Row[Any]) -> Rebuilt:
    made = Rebuilt(row.id, row.balance, int(row.counted), row.held, int(row.kept))
    c = account.c
    values = {"balance": made.counted, "held": made.kept, "version": c.version + 1, "updated_at": now()}
    connection.execute(update(account).where(c.id == row.id).values(values))
    told = AuditEntry(actor, REBUILT, "done", "book_account", "book_account", row.id, row.grid_id)
    told.detail.update({name: value for name, value in asdict(made).items() if name != "id"})
    write_audit(connection, told)
    return made
