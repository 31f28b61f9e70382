"""What holds for every verb: its traces, its refusals that leave nothing, replays, and hidden rows."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from linli import model as t
from linli.ids import public_id, split_public_id, uuid7
from linli.verbs import core_verbs
from linli.verbs.verb import Verb
from tests.core.deed_cases import CASES, Case
from tests.core.worlds import ADDRESS, World, dump, faults

VERBS = {verb.name: verb for verb in core_verbs() if verb.answer is None}
every_deed = pytest.mark.parametrize("deed", CASES, ids=lambda deed: deed.verb)
WHO = "north_admin"


def test_every_verb_has_its_deed() -> None:
    assert sorted(case.verb for case in CASES) == sorted(VERBS)


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_every_verb_and_every_field_is_described(verb: Verb) -> None:
    assert verb.description.endswith(".")
    shape = verb.input.model_json_schema()
    fields = {
        f"{name}.{field}": "description" in content or "description" in str(content.get("anyOf"))
        for name, model in {verb.name: shape, **shape.get("$defs", {})}.items()
        for field, content in model.get("properties", {}).items()
        if name != "NodeRef"
    }
    assert fields
    assert all(fields.values()), [name for name, described in fields.items() if not described]


@pytest.mark.case(224)
@every_deed
def test_a_deed_leaves_its_traces(world: World, deed: Case) -> None:
    before = {place: world.count(*place) for place in deed.counts}
    events, audits = _topics(world), _audits(world)
    outcome = world.attempt(WHO, deed.verb, deed.filled(world.ids))
    assert outcome.ref is not None, outcome.refusals
    assert outcome.ref.type == VERBS[deed.verb].returns
    assert world.row(public_id(outcome.ref.type, outcome.ref.id))
    assert [topic for topic in [deed.topic] if topic] == _topics(world)[len(events) :][-1:]
    assert {place: world.count(*place) - number for place, number in before.items()} == dict(deed.counts)
    written = _audits(world)[len(audits) :]
    assert len(written) == VERBS[deed.verb].sensitive
    assert [_told(row) for row in written] == [
        (deed.verb, "done", outcome.ref.type, outcome.ref.id, WHO, ADDRESS, "request-1", 1)
    ][: len(written)]
    assert all(" at grid_" in row.basis for row in written), written
    assert not faults(world.connection)


@pytest.mark.case(64, 224)
@every_deed
@pytest.mark.case(64)
def test_a_refusal_leaves_nothing_but_its_audit_row(world: World, deed: Case) -> None:
    before = dump(world.connection)
    refusal = world.refusal("reader", deed.verb, **deed.filled(world.ids))
    assert refusal.code == "FORBIDDEN"
    after = dump(world.connection)
    assert len(after.pop(t.audit.name)) == len(before.pop(t.audit.name)) + 1
    assert after == before
    row = _audits(world)[-1]
    named = {split_public_id(node) for node in _nodes(deed.filled(world.ids))}
    assert (row.object_type, row.object_id) in named
    assert _told(row)[4:] == ("reader", ADDRESS, "request-1", 1)
    assert (row.action, row.outcome, row.basis) == (deed.verb, "refused", "")
    assert row.reason.startswith("FORBIDDEN ")


@every_deed
def test_a_stale_version_is_a_conflict(world: World, deed: Case) -> None:
    if "version" not in VERBS[deed.verb].input.model_fields:
        assert not deed.verb.startswith(("update", "change")), "an update asks for the version that was read"
        return
    before = dump(world.connection)
    refusal = world.refusal(WHO, deed.verb, **deed.filled(world.ids) | {"version": 7})
    assert (refusal.code, refusal.path) == ("CONFLICT", ("version",))
    assert dump(world.connection) == before


@every_deed
def test_a_replay_changes_nothing_and_another_body_is_refused(world: World, deed: Case) -> None:
    data = deed.filled(world.ids)
    first = world.attempt(WHO, deed.verb, data, key="k")
    after = dump(world.connection)
    again = world.attempt(WHO, deed.verb, data, key="k")
    assert (again.ref, again.replayed) == (first.ref, True)
    other = world.attempt(WHO, deed.verb, data | {"more": 1}, key="k")
    assert other.refusals[0].code == "IDEMPOTENCY_MISMATCH"
    assert dump(world.connection) == after


@every_deed
@pytest.mark.case(19)
def test_a_hidden_node_is_refused_like_a_missing_one(world: World, deed: Case) -> None:
    data = deed.filled(world.ids)
    for name, value in data.items():
        for hidden in _twins(world, deed.verb, name, value):
            kind = hidden.rpartition("_")[0]
            missing = public_id(kind, uuid7())
            seen = [
                _refused(world, deed.verb, data | {name: [node] if isinstance(value, list) else node})
                for node in (hidden, missing)
            ]
            assert seen[0] == seen[1], f"{name} tells a hidden {kind} from a missing one"
            assert seen[0][0] == "NOT_FOUND", f"{name}: {seen[0]}"


def _twins(world: World, verb: str, name: str, value: Any) -> Iterator[str]:
    """Yield the southern namesakes of the northern nodes in a field, where the north does not see them."""
    names = {node: one for one, node in world.ids.items()}
    for node in value if isinstance(value, list) else [value]:
        known = names.get(node, "") if isinstance(node, str) else ""
        twin = known.replace("north", "south") if "north" in known else known.replace("n", "s", 1)
        if twin in world.ids and not world.ids[twin].startswith("account_"):
            yield world.ids[twin]


def _refused(world: World, verb: str, data: dict[str, Any]) -> tuple[Any, ...]:
    """Return all that a refused caller and the audit's readers can tell of it."""
    before = dump(world.connection)
    refusal = world.refusal(WHO, verb, **data)
    written = world.connection.execute(select(t.audit).order_by(t.audit.c.id.desc()).limit(1)).one()
    after = dump(world.connection)
    assert {name for name in after if after[name] != before[name]} == {t.audit.name}
    assert written.object_id in {
        (split_public_id(one) or ("", ""))[1] for one in _nodes(data)
    }  # what the caller named
    unique = {"id", "at", "hash", "object_id"}
    return (
        refusal.code,
        refusal.key,
        refusal.path,
        refusal.params,
        {name: value for name, value in written._mapping.items() if name not in unique},
    )


def _topics(world: World) -> list[str]:
    rows = world.connection.execute(select(t.event.c.topic).order_by(t.event.c.id))
    return list(rows.scalars())


def _audits(world: World) -> list[Any]:
    return list(world.connection.execute(select(t.audit).order_by(t.audit.c.id)))


def _told(row: Any) -> tuple[Any, ...]:
    """Return what was done to which record, by whom, from where, on which request, how often."""
    what = (row.action, row.outcome, row.object_type, row.object_id)
    return (*what, row.actor_name, row.address, row.request_id, row.repeats)


def _nodes(value: Any) -> Iterator[str]:
    """Yield the public ids in an input, however deep."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _nodes(one)
    elif isinstance(value, str) and split_public_id(value):
        yield value


def test_a_public_id_is_what_the_world_knows(world: World) -> None:
    assert all(split_public_id(node) for node in world.ids.values())
