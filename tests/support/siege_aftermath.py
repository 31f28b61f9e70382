"""What must be true after a siege: the acknowledged once, the rest at most once, no half of anything."""

import asyncio
import time
from collections import Counter

from sqlalchemy import Connection, func, select

from linli import model as t
from linli import rollup
from linli.ids import public_id, split_public_id
from tests.support.aftermath import looking, numbers
from tests.support.siege import Notes
from tests.support.tally import METRIC, NAME, NOTED, TOPICS
from tests.support.town import Town

STANDSTILL = 60.0  # seconds without any progress


async def until_delivered(url: str) -> None:
    """Wait until no event waits for anybody; the server must be running, and get on with it."""
    least, until = _waiting(url), time.monotonic() + STANDSTILL
    while waiting := _waiting(url):
        if waiting < least:
            least, until = waiting, time.monotonic() + STANDSTILL
        assert time.monotonic() < until, f"{waiting} events or deliveries still wait"
        await asyncio.sleep(0.2)


def _waiting(url: str) -> int:
    with looking(url) as connection:
        events = select(func.count()).where(t.event.c.dispatched_at.is_(None))
        deliveries = select(func.count()).where(t.delivery.c.state != "done")
        return sum(connection.execute(one).scalar_one() for one in (events, deliveries))


def check_siege(town: Town, notes: Notes) -> None:
    """Compare a place with what its writers were told."""
    with looking(town.url) as connection:
        _check_created(connection, notes)
        _check_people(connection, notes)
        _check_events(connection)
        _check_deliveries(connection, town)


def _check_created(connection: Connection, notes: Notes) -> None:
    known = {person.ident for person in notes.people}
    people = connection.execute(select(t.resident.c.id, t.resident.c.name)).all()
    rest = [row.name for row in people if public_id("resident", row.id) not in known]
    assert len(people) - len(rest) == len(known), "an acknowledged resident is lost"
    labels = list(connection.execute(select(t.household.c.label)).scalars())
    assert notes.homes <= set(labels), "an acknowledged household is lost"
    # Who was given up was never corrected, and so has kept the first name.
    found = Counter(rest + [label for label in labels if label not in notes.homes])
    assert found.keys() <= notes.unknown, "something was done that nobody asked for"
    assert max([*Counter(labels).values(), *found.values()]) == 1, "something was done twice"


def _check_people(connection: Connection, notes: Notes) -> None:
    r = t.resident.c
    rows = {row.id: row for row in connection.execute(select(r.id, r.version, r.valid_to))}
    for person in notes.people:
        row, least = rows[person.ident.removeprefix("resident_")], person.version
        assert least <= row.version <= (least if person.certain else least + 1), (person, row)
        if person.certain:
            assert (row.valid_to is not None) == person.closed, (person, row)


def _check_events(connection: Connection) -> None:
    """Each change has one fact: neither is ever there alone."""
    r, h, e = t.resident.c, t.household.c, t.event.c
    made = [f"resident.created {one}" for one in connection.execute(select(r.id)).scalars()]
    made += [f"household.created {one}" for one in connection.execute(select(h.id)).scalars()]
    made_events = select(e.topic, e.subject_id).where(e.topic.like("%.created"))
    assert Counter(f"{topic} {ident}" for topic, ident in connection.execute(made_events)) == Counter(made)
    changes = select(e.subject_id, func.count()).where(e.topic.in_(("resident.updated", "resident.closed")))
    facts = {row[0]: row[1] for row in connection.execute(changes.group_by(e.subject_id))}
    versions = connection.execute(select(r.id, r.version).where(r.version > 1))
    assert facts == {row.id: row.version - 1 for row in versions}


def _check_deliveries(connection: Connection, town: Town) -> None:
    """The plugin has met each event of its topics once."""
    e, d = t.event.c, t.delivery.c
    wanted = dict(connection.execute(select(e.id, e.topic).where(e.topic.in_(TOPICS))).all())
    notes = connection.execute(select(e.data).where(e.topic == NOTED)).scalars()
    assert Counter(note["source"] for note in notes) == Counter(list(wanted))
    due = {(ident, f"reaction:{NAME}:{topic.replace('.', '_')}") for ident, topic in wanted.items()}
    assert set(connection.execute(select(d.event_id, d.consumer)).all()) == due
    assert numbers(connection, t.delivery, "state") == Counter({"done": len(due)})
    parts = split_public_id(town.grids["city"])
    assert parts is not None
    assert rollup.count(connection, parts[1], METRIC) == len(due)
