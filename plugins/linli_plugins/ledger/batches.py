"""Many small journals in one transaction: decided in Python over locked accounts, written a table at a time.

`posting.post` asks the database for each journal; here it is asked once for all of them. The rules are the
same: limits, open accounts of one book, a hash and an audit row each.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import (
    JSON,
    Connection,
    Insert,
    Row,
    Table,
    Text,
    TextClause,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    text,
)

from linli import model as t
from linli.database.sql import any_of
from linli.database.together import Step, together
from linli.errors import NotFound, Refusal
from linli.model.types import IdList, Instant
from linli.policy import Actor
from linli.traces.audit import AuditEntry, audit_step
from linli.verbs.inputs import NodeRef

from .hashing import LINE, journal_hash
from .journals import Journal, check, falls_short, journal_row, lines_of, runs_over
from .models import account, entry, journal
from .posting import POSTED


def _insert(table: Table) -> Insert:
    """Return the statement that inserts the rows of a table that stand in one JSON text."""
    rows = func.json_to_recordset(cast(bindparam("rows", type_=Text()), JSON()))
    columns = [column(one.name, one.type) for one in table.c]
    given = rows.table_valued(*columns).render_derived(name="given", with_types=True)
    return insert(table).from_select([one.name for one in table.c], select(*given.c))


# PostgreSQL takes all rows of a table as one value, which costs it and us a fifth of a statement for each.
INSERT: Final = {one: _insert(one) for one in (journal, entry, t.audit, t.event, t.idempotency)}
SET: Final[Mapping[str, TextClause]] = {
    "postgresql": text("""
        UPDATE ledger__account AS a
        SET balance = due.balance, version = a.version + due.times, updated_at = :at
        FROM json_to_recordset(CAST(:rows AS json)) AS due(id uuid, balance bigint, times int)
        WHERE a.id = due.id
    """).bindparams(bindparam("at", type_=Instant())),
    "sqlite": text("""
        UPDATE ledger__account
        SET balance = json_extract(due.value, '$.balance'), updated_at = :at,
            version = version + json_extract(due.value, '$.times')
        FROM json_each(:rows) AS due WHERE ledger__account.id = json_extract(due.value, '$.id')
    """).bindparams(bindparam("at", type_=Instant())),
}
Values = dict[str, Any]


def locked(connection: Connection, ids: Iterable[str]) -> dict[str, Row[Any]]:
    """Return accounts by id, open or closed, locked in the order of their ids until the transaction ends."""
    of_these = select(account).where(any_of(account.c.id, literal(sorted(set(ids)), IdList())))
    rows = connection.execute(of_these.order_by(account.c.id).with_for_update(key_share=True))
    return {row.id: row for row in rows}


@dataclass
class Batch:
    """Journals over accounts that this transaction has locked; nothing is written before `write`."""

    at: datetime
    accounts: Mapping[str, Row[Any]]
    rows: dict[Table, list[Values]] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)

    def balance(self, account_id: str) -> int:
        """Return what stands in an account after the journals so far."""
        return int(self.balances.get(account_id, self.accounts[account_id].balance))

    def post(self, actor: Actor, given: Journal, *path: str, request_id: str | None = None) -> str:
        """Take a journal in, or refuse it and leave the others as they are; return its id.

        Journals with a source or that reverse another must be known not to be booked yet.

        Raises:
            Refusal: INSUFFICIENT_BALANCE or LIMIT_EXCEEDED, an account has not or may not have so much.
            NotFound: an account is not an open one of the book, or was not locked.
            ValueError: this is no journal; the program is at fault.
        """
        check(given)
        due = self._due(given, path)
        row = journal_row(actor, self.at, given)
        lines = lines_of(given, due)
        digest = journal_hash(row, lines)
        self.add(journal, row | {"hash": digest})
        for line in lines:
            self.add(entry, {"journal_id": row["id"], **dict(zip(LINE, line, strict=True))})
        for ident, balance in due.items():
            self.balances[ident] = balance
            self.times[ident] = self.times.get(ident, 0) + 1
        ref, grid_id = NodeRef("journal", row["id"]), self.accounts[given.legs[0].account_id].grid_id
        told = AuditEntry(
            *(actor, POSTED, "done", "journal", "journal", ref.id, grid_id),
            request_id=request_id,
            detail={"hash": digest},
        )
        self.step(t.audit, audit_step(told))
        return ref.id

    def _due(self, given: Journal, path: tuple[str, ...]) -> dict[str, int]:
        """Return the balances after a journal."""
        due = {}
        over = False
        for leg in given.legs:
            row = self.accounts.get(leg.account_id)
            if row is None or row.book_id != given.book_id or row.valid_to is not None:
                raise NotFound(*path)
        for leg in given.legs:
            row, before = self.accounts[leg.account_id], self.balance(leg.account_id)
            if falls_short(row, before, leg.amount):
                raise Refusal("INSUFFICIENT_BALANCE", "ledger.not_enough", path)
            over = over or runs_over(row, before, leg.amount, restores=given.restores)
            due[leg.account_id] = before + leg.amount
        if over:
            raise Refusal("LIMIT_EXCEEDED", "ledger.too_much", path)
        return due

    def step(self, table: Table, step: Step) -> None:
        """Write the row of a step along with the others of its table."""
        self.add(table, dict(step.values))

    def add(self, table: Table, row: Values) -> None:
        """Write a row of a table along with the others."""
        self.rows.setdefault(table, []).append(row)

    def write(self, connection: Connection) -> None:
        """Write all that was taken in."""
        if connection.dialect.name == "postgresql":
            steps = [Step(INSERT[table], {"rows": _json(rows)}) for table, rows in self.rows.items()]
            together(connection, [self._moved("postgresql"), *steps])
            return
        together(connection, [self._moved("sqlite")])
        for table, rows in self.rows.items():
            connection.execute(insert(table), rows)

    def _moved(self, dialect: str) -> Step:
        due = [
            {"id": ident, "balance": balance, "times": self.times[ident]}
            for ident, balance in sorted(self.balances.items())
        ]
        return Step(SET[dialect], {"rows": _json(due), "at": self.at})


def _json(rows: Sequence[Values]) -> str:
    return orjson.dumps(rows).decode()
