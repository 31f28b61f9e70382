"""Whether the books agree with themselves: what is found is told as `linli verify` tells its findings.

A journal's hash stands in the audit too, whose chain is sealed and whose heads are signed outside the
database: who changes, removes or cuts off journals would have to change the audit, and that is found.
"""

from typing import Any

from sqlalchemy import Connection, func, or_, select

from linli.model import audit, seal
from linli.model.types import instant_text
from linli.verify.findings import Finding, Findings

from .accounts import HELD
from .models import account, entry, hold, journal
from .posting import POSTED
from .reading import is_as_written, journals


def verify_books(connection: Connection) -> list[Finding]:
    """Find journals that do not balance or were changed, and accounts that differ from their entries."""
    found = verify_journals(connection)
    for row in connection.execute(astray()):
        found.add("ledger.balance_differs", id=row.id, stored=row.balance, counted=row.counted)
    for row in connection.execute(_out_of_limits()):
        found.add("ledger.beyond_limits", id=row.id, balance=row.balance)
    for row in connection.execute(_holds_astray()):
        found.add("ledger.hold_differs", id=row.id)
    for row in connection.execute(_held_astray()):
        found.add("ledger.held_differs", book=row.book_id, stored=row.balance, counted=row.counted)
    count, since = connection.execute(_unsealed()).one()
    if count:
        found.add("ledger.unsealed", fault=False, count=count, since=instant_text(since))
    return found.all()


def verify_journals(connection: Connection) -> Findings:
    """Find journals that do not balance, were changed or removed, or of which the audit says otherwise."""
    found = Findings()
    for stored in journals(connection, doubtful=True):
        if stored.legs < 2 or stored.total:
            found.add("ledger.unbalanced", id=stored.values["id"])
        if not is_as_written(connection, stored):
            found.add("ledger.changed", id=stored.values["id"])
    for row in connection.execute(_untold()):
        found.add("ledger.untold" if row.detail is None else "ledger.hash_differs", id=row.id)
    for row in connection.execute(_missing()):
        found.add("ledger.missing", id=row.object_id)
    return found


def _told() -> Any:
    """What the audit says of journals."""
    return select(audit.c.id, audit.c.object_id, audit.c.detail).where(audit.c.action == POSTED).subquery()


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


def _unsealed() -> Any:
    """How many journals the sealer has not reached yet, and when the oldest of them was written."""
    told, j = _told(), journal.c
    sealed = select(seal.c.audit_id).where(seal.c.audit_id == told.c.id).exists()
    unsealed = select(func.count(), func.min(j.at, type_=j.at.type))
    return unsealed.select_from(told.join(journal, j.id == told.c.object_id)).where(~sealed)


def astray() -> Any:
    """Return the statement of accounts that differ from their entries."""
    sums = select(entry.c.account_id, func.sum(entry.c.amount).label("total")).group_by(entry.c.account_id)
    by_account = sums.subquery()
    counted = func.coalesce(by_account.c.total, 0).label("counted")
    joined = account.outerjoin(by_account, by_account.c.account_id == account.c.id)
    columns = (account.c.id, account.c.grid_id, account.c.balance, counted)
    return select(*columns).select_from(joined).where(counted != account.c.balance).order_by(account.c.id)


def _out_of_limits() -> Any:
    """Accounts below their limit; what is given back may take one above its upper limit."""
    return select(account.c.id, account.c.balance).where(account.c.balance < account.c.lower_limit)


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
