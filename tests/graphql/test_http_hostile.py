"""Whatever stands in variables and inputs, the server answers, and never with a fault of its own."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, get_named_type, is_enum_type, is_list_type

from tests.graphql.serving import Place, Served
from tests.policies.seeds import seeded

RESPONSE = "application/graphql-response+json"
HOSTILE = (
    "",
    "\u202e",
    "\ufeff",
    "\uffff",
    "\U0010ffff",
    "👩‍👩‍👧" * 3_000,
    "x" * 200_000,
    "' OR 1=1--",
    "'); DROP TABLE core_grid; --",
    "%_\\%s{{7*7}}${x}",
    "\n\r\t\x01\x7f",
    "①１２３",
    'NEAR(* AND OR NOT "',
    "grid_00000000-0000-0000-0000-000000000000",
    "grid_FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    "/1/2/00000000-0000-7000-8000-000000000000",
    "/9999999999/00000000-0000-0000-0000-000000000000",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "2026-02-29",
)
SHORT = tuple(text for text in HOSTILE if len(text) < 20_000)
VALUES: tuple[Any, ...] = (
    *HOSTILE,
    0,
    -1,
    2**31,
    2**63,
    2**64,
    10**30,
    1.5,
    1e308,
    True,
    None,
    [],
    {},
    [[]],
    {"a": {}},
)
QUERIES = (
    "query ($v: String) { residents(search: $v) { totalCount nodes { id } } }",
    "query ($v: ID!) { node(id: $v) { id } }",
    "query ($v: [ID!]!) { nodes(ids: $v) { id } }",
    "query ($v: String) { residents(after: $v) { nodes { id } } }",
    "query ($v: String) { residents(before: $v, orderBy: {field: NAME, direction: ASC}) { nodes { id } } }",
    "query ($v: ID) { residents(within: $v) { nodes { id } } }",
    "query ($v: Int) { residents(first: $v) { nodes { id } } }",
    "query ($v: Int) { residents(last: $v) { pageInfo { endCursor } } }",
    "query ($v: String!) { grid(code: $v) { id } }",
    "query ($v: String!) { explainAccess(permission: $v) { allowed reason } }",
    'query ($v: ID) { explainAccess(permission: "resident:read", node: $v) { allowed } }',
    "query ($v: [ID!]!) { previewGridChange(grids: $v) { grids } }",
    "query ($v: ID!) { statistics(within: $v) { residents } }",
    "query ($v: String!) { __type(name: $v) { name } }",
    "query ($v: Boolean!) { __typename @include(if: $v) }",
)


@pytest.mark.parametrize("query", QUERIES)
async def test_no_variable_of_a_query_is_a_fault(served_twice: Served, query: str) -> None:
    for value in VALUES:
        for sent in (value, [value]):
            answer = await served_twice.post(query, "city", {"Accept": RESPONSE}, v=sent)
            assert answer.status_code in (200, 400), (sent, answer.text)


async def test_no_input_of_a_mutation_is_a_fault(own_served: Served) -> None:
    chance, reached, known = seeded("inputs"), set(), set()
    for name, document, inputs in _mutations(own_served, chance):
        answer = await own_served.post(document, "city", {"Accept": RESPONSE}, i=inputs)
        assert answer.status_code in (200, 400), (document, inputs, answer.text)
        known.add(name)
        if answer.status_code == 200:
            reached.add(name)
    assert reached == known, "each verb must have been reached"


def _mutations(served: Served, chance: random.Random) -> Iterator[tuple[str, str, dict[str, Any]]]:
    schema = served.service.schema
    assert schema.mutation_type is not None
    for name, field in schema.mutation_type.fields.items():
        kind = get_named_type(field.args["input"].type)
        assert isinstance(kind, GraphQLInputObjectType)
        document = f"mutation ($i: {kind.name}!) {{ {name}(input: $i) {{ errors {{ code message path }} }} }}"
        for _ in range(8):
            yield name, document, _input(kind, served.place, chance)


def _input(kind: GraphQLInputObjectType, place: Place, chance: random.Random) -> dict[str, Any]:
    """Values that pass for their types, so that the verb is reached; half of the texts are hostile."""
    return {
        name: _value(field.type, place, chance)
        for name, field in kind.fields.items()
        if isinstance(field.type, GraphQLNonNull) or chance.random() < 0.8
    }


def _value(kind: Any, place: Place, chance: random.Random) -> Any:
    if isinstance(kind, GraphQLNonNull):
        return _value(kind.of_type, place, chance)
    if is_list_type(kind):
        return [_value(kind.of_type, place, chance) for _ in range(chance.randrange(3))]
    if isinstance(kind, GraphQLInputObjectType):
        return _input(kind, place, chance)
    if is_enum_type(kind):
        return chance.choice(list(kind.values))
    plausible: dict[str, list[Any]] = {
        "ID": [*place.ids.values(), *HOSTILE[13:15]],
        "Int": [1, 0, -1, 2**31 - 1],
        "Boolean": [True, False],
        "Date": ["2026-01-01", "0001-01-01", "9999-12-31"],
        "DateTime": ["2026-01-01T00:00:00Z", *HOSTILE[17:19]],
        "Decimal": ["1", "-" + "9" * 30 + ".9"],
        "BigInt": ["1", "9" * 30],
        "JSON": [{"a": 1}, [], None, 1.5, {"a": [[[[]]]]}, list(SHORT)],
        "String": [*SHORT, *["王小明", "13800005678", "abc"] * 7],
    }
    return chance.choice(plausible[kind.name])
