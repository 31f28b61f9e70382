"""Whether the books agree with themselves: what is found is told as `linli verify` tells its findings.

The hash of a journal or a hold stands in the audit too, whose chain is sealed and whose heads are signed
outside the database: who changes, removes or cuts off one of them would have to change the audit, and that
is found.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, func, or_, select

from linli.model import audit, seal
from linli.model.types import instant_text
from linli.verify.findings import Finding, Findings

from .hashing import hold_hash
from .holds import HELD, RELEASED
from .models import account, entry, hold, journal
from .posting import POSTED
from .reading import FETCH, is_as_written, journals


def verify_books(connection: Connection) -> list[Finding]:
    """Find journals that do not balance or were changed, and accounts that differ from their entries."""
    found = verify_sealed(connection)
    for row in connection.execute(astray()):
        if row.balance != row.counted:
            found.add("ledger.balance_differs", id=row.id, stored=row.balance, counted=row.counted)
        if row.held != row.kept:
            found.add("ledger.held_differs", id=row.id, stored=row.held, counted=row.kept)
    for row in connection.execute(_out_of_limits()):
        found.add("ledger.beyond_limits", id=row.id, balance=row.balance)
    count, since = connection.execute(_unsealed()).one()
    if count:
        found.add("ledger.unsealed", fault=False, count=count, since=instant_text(since))
    return found.all()


def verify_sealed(connection: Connection) -> Findings:
    """Find journals that do not balance, and journals and holds of which the audit says otherwise."""
    found = Findings()
    for stored in journals(connection, doubtful=True):
        if stored.legs < 2 or stored.total:
            found.add("ledger.unbalanced", id=stored.values["id"])
        if not is_as_written(connection, stored):
            found.add("ledger.changed", id=stored.values["id"])
    for row in connection.execute(_untold()):
        found.add("ledger.untold" if row.detail is None else "ledger.hash_differs", id=row.id)
    for row in connection.execute(_missing(POSTED, journal)):
        found.add("ledger.missing", id=row.object_id)
    for ident in _holds_astray(connection):
        found.add("ledger.hold_differs", id=ident)
    for row in connection.execute(_missing(HELD, hold)):
        found.add("ledger.hold_missing", id=row.object_id)
    return found


def _told(action: str) -> Any:
    """What the audit says of journals, of holds or of releases."""
    of = select(
        audit.c.id, audit.c.object_id, audit.c.detail, audit.c.detail["hash"].as_string().label("hash")
    )
    return of.where(audit.c.action == action).subquery()


def _untold() -> Any:
    """Journals of which the audit says nothing, or has another hash."""
    told = _told(POSTED)
    joined = journal.outerjoin(told, told.c.object_id == journal.c.id)
    unlike = or_(told.c.object_id.is_(None), told.c.hash != journal.c.hash)
    return select(journal.c.id, told.c.detail).select_from(joined).where(unlike)


def _missing(action: str, table: Table) -> Any:
    """Journals or holds that the audit tells of and that are not there."""
    told = _told(action)
    joined = told.outerjoin(table, told.c.object_id == table.c.id)
    return select(told.c.object_id).select_from(joined).where(table.c.id.is_(None))


def _unsealed() -> Any:
    """How many journals the sealer has not reached yet, and when the oldest of them was written."""
    told, j = _told(POSTED), journal.c
    sealed = select(seal.c.audit_id).where(seal.c.audit_id == told.c.id).exists()
    unsealed = select(func.count(), func.min(j.at, type_=j.at.type))
    return unsealed.select_from(told.join(journal, j.id == told.c.object_id)).where(~sealed)


def astray() -> Any:
    """Return the statement of accounts that differ from their entries or from their open holds."""
    sums = select(entry.c.account_id, func.sum(entry.c.amount).label("total")).group_by(entry.c.account_id)
    of_holds = select(hold.c.account_id, func.sum(hold.c.amount).label("total")).where(hold.c.state == "open")
    by_account, holds = sums.subquery(), of_holds.group_by(hold.c.account_id).subquery()
    counted = func.coalesce(by_account.c.total, 0).label("counted")
    kept = func.coalesce(holds.c.total, 0).label("kept")
    joined = account.outerjoin(by_account, by_account.c.account_id == account.c.id)
    joined = joined.outerjoin(holds, holds.c.account_id == account.c.id)
    columns = (account.c.id, account.c.grid_id, account.c.balance, counted, account.c.held, kept)
    unlike = or_(counted != account.c.balance, kept != account.c.held)
    return select(*columns).select_from(joined).where(unlike).order_by(account.c.id)


def _out_of_limits() -> Any:
    """Accounts below their limit; what is given back may take one above its upper limit."""
    c = account.c
    return select(c.id, c.balance).where(c.balance - c.held < c.lower_limit)


def _holds_astray(connection: Connection) -> Iterator[str]:
    """Yield the holds of which the audit, or the journal that took what was held, says otherwise."""
    opened, freed, h, j = _told(HELD), _told(RELEASED), hold.c, journal.c
    taken = entry.join(journal, (j.id == entry.c.journal_id) & (j.source_type == "hold"))
    same = (j.source_id == h.id) & (entry.c.account_id == h.account_id) & (entry.c.amount == -h.amount)
    joined = hold.outerjoin(opened, opened.c.object_id == h.id).outerjoin(freed, freed.c.object_id == h.id)
    columns = (h.id, h.account_id, h.amount, h.state, h.closed_by_id)
    told = (opened.c.hash.label("opened"), freed.c.hash.label("freed"), j.id.label("taken"))
    rows = select(*columns, *told).select_from(joined.outerjoin(taken, same)).order_by(h.id)
    for row in connection.execute(rows, execution_options={"yield_per": FETCH}):
        if not _is_as_told(row):
            yield row.id


def _is_as_told(row: Any) -> bool:
    due = hold_hash(row.id, row.account_id, row.amount)
    freed = due if row.state == "released" else None
    captured = row.closed_by_id is not None
    as_told = (row.opened, row.freed, row.taken) == (due, freed, row.closed_by_id)
    return as_told and captured == (row.state == "captured")
