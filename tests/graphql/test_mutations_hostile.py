"""Whatever text stands in an input, it is stored exactly or refused: never a fault, never something else."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from graphql import GraphQLInputObjectType, GraphQLList, get_named_type, get_nullable_type
from pydantic.alias_generators import to_camel
from sqlalchemy import select

from tests.core.deed_cases import CASES
from tests.core.worlds import core_tables
from tests.graphql.serving import Place, Served
from tests.graphql.settled import (
    VERBS,
    assert_sound,
    attempt,
    document,
    input_type,
    refused,
    uuid_of,
    wired,
    workers,
)
from tests.policies.seeds import say

EMOJI: Final = "🎋 家👩\u200d👧"
HOSTILE: Final[Mapping[str, str]] = {
    "NUL": "a\0b",
    "lone surrogate": "a\ud800b",
    "text direction": "a\u202eb",
    "64 KB": "长" * 21_846,
    "emoji": EMOJI,
}
HARMLESS: Final = ("create", "add", "update", "appoint", "relate", "assign")
Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Target:
    """A place in a deed's input where text can stand."""

    verb: str
    steps: Steps
    inputs: Mapping[str, Any]

    def filled(self, text: str) -> dict[str, Any]:
        """Return the input with the text in this place."""
        found: dict[str, Any] = _set(self.inputs, self.steps, text)
        return found


def _set(value: Any, steps: Steps, text: str) -> Any:
    if not steps:
        return text
    step, *rest = steps
    if isinstance(step, int):
        items = list(value or [None])
        return [_set(one, tuple(rest), text) if n == step else one for n, one in enumerate(items)]
    return {**(value or {}), step: _set((value or {}).get(step), tuple(rest), text)}


def places(kind: Any, value: Any) -> Iterator[Steps]:
    """Yield the steps to every place of an input type where text can stand."""
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLInputObjectType):
        for name, one in kind.fields.items():
            yield from ((name, *steps) for steps in places(one.type, (value or {}).get(name)))
    elif isinstance(kind, GraphQLList):
        yield from ((0, *steps) for steps in places(kind.of_type, (value or [None])[0]))
    elif get_named_type(kind).name in ("String", "ID"):
        yield ()
    elif get_named_type(kind).name == "JSON":
        yield ("note",)


@pytest.fixture
async def served(own_town: Place) -> AsyncIterator[Served]:
    """A place whose registrar may do every deed of the core."""
    async with workers(own_town) as (served,):
        yield served


def targets(served: Served) -> Iterator[Target]:
    """Yield every place of every mutation's input where text can stand; what closes things comes last."""
    for deed in sorted(CASES, key=lambda deed: not deed.verb.startswith(HARMLESS)):
        inputs = wired(served, deed.verb, deed.filled(served.place.ids))
        for steps in places(input_type(served, deed.verb), inputs):
            yield Target(deed.verb, steps, inputs)


async def send(served: Served, target: Target, text: str) -> dict[str, Any] | None:
    """Send a deed with a text in a place; return its payload, None where the request itself is refused."""
    variables = {"i": _current(served, target.filled(text))}
    body = json.dumps({"query": document(target.verb), "variables": variables}).encode()
    headers = {**served.signed("registrar"), "content-type": "application/json"}
    answer = await served.client.post("/graphql", content=body, headers=headers)
    assert answer.status_code < 500, (target, text[:9], answer.text)
    found = answer.json()
    if "data" not in found:
        assert {one["extensions"]["code"] for one in found["errors"]} <= {"BAD_REQUEST", "BAD_USER_INPUT"}
        return None
    payload: dict[str, Any] = found["data"][target.verb]
    return payload


def _current(served: Served, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return an input with the version that the row has now."""
    node = next(iter(inputs.values()))
    if "version" not in inputs or not isinstance(node, str) or "_" not in node:
        return inputs
    table = served.service.deeds.policy.resources.get(node.rpartition("_")[0])
    if table is None or table.table is None:
        return inputs
    with served.database.begin() as connection:
        rows = table.table.c
        version = connection.execute(select(rows.version).where(rows.id == uuid_of(node))).scalar()
    return inputs | {"version": version or 1}


def stored(served: Served, text: str) -> bool:
    """Whether a text stands in the database exactly as it was sent."""
    with served.database.begin() as connection:
        return any(
            cell == text or (isinstance(cell, dict | list) and text in json.dumps(cell, ensure_ascii=False))
            for table in core_tables()
            for row in connection.execute(select(table))
            for cell in row
        )


@pytest.mark.case(112)
async def test_hostile_text_is_stored_exactly_or_refused(served: Served) -> None:
    kept: set[tuple[str, str]] = set()
    for number, target in enumerate(list(targets(served))):
        for name, text in HOSTILE.items():
            sent = f"{text}{number}" if name == "emoji" else text
            payload = await send(served, target, sent)
            if payload is None:
                assert name != "emoji", target
            elif payload["errors"]:
                assert payload[to_camel(VERBS[target.verb].returns)] is None
            else:
                assert name == "emoji", (name, target)
                assert stored(served, sent), target
                kept.add((target.verb, ".".join(map(str, target.steps))))
    say(f"{len(kept)} places of {len({verb for verb, _ in kept})} mutations have kept text")
    assert len(kept) >= 30, sorted(kept)
    assert_sound(served)


@pytest.mark.case(112)
async def test_hostile_text_in_a_document_is_refused(served: Served) -> None:
    query = 'mutation { createResident(input: {grid: "%s", name: "%s"}) { errors { code } } }'
    literals = ("a\\u0000b", "a\\u{0}b", "a\\ud800b", "a\\u{d800}b", "a\\u202eb", "a\u202eb", "长" * 21_846)
    for literal in literals:
        answer = await served.post(query % (served.place.ids["n1"], literal), "registrar")
        assert answer.status_code < 500, literal
        found = answer.json()
        assert "errors" in found or found["data"]["createResident"]["errors"], literal


SENT: Final = (
    EMOJI,
    "𬱖𠀀",
    "a\\b\"c'd",
    "</script>",
    "{{x}} %s $1 :p",
    "e\u0301 é",
    "\ufeffx",
    "阿依\u200c古丽",
)
KEPT_OUT: Final = ("\x7f", "a\u2028b", "a\nb", "\u3000", "长" * 121)


async def test_text_comes_back_as_it_was_sent(served: Served) -> None:
    back = "query ($id: ID!) { node(id: $id) { ... on Project { name description } } }"
    for text in SENT:
        sent = {"name": text, "description": f"{text}\n\t\u2028{text}"}
        inputs = {"grid": served.place.ids["n1"], **sent}
        made, _ = await attempt(served, "registrar", "createProject", inputs, fields="id name description")
        assert made is not None, text
        again = await served.data(back, "registrar", id=made.pop("id"))
        assert again["node"] == made == sent
    for text in KEPT_OUT:
        error = await refused(served, "registrar", "createProject", grid=served.place.ids["n1"], name=text)
        assert (error["code"], error["path"]) == ("INVALID_INPUT", ["name"]), text
