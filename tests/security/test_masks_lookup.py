"""Masked values are no oracle: only the whole value finds a row, and only where it may be revealed."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType
from sqlalchemy import ColumnElement, Table, column, literal
from sqlalchemy.sql import visitors

from linli.ids import uuid7
from linli_graphql.declare import fields as f
from linli_graphql.declare.kinds import bind_type
from linli_graphql.declare.registry import Registry
from tests.graphql.serving import Served
from tests.security.personal import BIRTH_DATE, account_of, entered, id_number

FIND = """query ($p: String, $n: String) {
  phone: residents(where: {phone: $p}) { totalCount nodes { id } }
  number: residents(where: {idNumber: $n}) { totalCount nodes { id } } }"""
ORACLES = (
    'where: {phone: {startsWith: "1"}}',
    'where: {phone: {in: ["12055501234"]}}',
    'where: {phoneStartsWith: "1"}',
    'where: {birthDate: "1990-03-07"}',
    'where: {birthYear: "1990"}',
    'where: {household: {head: {idNumber: "1"}}}',
    'where: {or: [{phone: "1"}]}',
    "orderBy: {field: PHONE}",
    "orderBy: {field: BIRTH_DATE}",
    'phone: "12055501234"',
    "groupBy: PHONE",
    "noSuchThing: 1",
)
AGGREGATES = ("max(field: BIRTH_DATE)", "count(distinct: PHONE)", "groups { phone }", "noSuchField")


def columns_of(expression: Any, table: Table) -> set[str]:
    """Return the names of a table's columns that an expression speaks of."""
    if not isinstance(expression, ColumnElement):
        return set()
    found = (one for one in visitors.iterate(expression) if getattr(one, "table", None) is not None)
    return {str(one.name) for one in found if one.name in table.c}  # type: ignore[attr-defined]  # columns have names


def guarded(one: f.ObjectType) -> set[str]:
    """Return the columns that a type's sensitive fields are made of."""
    if one.table is None:
        return set()
    rows, names = one.table.alias(), set()
    for field in one.fields.values():
        if isinstance(field, f.Sensitive):
            names |= columns_of(field.masked(rows), one.table)
            name = field.permission.partition(".")[2]
            kept = {f"{name}_{form}" for form in ("cipher", "masked", "blind")}
            names |= kept & set(one.table.c.keys())
    return names


def spoken_of(registry: Registry, one: f.ObjectType) -> Iterator[tuple[str, set[str]]]:
    """Yield by what rows of a type are found, ordered or told of, with the columns that it speaks of."""
    assert one.table is not None
    rows = one.table.alias()
    for name, ordering in one.orderings.items():
        yield f"ordering {name}", set(ordering.columns)
    for name, extra in one.filters.items():
        value = literal(None, bind_type(extra.kind))
        yield f"filter {name}", columns_of(extra.condition(rows, value), one.table)
    for name, field in one.fields.items():
        match field:
            case f.Column():
                yield f"field {name}", {field.column}
            case f.Computed():
                yield f"field {name}", columns_of(field.sql(rows), one.table)
            case f.Grafted():
                yield f"field {name}", set(field.needs)
            case f.ToMany() if field.target == one.name:
                yield f"order of {name}", {c for by in field.order(rows) for c in columns_of(by, one.table)}
    yield from reached_by(registry, one, one.table, rows)


def reached_by(
    registry: Registry, one: f.ObjectType, table: Table, rows: f.Rows
) -> Iterator[tuple[str, set[str]]]:
    """Yield the relations and root fields that lead to rows of a type, with the columns they speak of."""
    for owner in registry.types.values():
        for name, field in owner.fields.items():
            if isinstance(field, f.ToOne | f.ToMany | f.Connection) and field.target == one.name:
                parent = owner.table.alias() if owner.table is not None else rows
                met = field.on(parent, rows) if field.on is not None else None
                yield f"{owner.name}.{name}", columns_of(met, table)
    for name, root in registry.roots.items():
        if isinstance(root, f.RootOne) and root.target == one.name:
            values: dict[str, ColumnElement[Any]] = {key: column(key) for key in root.arguments}
            yield f"Query.{name}", columns_of(root.where(rows, values), table)


@pytest.mark.case(28, 49, 50)
def test_nothing_declared_finds_orders_or_tells_by_a_masked_column(served: Served) -> None:
    registry, looked = served.service.registry, 0
    for one in registry.types.values():
        masked = guarded(one)
        for what, names in spoken_of(registry, one) if masked else ():
            assert not names & masked, f"{one.name}: {what} speaks of {names & masked}"
            looked += 1
    assert looked > 10
    assert guarded(registry.types["Resident"]) >= {"birth_date", "phone_masked", "id_number_blind"}
    where = served.service.schema.type_map["ResidentWhere"]
    assert isinstance(where, GraphQLInputObjectType)
    assert {name: str(where.fields[name].type) for name in ("phone", "idNumber")} == {
        "phone": "String",
        "idNumber": "String",
    }
    assert "birthDate" not in where.fields


@pytest.mark.case(28, 49, 50)
async def test_an_oracle_is_refused_as_an_unknown_argument_is(served: Served) -> None:
    asked = [f"{{ residents({one}) {{ totalCount }} }}" for one in ORACLES]
    asked += [f"{{ residents {{ {one} }} }}" for one in AGGREGATES]
    for query in asked:
        answer = await served.post(query, "north")
        assert answer.json().keys() == {"errors"}, query
        codes = {one["extensions"]["code"] for one in answer.json()["errors"]}
        assert codes == {"GRAPHQL_VALIDATION_FAILED"}, (query, codes)


@pytest.mark.case(49)
async def test_a_whole_value_finds_whom_the_caller_may_reveal_and_nobody_else(served_twice: Served) -> None:
    served = served_twice
    phone, number = f"1{str(int(uuid7()[-8:], 16)).zfill(10)[:10]}", id_number(int(uuid7()[-4:], 16) % 900)
    mine = await entered(served, phone=phone, idNumber=number)
    theirs = await entered(served, "south", "south", phone=phone)

    async def found(headers: dict[str, str], **values: str) -> dict[str, Any]:
        answer: dict[str, Any] = (await served.post(FIND, headers=headers, **values)).json()["data"]
        return answer

    both = {"p": phone, "n": number.lower()}
    street = await account_of(served, f"a{uuid7()[-12:]}", "street_admin", "north")
    here = {"totalCount": 1, "nodes": [{"id": mine}]}
    assert await found(street, **both) == {"phone": here, "number": here}
    city = await account_of(served, f"b{uuid7()[-12:]}", "city_admin", "city")
    assert {one["id"] for one in (await found(city, **both))["phone"]["nodes"]} == {mine, theirs}
    nobody = {"totalCount": 0, "nodes": []}
    community = await account_of(served, f"c{uuid7()[-12:]}", "community_worker", "north")
    assert await found(community, **both) == {"phone": here, "number": nobody}, "masked is not revealed"
    for role in ("grid_worker", "social_worker", "micro_grid_leader"):
        reader = await account_of(served, f"d{uuid7()[-12:]}", role, "north")
        assert await found(reader, **both) == {"phone": nobody, "number": nobody}, role
    near = {"p": phone[:-1], "n": number[:-1] + "%"}
    assert await found(street, **near) == {"phone": nobody, "number": nobody}
    assert await found(street, p="", n="") == {"phone": nobody, "number": nobody}


@pytest.mark.case(29)
async def test_a_search_knows_no_sensitive_value(served_twice: Served) -> None:
    served = served_twice
    name, number = f"郝{uuid7()[-6:]}", id_number(901)
    await entered(served, "south", "south", name=name, phone="12055509999", birthDate=BIRTH_DATE)
    await entered(served, name="钱一", phone="12055509999", idNumber=number, birthDate=BIRTH_DATE)
    for words in ("12055509999", "9999", number, number[:6], BIRTH_DATE, "1990", name, "郝"):
        query = "query ($s: String) { residents(search: $s) { totalCount nodes { id } } }"
        answer = (await served.data(query, "north", s=words))["residents"]
        assert answer == {"totalCount": 0, "nodes": []}, words


@pytest.mark.case(139)
async def test_wildcards_in_a_search_are_letters(served_twice: Served) -> None:
    served = served_twice
    await entered(served, name="丁百分")
    query = "query ($s: String) { residents(search: $s) { nodes { name } } }"
    for words in ("%", "_", "%%", "*", "_" * 60, ".*", "(.+)+$", "\\", "' OR ''='", '"', "[一-龥]", "?"):
        found = (await served.data(query, "north", s=words))["residents"]["nodes"]
        assert found == [], words
    for words in ("丁%", "丁_分", "丁.*", "(丁+)+$"):
        found = (await served.data(query, "north", s=words))["residents"]["nodes"]
        assert all("丁" in one["name"] for one in found), words
