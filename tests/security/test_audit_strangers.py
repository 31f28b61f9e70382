"""Deeds attempted by nobody's account: counted, not written one by one, and told in the end."""

from typing import Any

import pytest
from sqlalchemy import select

from linli import model as t
from linli.traces.audit import audit_hash
from linli.traces.strangers import KINDS, Strangers, write_strangers
from linli.verify.audit import audited
from linli.workers import Workers
from tests.graphql.serving import Served

CLOSE = "mutation ($g: ID!) { closeGrid(input: { grid: $g, version: 1 }) { errors { code } } }"


async def rows(served: Served) -> list[Any]:
    return await served.database.run(lambda connection: list(connection.execute(select(t.audit))))


@pytest.mark.case(224)
async def test_what_strangers_attempt_is_one_entry_with_a_number(own_served: Served) -> None:
    workers = Workers(own_served.database)
    own_served.service.strangers = workers.strangers
    before = len(await rows(own_served))
    for _ in range(5):
        answer = await own_served.data(CLOSE, g=own_served.place.ids["north"])
        assert answer["closeGrid"]["errors"] == [{"code": "UNAUTHENTICATED"}]
    assert len(await rows(own_served)) == before
    workers.start()
    await workers.stop()
    (row,) = (await rows(own_served))[before:]
    told = (row.action, row.outcome, row.actor_id, row.repeats, row.address)
    assert told == ("closeGrid", "refused", None, 5, "127.0.0.0/24")
    assert audit_hash(audited(row)) == row.hash


async def test_a_flood_of_addresses_fills_neither_memory_nor_the_audit(own_served: Served) -> None:
    strangers = Strangers()
    for number in range(KINDS * 3):
        strangers.note("closeGrid", "grid", f"10.{number >> 8}.{number & 255}.1")
    counts = strangers.taken()
    assert len(counts) <= KINDS + 1
    assert counts.total() == KINDS * 3
    await own_served.database.run(lambda connection: write_strangers(connection, counts))
    assert sum(row.repeats for row in await rows(own_served) if row.outcome == "refused") == KINDS * 3
    assert not strangers.taken()
