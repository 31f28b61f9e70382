"""Erasing a person: their key is destroyed and the rest emptied, while books, tallies and audit stay valid.

What is deleted, emptied or kept is said by the declarations of core and plugins. A reference stays as a
pseudonym: the record that it leads to has neither name nor values any more.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from linli import model as t
from linli import rollup
from linli.clock import now, today
from linli.ids import public_id
from linli.privacy.declared import Personal, PersonalField, PersonalTable, read_personal
from linli.privacy.emptying import delete_rows, empty_rows
from linli.privacy.following import Person, follow

ERASED = "erased"


def erase_person(connection: Connection, resident_id: str, at: datetime | None = None) -> int:
    """Destroy a person's key and empty, by declaration, what tells of them; return how many rows changed.

    The record must be closed already, or be closed by the caller, so that ties and counts have ended.
    """
    personal = read_personal(connection)
    person = follow(connection, personal, resident_id)
    changed = _forget_repetitions(connection, personal, person)
    for one in personal.tables:
        changed += _apply(connection, one, person, at or now())
    return changed


def erase_again(connection: Connection, resident_ids: Iterable[str], at: datetime | None = None) -> int:
    """Erase those who were erased before, in a database restored from an older copy; return how many were.

    `resident_ids` come from the list outside the database; see `linli.privacy.erased_list`. Those who are
    not there, or are erased already, are passed over.
    """
    again, instant = 0, at or now()
    for resident_id in resident_ids:
        row = connection.execute(select(t.resident).where(t.resident.c.id == resident_id)).one_or_none()
        if row is not None and row.closed_reason != ERASED:
            end_presence(connection, resident_id, instant)
            erase_person(connection, resident_id, instant)
            again += 1
    return again


def end_presence(connection: Connection, resident_id: str, at: datetime) -> None:
    """Close a record and end its ties, consents, rights and account; no right is asked, no event written."""
    r = t.resident
    row = connection.execute(select(r).where(r.c.id == resident_id)).one()
    stamp = {"updated_at": at}
    closed = {"valid_to": row.valid_to or at, "closed_reason": ERASED, "version": r.c.version + 1}
    connection.execute(update(r).where(r.c.id == resident_id).values(closed | stamp))
    lives = t.residence.c
    own = (lives.resident_id == resident_id) & lives.until.is_(None)
    ended = update(t.residence).where(own).values({"until": today(), "version": lives.version + 1} | stamp)
    for kind in connection.execute(ended.returning(lives.kind)).scalars().all():
        if kind == "lives":
            rollup.add(connection, row.grid_id, "resident", -1)
    posts = select(t.post.c.id).where(t.post.c.resident_id == resident_id)
    accounts = select(t.account.c.id).where(t.account.c.resident_id == resident_id)
    a, k = t.assignment, t.relationship.c
    held = a.c.post_id.in_(posts) | a.c.account_id.in_(accounts)
    for table, mine in (
        (a, held),
        *((one, one.c.resident_id == resident_id) for one in (t.membership, t.post, t.occupancy)),
        (t.project_party, t.project_party.c.resident_id == resident_id),
        (t.relationship, (k.subject_id == resident_id) | (k.object_id == resident_id)),
    ):
        last = {"until": today(), "version": table.c.version + 1} | stamp
        connection.execute(update(table).where(mine, table.c.until.is_(None)).values(last))
    h = t.household
    headed = {"head_id": None, "version": h.c.version + 1} | stamp
    connection.execute(update(h).where(h.c.head_id == resident_id).values(headed))
    _end_account(connection, resident_id, at)


def _end_account(connection: Connection, resident_id: str, at: datetime) -> None:
    c, a = t.consent, t.account
    given = ((c.c.resident_id == resident_id) | (c.c.guardian_id == resident_id)) & c.c.valid_to.is_(None)
    ended = {"valid_to": at, "version": c.c.version + 1, "updated_at": at}
    connection.execute(update(c).where(given).values(ended))
    closed = {"state": "closed", "version": a.c.version + 1, "updated_at": at}
    connection.execute(update(a).where(a.c.resident_id == resident_id).values(closed))


def _apply(connection: Connection, one: PersonalTable, person: Person, at: datetime) -> int:
    """Do to one table what its declarations say."""
    by_rows: dict[str | None, list[PersonalField]] = {}
    for field in one.fields:
        if field.erase == "delete" and field.column in one.ways:
            delete_rows(connection, one.table, person.by(one, field.column))
        else:
            by_rows.setdefault(one.whose(field), []).append(field)
    return sum(
        empty_rows(connection, one, fields, person.told_by(one, fields[0]), at) for fields in by_rows.values()
    )


def _forget_repetitions(connection: Connection, personal: Personal, person: Person) -> int:
    """Delete what would recognise a deed about the person: a hash of an input can be guessed."""
    i = t.idempotency
    known = [
        public_id("resident", person.id),
        *(public_id("account", one) for one in person.ids.get(t.account.name, ())),
    ]
    if i.name not in personal.found:
        return 0
    return connection.execute(delete(i).where(i.c.result["id"].as_string().in_(known))).rowcount
