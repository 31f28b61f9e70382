"""Consents as reactions and statements look at them; verbs ask `Context.consented`."""

from sqlalchemy import ColumnElement, Connection, exists, select

from linli import model as t
from linli.traces.events import EventRecord


def withdrawn(connection: Connection, event: EventRecord, purpose: str) -> str | None:
    """Return the id of the person whose consent to a purpose the event `consent.withdrawn` has ended.

    None where it was another purpose, or where the person has agreed again since.
    """
    c = t.consent.c
    who = connection.execute(
        select(c.resident_id).where(c.id == event.subject.id, c.purpose == purpose)
    ).scalar_one_or_none()
    again = (c.resident_id == who) & (c.purpose == purpose) & c.valid_to.is_(None)
    if who is None or connection.execute(select(c.id).where(again)).first():
        return None
    return str(who)


def consented(resident_id: ColumnElement[str], purpose: str, version: int) -> ColumnElement[bool]:
    """Return the condition that a person agrees at this moment to a version, for `Computed` fields."""
    c = t.consent.alias()
    in_force = (c.c.resident_id == resident_id) & (c.c.purpose == purpose) & (c.c.terms == version)
    return exists(select(c.c.id).where(in_force, c.c.valid_to.is_(None)).correlate_except(c))
