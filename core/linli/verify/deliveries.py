"""Events that have not reached their consumers."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Connection, func, select

from linli.clock import now
from linli.model import delivery, event
from linli.verify.findings import Finding, Findings

LONG = timedelta(minutes=5)


def verify_deliveries(connection: Connection, consumers: Iterable[str] | None = None) -> list[Finding]:
    """Find dead letters; note deliveries to consumers that are not there, and events left undispatched.

    `consumers` are the names of those that run; without it nobody is taken to be absent.
    """
    found = Findings()
    d = delivery.c
    kinds = select(d.consumer, d.state, func.count().label("count")).where(d.state != "done")
    known = None if consumers is None else set(consumers)
    for row in connection.execute(kinds.group_by(d.consumer, d.state).order_by(d.consumer, d.state)):
        if row.state == "dead":
            error = _last_error(connection, row.consumer)
            found.add("verify.dead_letters", consumer=row.consumer, count=row.count, error=error)
        elif known is not None and row.consumer not in known:
            found.add("verify.waiting", fault=False, consumer=row.consumer, count=row.count)
    late = select(func.count()).where(event.c.dispatched_at.is_(None), event.c.at < now() - LONG)
    count = connection.execute(late).scalar_one()
    if count:
        found.add("verify.undispatched", fault=False, count=count)
    return found.all()


def _last_error(connection: Connection, consumer: str) -> str:
    d = delivery.c
    dead = select(d.error).where(d.consumer == consumer, d.state == "dead")
    return str(connection.execute(dead.order_by(d.next_at.desc()).limit(1)).scalar_one())
