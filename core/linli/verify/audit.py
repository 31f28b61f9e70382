"""The audit against its chain, and the chain against the heads that were signed outside the database."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from linli.clock import now
from linli.model import audit, seal
from linli.traces.audit import audit_hash
from linli.traces.chain import GENESIS, link_hash
from linli.traces.heads import SignedHeads
from linli.verify.findings import Finding, Findings

FETCH = 1000
GRACE = timedelta(hours=1)  # after the first seal, within which no head need be signed yet


def verify_audit(connection: Connection, heads: SignedHeads) -> list[Finding]:
    """Find audit rows that were changed or removed, and a chain that was cut, rewritten or made anew.

    The heads must have been read before the connection's transaction began. The rows that the sealer has
    not reached yet are noted: their removal cannot be found.
    """
    walk = _Walk({head.number: head.link for head in heads.heads})
    for row in sealed_rows(connection):
        walk.step(row)
    walk.end(heads)
    unsealed = 0
    for row in unsealed_rows(connection):
        unsealed += 1
        if audit_hash(audited(row)) != row.hash:
            walk.found.add("verify.audit_changed_unsealed", id=row.id)
    if unsealed:
        walk.found.add("verify.audit_unsealed", fault=False, count=unsealed)
    return walk.found.all()


def sealed_rows(connection: Connection) -> Iterator[Row[Any]]:
    """Yield the seals in order, each with its audit row's columns, which are None where that is gone."""
    seals = select(
        seal.c.number, seal.c.audit_id, seal.c.previous, seal.c.link, seal.c.at.label("sealed_at"), audit
    )
    statement = seals.outerjoin(audit, audit.c.id == seal.c.audit_id).order_by(seal.c.number)
    yield from connection.execute(statement.execution_options(yield_per=FETCH))


def unsealed_rows(connection: Connection) -> Iterator[Row[Any]]:
    """Yield the audit rows without a seal, oldest first."""
    statement = select(audit).outerjoin(seal, seal.c.audit_id == audit.c.id).where(seal.c.audit_id.is_(None))
    yield from connection.execute(statement.order_by(audit.c.id).execution_options(yield_per=FETCH))


def audited(row: Row[Any]) -> dict[str, Any]:
    """Return the columns of an audit row, as they were hashed."""
    return {column.name: row._mapping[column] for column in audit.columns}  # noqa: SLF001 - SQLAlchemy's public name


@dataclass
class _Walk:
    signed: Mapping[int, str]
    found: Findings = field(default_factory=Findings)
    number: int = 0
    link: str = GENESIS
    begun: Any = None

    def step(self, row: Row[Any]) -> None:
        if row.number != self.number + 1:
            self.found.add("verify.audit_gap", first=self.number + 1, last=row.number - 1)
        elif row.previous != self.link:
            self.found.add("verify.audit_broken", number=row.number)
        if row.id is None:
            self.found.add("verify.audit_missing", number=row.number, id=row.audit_id)
        else:
            self._judge(row)
        if self.signed.get(row.number, row.link) != row.link:
            self.found.add("verify.audit_head_differs", number=row.number)
        self.begun = self.begun or row.sealed_at
        self.number, self.link = row.number, row.link

    def _judge(self, row: Row[Any]) -> None:
        if audit_hash(audited(row)) != row.hash:
            self.found.add("verify.audit_changed", number=row.number, id=row.id)
        elif link_hash(row.number, row.audit_id, row.hash, row.previous) != row.link:
            self.found.add("verify.audit_relinked", number=row.number, id=row.id)

    def end(self, heads: SignedHeads) -> None:
        newest = max(self.signed, default=0)
        if newest > self.number:
            self.found.add("verify.audit_truncated", number=newest, last=self.number)
        if heads.unreadable:
            self.found.add("verify.head_unreadable", count=heads.unreadable)
        if not heads.heads and self.begun is not None:
            old = self.begun < now() - GRACE
            self.found.add("verify.no_head", fault=old, count=self.number)
