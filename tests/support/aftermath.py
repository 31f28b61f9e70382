"""What must be true of a database after a trial, seen past the server."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table, func, select

from linli import model as t
from linli.database.database import open_database
from linli.ids import public_id
from linli.verify.snapshot import snapshot
from tests.support.crowd import Ledger
from tests.support.town import Town

VERSIONED = {"resident": t.resident, "household": t.household, "grid": t.grid}
TOPICS = {
    "createResident": "resident.created",
    "updateResident": "resident.updated",
    "moveResident": "resident.moved",
    "closeResident": "resident.closed",
    "createHousehold": "household.created",
    "moveHousehold": "household.moved",
    "updateGrid": "grid.updated",
    "moveGrid": "grid.moved",
}
AUDITED = ("closeResident", "updateGrid", "moveGrid")


@contextmanager
def looking(url: str) -> Iterator[Connection]:
    """Look at a database as of one moment."""
    database = open_database(url)
    try:
        with snapshot(database) as connection:
            yield connection
    finally:
        database.engine.dispose()


def check_ledger(town: Town, ledger: Ledger) -> None:
    """What was acknowledged is there exactly once, with its traces, and nothing else is."""
    with looking(town.url) as connection:
        _check_names(connection, ledger)
        _check_versions(connection, ledger)
        _check_traces(connection, ledger)


def _check_names(connection: Connection, ledger: Ledger) -> None:
    r, h = t.resident.c, t.household.c
    people = connection.execute(select(r.name, r.valid_to)).all()
    named = Counter([row.name for row in people] + list(connection.execute(select(h.label)).scalars()))
    created = {name for name in ledger.names if not name.startswith("hot/")}  # those are renamed all the time
    assert {name: named[name] for name in created} == dict.fromkeys(created, 1)
    assert named.total() == len(ledger.names), "something was done that nobody was told of"
    assert {row.name for row in people if row.valid_to} == ledger.closed


def _check_versions(connection: Connection, ledger: Ledger) -> None:
    found: dict[str, int] = {}
    for name, table in VERSIONED.items():
        changed = select(table.c.id, table.c.version).where(table.c.version > 1)
        found |= {public_id(name, row.id): row.version - 1 for row in connection.execute(changed)}
    assert found == dict(ledger.versions)


def _check_traces(connection: Connection, ledger: Ledger) -> None:
    due = Counter({TOPICS[verb]: number for verb, number in ledger.deeds.items() if number})
    due["resident.moved"] += ledger.deeds["moveHousehold"]  # its only member
    assert numbers(connection, t.event, "topic") == +due
    # Each sensitive deed once, and no refusal: nobody was ever told that they may not.
    assert numbers(connection, t.audit, "action") == +Counter({v: ledger.deeds[v] for v in AUDITED})


def numbers(connection: Connection, table: Table, by: str) -> Counter[str]:
    """Count the rows of a table by one of its columns."""
    rows = connection.execute(select(table.c[by], func.count()).group_by(table.c[by]))
    return Counter({row[0]: row[1] for row in rows})
