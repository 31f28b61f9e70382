"""SQL in every place of the schema where a text can stand: it is bound, and answered like any odd text.

The places are read from the schema of a deployment with every built-in plugin: arguments of root fields and
of all fields below them, filters, orders, cursors, and inputs of mutations, as variables and in the document.
"""

import json
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
)
from sqlalchemy import event
from starlette.types import ASGIApp

from linli.ids import uuid7
from linli.traces.hub import EventHub
from linli_graphql.transport.app import AppOptions, build_app
from tests.plugins.motto_place import Place, settled, write_config
from tests.policies.seeds import say, seeded

# In every hostile text, and in no statement.
NEEDLE: Final = "zq7x"
ODD: Final = f"{NEEDLE} odd"
ZERO: Final = "00000000-0000-7000-8000-000000000000"
HOSTILE: Final = (
    f"' OR 1=1-- {NEEDLE}",
    f"'); DROP TABLE core_resident; -- {NEEDLE}",
    f"' || pg_sleep(5) || '{NEEDLE}",
    f"\\'; SELECT '{NEEDLE}",
    f'" OR "{NEEDLE}" = "{NEEDLE}',
    f"$${NEEDLE}$$; :{NEEDLE} %({NEEDLE})s ? $1",
    f"grid_{ZERO}' OR '{NEEDLE}'='{NEEDLE}",
    f"{NEEDLE}'--_{ZERO}",
    f"/1/' OR '{NEEDLE}'='{NEEDLE}/{ZERO}",
    f'{NEEDLE}" NEAR AND OR NOT * ^ : ( )',
)
SAMPLE: Final = 150
TEXTS: Final = ("String", "ID", "JSON", "Date", "DateTime", "Decimal", "BigInt")
RESPONSE: Final = "application/graphql-response+json"


@dataclass(frozen=True)
class Spot:
    """A document with one variable `v`, the variable's type, and the steps in it to where a text stands."""

    document: str
    kind: Any
    steps: tuple[str | int, ...]

    def filled(self, text: str, ids: Mapping[str, str]) -> Any:
        return _filled(self.kind, self.steps, text, ids)


def _steps(kind: Any, depth: int = 0) -> Iterator[tuple[str | int, ...]]:
    """Yield the steps to every place of an input type where a text can stand."""
    if isinstance(kind, GraphQLNonNull):
        yield from _steps(kind.of_type, depth)
    elif isinstance(kind, GraphQLList):
        yield from ((0, *more) for more in _steps(kind.of_type, depth))
    elif isinstance(kind, GraphQLInputObjectType):
        for name, field in kind.fields.items() if depth < 4 else ():
            yield from ((name, *more) for more in _steps(field.type, depth + 1))
    elif isinstance(kind, GraphQLEnumType) or kind.name in TEXTS:
        yield ()


def _filled(kind: Any, steps: tuple[str | int, ...] | None, text: str, ids: Mapping[str, str]) -> Any:
    """Return a value that passes for a type, with the text at its place."""
    if isinstance(kind, GraphQLNonNull):
        return _filled(kind.of_type, steps, text, ids)
    if steps == ():
        return text
    if isinstance(kind, GraphQLList):
        return [_filled(kind.of_type, steps[1:] if steps else None, text, ids)]
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: _filled(field.type, steps[1:] if steps and steps[0] == name else None, text, ids)
            for name, field in kind.fields.items()
            if is_required_input_field(field) or (steps and steps[0] == name)
        }
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    plausible = {"Int": 1, "Float": 1.0, "Boolean": True, "Date": "2026-01-01", "JSON": {}, "Decimal": "1"}
    plausible |= {"DateTime": "2026-01-01T00:00:00Z", "BigInt": "1", "ID": ids["north"]}
    return plausible.get(kind.name, "王小明")


def _literal(kind: Any, value: Any) -> str:
    """Return a value as it stands in a document."""
    kind = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(kind, GraphQLInputObjectType):
        return "{" + ", ".join(f"{n}: {_literal(kind.fields[n].type, one)}" for n, one in value.items()) + "}"
    if isinstance(kind, GraphQLList):
        return "[" + ", ".join(_literal(kind.of_type, one) for one in value) + "]"
    if isinstance(kind, GraphQLEnumType) and str(value) in kind.values:
        return str(value)
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, dict) else "{}"


def spots(place: Place) -> Iterator[Spot]:
    """Yield every place of the schema where a text can stand."""
    schema = place.service.schema
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    for name, field in schema.query_type.fields.items():
        yield from _spots(name, field, place, "query ($v: {kind}) {{ {field} }}")
    for one in schema.type_map.values():
        declared = place.service.registry.types.get(one.name)
        if isinstance(one, GraphQLObjectType) and declared is not None and declared.node_type:
            inside = (
                f'node(id: "{declared.node_type}_{uuid7()}") {{{{ ... on {one.name} {{{{ {{field}} }}}} }}}}'
            )
            for name, field in one.fields.items():
                yield from _spots(name, field, place, f"query ($v: {{kind}}) {{{{ {inside} }}}}")
    for name, field in schema.mutation_type.fields.items():
        yield from _spots(name, field, place, "mutation ($v: {kind}) {{ {field} }}")


def _spots(name: str, field: GraphQLField, place: Place, around: str) -> Iterator[Spot]:
    for chosen, argument in field.args.items():
        given = ", ".join(
            f"{other}: {_literal(one.type, _filled(one.type, None, '', place.ids))}"
            for other, one in field.args.items()
            if other != chosen and is_required_argument(one)
        )
        call = f"{name}({chosen}: $v{', ' if given else ''}{given}){_selection(field)}"
        document = around.format(kind=argument.type, field=call)
        yield from (Spot(document, argument.type, steps) for steps in _steps(argument.type))


def _selection(field: GraphQLField) -> str:
    kind = get_named_type(field.type)
    if not is_composite_type(kind):
        return ""
    fields = kind.fields if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) else {}
    told = [one for one in ("id", "totalCount") if one in fields]
    told += ["nodes { __typename }"] if "nodes" in fields else []
    told += ["errors { code path }"] if "errors" in fields else []
    return f" {{ {' '.join(told or ['__typename'])} }}"


@pytest.fixture
async def place(tmp_path: Path, database_url: str) -> AsyncIterator[Place]:
    """A place with every built-in plugin, on each database in turn."""
    config = write_config(tmp_path, database_url, "credit_bank", "neighbor_network")
    async with settled(config) as place:
        yield place


@contextmanager
def statements(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The text of every statement that reaches a driver inside."""
    found: list[str] = []
    database = place.deployment.database
    fetch = database.fetch

    async def spied(text: str, values: Any, **more: Any) -> Any:
        found.append(text)
        return await fetch(text, values, **more)

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    monkeypatch.setattr(database, "fetch", spied)
    event.listen(database.engine, "before_cursor_execute", before)
    yield found
    event.remove(database.engine, "before_cursor_execute", before)


def application(place: Place) -> ASGIApp:
    return build_app(place.service, EventHub(), AppOptions())


async def verdict(client: httpx.AsyncClient, document: str, **variables: Any) -> Any:
    """Send a document; return what may be compared: the status, the codes, and what was not made anew."""
    answer = await client.post("/graphql", json={"query": document, "variables": variables})
    assert answer.status_code in (200, 400), (document, variables, answer.text)
    found = answer.json()
    codes = sorted({one["extensions"]["code"] for one in found.get("errors", ())})
    told = found.get("data") if document.startswith("query") else None
    return answer.status_code, codes, json.dumps(told).replace(NEEDLE, "")


@pytest.mark.case(137)
@pytest.mark.parametrize("most", [SAMPLE, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_sql_in_any_text_is_bound_and_answered_like_any_odd_text(
    place: Place, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    chance = seeded("injection")
    headers = {"Authorization": f"Bearer {place.tokens['city']}", "Accept": RESPONSE}
    transport = httpx.ASGITransport(app=application(place), raise_app_exceptions=True)
    every = list(spots(place))
    with statements(place, monkeypatch) as seen:
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as client:
            for spot in chance.sample(every, min(most, len(every))):
                await _try(client, spot, place, chance)
    assert not [one for one in seen if NEEDLE in one]
    kinds = {spot.document.partition(" ")[0] for spot in every}
    say(f"{len(every)} places of texts, {len(seen)} statements")
    assert kinds == {"query", "mutation"}
    assert len(every) > 900
    assert len(seen) > min(most, len(every)) // 4


async def _try(client: httpx.AsyncClient, spot: Spot, place: Place, chance: random.Random) -> None:
    """Send hostile texts to one place, as a variable and in the document, beside a harmless one."""
    harmless = await verdict(client, spot.document, v=spot.filled(ODD, place.ids))
    texts = chance.sample(HOSTILE, 2)
    for text in texts:
        found = await verdict(client, spot.document, v=spot.filled(text, place.ids))
        assert found == harmless or spot.document.startswith("mutation"), (spot, text)
        assert found[0] == harmless[0], (spot, text)
    if spot.document.startswith("query"):
        value = _literal(spot.kind, spot.filled(texts[0], place.ids))
        inside = spot.document.partition(" {")[2].replace("$v", value)
        await verdict(client, f"query {{{inside}")


@pytest.mark.case(137)
async def test_no_name_in_a_document_is_more_than_a_name(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a client calls things is told back to it; nothing but letters, digits and _ can be a name."""
    transport = httpx.ASGITransport(app=application(place), raise_app_exceptions=True)
    headers = {"Authorization": f"Bearer {place.tokens['city']}", "Accept": RESPONSE}
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as client:
        for text in HOSTILE:
            for document in (
                f"{{ {text}: grids {{ totalCount }} }}",
                f"{{ grids {{ {text}: totalCount }} }}",
            ):
                assert (await verdict(client, document))[0] == 400
            answer = await client.post("/graphql", json={"query": "{__typename}", "operationName": text})
            assert answer.status_code == 400


@pytest.mark.case(137)
async def test_sql_in_an_id_is_no_type(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = httpx.ASGITransport(app=application(place), raise_app_exceptions=True)
    headers = {"Authorization": f"Bearer {place.tokens['city']}", "Accept": RESPONSE}
    types = ("nobodyknows", NEEDLE, f"{NEEDLE}'", f"' OR 1=1-- {NEEDLE}", f"grid' OR '{NEEDLE}'='{NEEDLE}")
    with statements(place, monkeypatch) as seen:
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as client:
            for kind in types:
                given = [f"{kind}_{ZERO}", place.ids["north"]]
                for document in (
                    "query ($v: [ID!]!) {nodes(ids: $v) {id}}",
                    f"query {{nodes(ids: {json.dumps(given)}) {{id}}}}",
                ):
                    body = {"query": document, "variables": {"v": given} if "$v" in document else {}}
                    answer = await client.post("/graphql", json=body)
                    assert answer.json() == {"data": {"nodes": [None, {"id": place.ids["north"]}]}}, given
    assert not [one for one in seen if NEEDLE in one or "nobodyknows" in one]
