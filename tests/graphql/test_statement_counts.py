"""How many statements an operation costs is pinned in statement_counts.json: one for each planned read.

LINLI_WRITE_COUNTS=1 writes the numbers anew; a number above one needs a sentence beside it that says why.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from linli.access.actors import renew
from linli.database.postgresql import PostgresDatabase
from linli.database.sqlite import SqliteDatabase
from linli.deployment import Deployment
from linli_graphql.nodes.roots import ROOTS
from tests.graphql.serving import Place, Served
from tests.graphql.settled import document, workers

FILE: Final = Path(__file__).with_name("statement_counts.json")
WRITE: Final = os.environ.get("LINLI_WRITE_COUNTS") == "1"
PERSON: Final = "id name grid { name } phone { value state }"
DEEP: Final = """query ($id: ID!) { node(id: $id) { ... on Grid { name children { nodes {
  name residents(first: 5) { nodes { name household { label members { nodes { name } } } } }
} } } } }"""
DEEPEST: Final = (
    "{ residents { nodes { "
    + "household { members(first: 3) { nodes { " * 4
    + "name"
    + " } } }" * 4
    + " } } }"
)


Before = Callable[[Served], Awaitable[None]]


async def nothing(_served: Served) -> None:
    """Leave the place as it is."""


@dataclass(frozen=True)
class Operation:
    """An operation, who sends it, and its variables: names that a place knows stand for its ids."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    who: str | None = "north"
    before: Before = nothing


async def forget(served: Served) -> None:
    """Let the place know nothing of an account."""
    served.service.callers.forget(served.place.tokens["north"])


async def change_rights(served: Served) -> None:
    """Let somebody else change an account's rights."""
    with served.database.begin() as connection:
        renew(connection, [served.place.accounts["north"]])


def deed(verb: str, who: str = "north", fields: str = "id", **inputs: Any) -> Operation:
    return Operation(document(verb, fields), {"i": inputs}, who)


OPERATIONS: Final[Mapping[str, Operation]] = {
    "viewer": Operation("{ viewer { name roles { role anchorGrid { name } } } }"),
    "viewer without a token": Operation("{ viewer { name } grids { totalCount } }", who=None),
    "node": Operation(
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Resident {{ {PERSON} }} }} }}", {"id": "n1_0"}
    ),
    "node that is another's": Operation(
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Resident {{ {PERSON} }} }} }}", {"id": "south_li"}
    ),
    "node that is not there": Operation(
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Resident {{ {PERSON} }} }} }}", {"id": "missing"}
    ),
    "nodes of several types": Operation(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Resident { name } ... on Grid { level } } }",
        {"ids": ["n1_0", "north", "north_team", "south_li", "missing"]},
    ),
    "grid by code": Operation('{ grid(code: "330482") { name ancestors { name } } }'),
    "grids": Operation(
        "{ grids(first: 5) { totalCount nodes { name parent { name } } pageInfo { endCursor } } }"
    ),
    "residents": Operation(f"{{ residents {{ totalCount edges {{ cursor node {{ {PERSON} }} }} }} }}"),
    "residents searched": Operation('{ residents(search: "n11") { totalCount nodes { name } } }'),
    "residents filtered and ordered": Operation(
        "query ($g: ID, $n: String) { residents(within: $g, where: {name: $n}, orderBy: {field: NAME})"
        " { nodes { id } } }",
        {"g": "north", "n": "王一"},
    ),
    "households": Operation("{ households { nodes { label head { name } members { totalCount } } } }"),
    "party branches": Operation("{ partyBranches { nodes { name parent { name } coverage { name } } } }"),
    "organizations": Operation("{ organizations { nodes { name hosted: projects { nodes { name } } } } }"),
    "projects": Operation("{ projects { nodes { name grids { name } parties { nodes { role } } } } }"),
    "memberships": Operation("{ memberships { nodes { kind resident { name } } } }", who="street"),
    "posts": Operation("{ posts { nodes { kind resident { name } } } }"),
    "consents": Operation("{ consents { nodes { purpose resident { id } } } }"),
    "data requests": Operation("{ dataRequests { nodes { kind state resident { id } } } }"),
    "processingRegister": Operation("{ processingRegister { field purpose } }"),
    "consentPurposes": Operation("{ consentPurposes { name text } }"),
    "accessStatistics": Operation("{ accessStatistics { month role purpose looks } }"),
    "relationships": Operation("{ relationships { nodes { type subject { id } object { id } } } }"),
    "assignments": Operation("{ assignments { nodes { role account { name } } } }"),
    "data accesses": Operation("{ dataAccesses { nodes { by purpose resident { id } } } }"),
    "residents by phone": Operation('{ residents(where: {phone: "12055501234"}) { nodes { id } } }'),
    "events": Operation("{ events(last: 3) { nodes { topic subject { id } } } }"),
    "statistics": Operation(
        "query ($g: ID!) { statistics(within: $g) { residents projects } }", {"g": "north"}
    ),
    "several roots": Operation(
        "{ viewer { name } residents { totalCount } grids { totalCount } posts { totalCount } }"
    ),
    "three levels deep": Operation(DEEP, {"id": "north"}, "street"),
    "deeper than SQLite parses at once": Operation(DEEPEST, who="street"),
    "explainAccess of a node": Operation(
        'query ($id: ID!) { explainAccess(permission: "resident:update", node: $id) { allowed } }',
        {"id": "n1_0"},
    ),
    "previewGridChange": Operation(
        "query ($ids: [ID!]!) { previewGridChange(grids: $ids) { residents } }", {"ids": ["n1", "n2"]}
    ),
    "a caller not seen before": Operation("{ viewer { name } }", before=forget),
    "a caller whose rights have changed": Operation("{ viewer { name } }", before=change_rights),
    "introspection": Operation("{ __schema { queryType { name } } }"),
    "a deed": deed("createResident", fields=PERSON, grid="n2", name="王"),
    "a deed again, by its key": deed("createResident", grid="n2", name="李", idempotencyKey="k"),
    "a deed that is refused": deed("createResident", grid="s1", name="王"),
    "two deeds in a document": Operation(
        'mutation ($g: ID!) { a: createResident(input: {grid: $g, name: "a"}) { resident { id } }'
        ' b: createResident(input: {grid: $g, name: "b"}) { resident { id } } }',
        {"g": "n2"},
    ),
    "a deed of which nothing is asked": Operation(
        'mutation ($g: ID!) { createResident(input: {grid: $g, name: "a"}) { errors { code } } }', {"g": "n2"}
    ),
}


class Cost(NamedTuple):
    """Statements on the read side, as its driver sees them, and transactions on the write side."""

    statements: int
    transactions: int


@dataclass
class Counter:
    """What passes the doors of a database."""

    statements: int = 0
    transactions: int = 0

    def statement(self, what: object) -> None:
        # What SQLite's search index asks for itself is reported as a comment.
        self.statements += not str(what).startswith("--")


@asynccontextmanager
async def counted(served: Served | Deployment) -> AsyncIterator[Counter]:
    """Count on a served place until leaving."""
    counter, database = Counter(), served.database
    run = database.run

    async def counted_run(work: Callable[[Any], Any]) -> Any:
        counter.transactions += 1
        return await run(work)

    look = database.look

    def counted_look(*given: Any) -> Any:
        counter.statements += 1
        return look(*given)

    database.run = counted_run  # type: ignore[method-assign]  # the doors themselves are watched
    database.look = counted_look  # type: ignore[method-assign, assignment]  # as above, with any arguments
    if isinstance(database, SqliteDatabase):
        assert database._reader is not None
        database._reader.set_trace_callback(counter.statement)
    elif isinstance(database, PostgresDatabase):
        for lane in database._lanes.values():
            for kept in lane._idle:
                kept.add_query_logger(counter.statement)
            for _ in range(lane.pool.get_max_size()):
                async with lane.pool.acquire() as connection:
                    connection.add_query_logger(counter.statement)
    yield counter


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """Return variables with ids in the place of names."""
    if isinstance(value, Mapping):
        return {name: filled(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, ids) for one in value]
    return ids.get(value, value) if isinstance(value, str) else value


async def measured(place: Place) -> dict[str, Cost]:
    """Return what each operation costs where its plan and its caller are known."""
    ids = {**place.ids, "missing": place.ids["n1_0"][:-12] + "0" * 12}
    costs = {}
    async with workers(place) as (served,), counted(served) as counter:
        for name, one in OPERATIONS.items():
            variables = filled(one.variables, ids)
            for _ in range(2):
                await one.before(served)
                counter.statements = counter.transactions = 0
                await served.data(one.query, one.who, **variables)
            costs[name] = Cost(counter.statements, counter.transactions)
    return costs


async def test_each_operation_costs_what_the_file_says(sqlite_copy: Place, postgres_copy: Place) -> None:
    found = {"sqlite": await measured(sqlite_copy), "postgresql": await measured(postgres_copy)}
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    costs = {name: entry(name, found, kept.get(name, {})) for name in OPERATIONS}
    if WRITE:
        lines = (f"  {json.dumps(name)}: {json.dumps(cost)}" for name, cost in costs.items())
        FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    assert costs == json.loads(FILE.read_text(encoding="utf-8"))


def entry(name: str, found: Mapping[str, Mapping[str, Cost]], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the file says of an operation: its cost on each database, and why it is more than one."""
    costs: dict[str, Any] = {database: found[database][name]._asdict() for database in found}
    return costs | ({"why": kept["why"]} if "why" in kept else {})


def test_every_root_field_is_counted() -> None:
    queries = " ".join(one.query for one in OPERATIONS.values())
    assert not {name for name in ROOTS if not re.search(rf"\b{name}\b", queries)}


def test_more_than_one_statement_has_its_reason() -> None:
    for name, one in json.loads(FILE.read_text(encoding="utf-8")).items():
        deeds = OPERATIONS[name].query.startswith("mutation")
        costs = [one["sqlite"], one["postgresql"]]
        plain = all(cost["statements"] <= 1 and cost["transactions"] == deeds for cost in costs)
        reasoned = len(one.get("why", "").split()) > 3
        assert plain is not reasoned, f"{name}: say why, or strike the reason that is no longer needed"


def test_a_foreign_id_costs_what_a_missing_one_costs() -> None:
    costs = json.loads(FILE.read_text(encoding="utf-8"))
    assert costs["node that is another's"] == costs["node that is not there"] == costs["node"]
