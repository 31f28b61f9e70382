"""Whether the books agree with themselves: what is found is told as `linli verify` tells its findings.

A journal's hash stands in the audit too, whose chain is sealed and whose heads are signed outside the
database: who changes, removes or cuts off journals would have to change the audit, and that is found.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from linli.model import audit
from linli.verify.findings import Finding, Findings

from .accounts import HELD
from .hashing import journal_hash
from .models import account, entry, hold, journal
from .posting import POSTED

FETCH = 1000


def verify_books(connection: Connection) -> list[Finding]:
    """Find journals that do not balance or were changed, and accounts that differ from their entries."""
    found = Findings()
    for row, lines in journals(connection):
        _judge(row, lines, found)
    for row in connection.execute(_untold()):
        found.add("ledger.untold" if row.detail is None else "ledger.hash_differs", id=row.id)
    for row in connection.execute(_missing()):
        found.add("ledger.missing", id=row.object_id)
    for row in connection.execute(_astray()):
        found.add("ledger.balance_differs", id=row.id, stored=row.balance, counted=row.counted)
    for row in connection.execute(_out_of_limits()):
        found.add("ledger.beyond_limits", id=row.id, balance=row.balance)
    for row in connection.execute(_holds_astray()):
        found.add("ledger.hold_differs", id=row.id)
    for row in connection.execute(_held_astray()):
        found.add("ledger.held_differs", book=row.book_id, stored=row.balance, counted=row.counted)
    return found.all()


def journals(connection: Connection) -> Iterator[tuple[Row[Any], Sequence[Row[Any]]]]:
    """Yield every journal, oldest first, with its entries in order."""
    columns = [*journal.c, entry.c.line, entry.c.account_id, entry.c.amount, entry.c.balance]
    statement = select(*columns).outerjoin(entry, entry.c.journal_id == journal.c.id)
    rows = connection.execute(
        statement.order_by(journal.c.id, entry.c.line).execution_options(yield_per=FETCH)
    )
    gathered: list[Row[Any]] = []
    for row in rows:
        if gathered and gathered[0].id != row.id:
            yield gathered[0], _lines(gathered)
            gathered = []
        gathered.append(row)
    if gathered:
        yield gathered[0], _lines(gathered)


def _lines(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    return [row for row in rows if row.line is not None]


def _judge(row: Row[Any], lines: Sequence[Row[Any]], found: Findings) -> None:
    if len(lines) < 2 or sum(line.amount for line in lines):
        found.add("ledger.unbalanced", id=row.id)
    columns = {column.name: row._mapping[column] for column in journal.c}  # noqa: SLF001 - SQLAlchemy's public name
    if journal_hash(columns, [line._asdict() for line in lines]) != row.hash:
        found.add("ledger.changed", id=row.id)


def _told() -> Any:
    """What the audit says of journals."""
    return select(audit.c.object_id, audit.c.detail).where(audit.c.action == POSTED).subquery()


def _untold() -> Any:
    """Journals of which the audit says nothing, or has another hash."""
    told = _told()
    joined = journal.outerjoin(told, told.c.object_id == journal.c.id)
    said = told.c.detail["hash"].as_string()
    unlike = or_(told.c.object_id.is_(None), said != journal.c.hash)
    return select(journal.c.id, told.c.detail).select_from(joined).where(unlike)


def _missing() -> Any:
    """Journals that the audit tells of and that are not there."""
    told = _told()
    joined = told.outerjoin(journal, told.c.object_id == journal.c.id)
    return select(told.c.object_id).select_from(joined).where(journal.c.id.is_(None))


def _astray() -> Any:
    counted = func.coalesce(func.sum(entry.c.amount), 0).label("counted")
    joined = select(account.c.id, account.c.balance, counted).outerjoin(
        entry, entry.c.account_id == account.c.id
    )
    return joined.group_by(account.c.id, account.c.balance).having(counted != account.c.balance)


def _out_of_limits() -> Any:
    c = account.c
    return select(c.id, c.balance).where(or_(c.balance < c.lower_limit, c.balance > c.upper_limit))


def _holds_astray() -> Any:
    """Holds that their journal does not tell of, or whose state is not that of their journals."""
    same = (entry.c.account_id == hold.c.account_id) & (entry.c.amount == -hold.c.amount)
    joined = hold.outerjoin(entry, (entry.c.journal_id == hold.c.opened_by_id) & same)
    open_still = hold.c.state == "open"
    unlike = or_(open_still & hold.c.closed_by_id.is_not(None), ~open_still & hold.c.closed_by_id.is_(None))
    return select(hold.c.id).select_from(joined).where(or_(entry.c.journal_id.is_(None), unlike))


def _held_astray() -> Any:
    """Books whose account of what is held differs from the holds that are open."""
    owner = account.alias("owner")
    counted = (
        select(func.coalesce(func.sum(hold.c.amount), 0))
        .join(owner, owner.c.id == hold.c.account_id)
        .where(owner.c.book_id == account.c.book_id, hold.c.state == "open")
        .scalar_subquery()
        .label("counted")
    )
    own = account.c.resident_id.is_(None) & account.c.organization_id.is_(None)
    held = select(account.c.book_id, account.c.balance, counted).where(account.c.kind == HELD, own)
    return held.where(account.c.balance != counted)
