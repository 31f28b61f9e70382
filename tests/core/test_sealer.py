"""The sealer: gapless numbers and links, whatever is committed late and whoever seals beside it."""

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from linli import model as t
from linli.clock import now
from linli.traces import sealer
from linli.traces.audit import audit_hash
from linli.traces.chain import GENESIS, link_hash
from linli.traces.sealer import current_head, seal_pending
from linli.verify.audit import audited
from tests.core.deployed import Deployed, id_made_at


def seal(place: Deployed, *, all_ages: bool = False) -> int:
    return place.work(partial(seal_pending, all_ages=all_ages))


def audit_of(place: Deployed, minutes_ago: float) -> str:
    """Write an audit row whose id was made some time ago, as a late commit or another clock would."""
    row_id = id_made_at(now() - timedelta(minutes=minutes_ago))
    values = {
        "id": row_id,
        "at": now(),
        "actor_name": "root",
        "action": "x",
        "outcome": "done",
        "resource": "grid",
    }
    values |= {"actor_id": None, "object_type": None, "object_id": None, "grid_id": None, "request_id": None}
    values |= {"reason": "", "repeats": 1, "detail": {}, "basis": "", "address": None}
    place.work(lambda c: c.execute(insert(t.audit).values(values | {"hash": audit_hash(values)})))
    return row_id


def sealed(place: Deployed) -> list[str]:
    """The ids of the sealed rows; numbers and links are judged in passing."""
    hashes = {row.id: row.hash for row in place.rows(t.audit)}
    seals = sorted(place.rows(t.seal), key=lambda row: row.number)
    previous = GENESIS
    for number, row in enumerate(seals, 1):
        assert (row.number, row.previous) == (number, previous)
        assert row.link == link_hash(number, row.audit_id, hashes[row.audit_id], previous)
        previous = row.link
    return [row.audit_id for row in seals]


async def test_rows_are_sealed_once_in_the_order_of_their_ids(place: Deployed) -> None:
    assert place.work(current_head) is None
    first = place.audit(3)
    assert seal(place) == 3
    second = place.audit(2)
    assert seal(place) == 2
    assert seal(place) == 0
    assert sealed(place) == first + second
    head = place.work(current_head)
    assert head is not None
    assert (head.number, head.link) == (5, place.rows(t.seal)[-1].link)


async def test_a_row_committed_late_gets_the_next_number(place: Deployed) -> None:
    rows = place.audit(2)
    seal(place)
    late = audit_of(place, minutes_ago=1)
    assert seal(place) == 1
    assert sealed(place) == [*rows, late]


async def test_a_row_committed_very_late_is_found_when_all_ages_are_looked_at(place: Deployed) -> None:
    rows = place.audit(2)
    seal(place)
    late = audit_of(place, minutes_ago=600)
    assert seal(place) == 0
    assert seal(place, all_ages=True) == 1
    rows += [late, *place.audit(1)]
    assert seal(place) == 1
    assert sealed(place) == rows


async def test_rows_are_found_while_the_clock_goes_back(
    place: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [audit_of(place, minutes_ago=-60)]
    assert seal(place) == 1
    rows += place.audit(2)
    assert seal(place) == 2
    assert sealed(place) == rows


async def test_a_backlog_is_sealed_batch_by_batch(place: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "BATCH", 10)
    rows = [audit_of(place, minutes_ago=ago) for ago in range(900, 0, -30)] + place.audit(4)
    assert [seal(place) for _ in range(5)] == [10, 10, 10, 4, 0]
    assert sealed(place) == rows


async def test_a_sealer_that_dies_before_its_commit_leaves_the_rows_to_the_next(place: Deployed) -> None:
    rows = place.audit(2)

    def die(connection: Any) -> None:
        assert seal_pending(connection) == 2
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.work(die)
    assert sealed(place) == []
    assert seal(place) == 2
    assert sealed(place) == rows


async def test_sealers_side_by_side_leave_the_work_to_one(postgres_place: Deployed) -> None:
    rows = postgres_place.audit(2)
    engine = postgres_place.database.engine
    with engine.begin() as one, engine.begin() as other:
        assert (seal_pending(one), seal_pending(other)) == (2, 0)
    assert sealed(postgres_place) == rows


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
VALUES = st.recursive(
    st.none() | st.booleans() | TEXT | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(TEXT, VALUES, max_size=4))
async def test_a_hash_is_the_same_after_the_row_was_stored_and_read(
    place: Deployed, detail: dict[str, Any]
) -> None:
    (row_id,) = place.audit(1, **detail)
    (row,) = [row for row in place.rows(t.audit) if row.id == row_id]
    assert audit_hash(audited(row)) == row.hash
    exported = json.loads(json.dumps(audited(row) | {"at": None}))
    assert audit_hash(exported | {"at": row.at}) == row.hash
