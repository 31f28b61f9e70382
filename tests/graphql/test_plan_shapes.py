"""What the databases make of planned lists: each root list, for each kind of scope, goes by an index."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from graphql import GraphQLEnumType
from sqlalchemy.engine import make_url

from linli.database.database import open_database
from linli.database.migrate import CORE_LINE, migrate
from linli.database.sqlite import SqliteDatabase
from linli.ids import uuid7
from linli.policy import Actor, Anchor, AnchorType, Holding
from linli.vault import Vault
from linli_graphql.declare.fields import Connection
from linli_graphql.nodes.roots import ROOTS
from linli_graphql.plan.parts import Call
from linli_graphql.plan.plan import Plan, given
from linli_graphql.plan.root import compile_roots
from linli_graphql.service.callers import Caller
from linli_graphql.service.service import Incoming, Service
from tests.graphql.crowded import crowd
from tests.graphql.serving import Place, new_service
from tests.support.postgres import PostgresServer

PUBLIC = Holding("public")
CURSOR = "/1/2/20/0190a0a0-0000-7000-8000-000000000000"
GRID = "grid_0190a0a0-0000-7000-8000-000000000000"
# Tables of a few rows, which no plan need go through by an index.
SMALL = frozenset({"core_policy_epoch", "core_account"})
SQLITE_SCAN = re.compile(r"SCAN (\w+)$")
LISTS = {name: declared for name, declared in ROOTS.items() if isinstance(declared, Connection)}


def held(role: str, *paths: str) -> list[Holding]:
    return [Holding(role, Anchor(AnchorType.GRID, uuid7(), path)) for path in paths]


def actor(*holdings: Holding) -> Actor:
    return Actor(uuid7(), "somebody", 1, 1, uuid7(), (PUBLIC, *holdings))


ACTORS = {
    "public": Actor(),
    "a city": actor(*held("city_admin", "/1/")),
    "a grid": actor(*held("grid_worker", "/1/2/20/200/")),
    "two grids": actor(*held("grid_worker", "/1/2/20/200/", "/1/3/30/300/")),
    "forty grids": actor(*held("grid_worker", *(f"/1/2/{n}/{n + 180}/" for n in range(20, 60)))),
    "several ways": actor(
        *held("grid_worker", "/1/2/20/200/", "/1/3/30/300/"),
        *held("building_leader", "/1/4/40/400/5/"),
        Holding("resident", Anchor(AnchorType.GRID, uuid7(), "/1/4/40/")),
        Holding("organization_manager", Anchor(AnchorType.ORGANIZATION, uuid7())),
        Holding("party_secretary", Anchor(AnchorType.PARTY_BRANCH, uuid7(), "/7/8/")),
    ),
}


def asked(service: Service) -> Iterator[tuple[str, str]]:
    """Every root list: from both ends, at a place, searched, by each filter, in each order."""
    fields = service.schema.query_type.fields if service.schema.query_type else {}
    for name, declared in LISTS.items():
        one = service.registry.types[declared.target]
        where: Any = fields[name].args.get("where")
        yield name, "first: 20"
        yield name, f'first: 20, after: "{CURSOR}"'
        yield name, "last: 20"
        yield name, f'within: "{GRID}"'
        if one.searchable:
            yield name, 'search: "甲乙"'
        for filter_name, extra in one.filters.items():
            kind = where.type.fields[filter_name].type
            yield name, f"where: {{ {filter_name}: {sample(kind, extra.node_type)} }}"
        for lookup in one.lookups:
            yield name, f'where: {{ {lookup}: "12055501234" }}'
        for order in one.orderings:
            yield name, f"orderBy: {{ field: {order.upper()} }}"
            yield name, f"orderBy: {{ field: {order.upper()}, direction: DESC }}"


def sample(kind: Any, node_type: str | None) -> str:
    """Return a value of an input type as GraphQL writes it."""
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    return f'"{node_type}_{uuid7()}"' if node_type else '"x7"'


async def plan_of(service: Service, query: str, who: Actor) -> Plan:
    operation = await service.prepare(Incoming(query))
    selected = operation.form.roots
    caller = Caller(who, service.deeds.policy)
    return await service.planner.plan(
        operation.form, "roots", caller, lambda one: compile_roots(one, selected)
    )


@pytest.fixture(scope="module")
def city(postgres_server: PostgresServer) -> Iterator[tuple[Service, "psycopg.Connection[Any]"]]:
    """A service of a crowded database, and a line to ask what the database would do."""
    with postgres_server.database() as url:
        database = open_database(url)
        migrate(database, [CORE_LINE])
        service = new_service(database)
        types = service.registry.types
        tables = (types[one.target].table for one in LISTS.values())
        crowd(database, [table for table in tables if table is not None])
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as line:
            yield service, line
        database.engine.dispose()


@pytest.mark.parametrize("who", ACTORS)
async def test_postgresql_scans_no_table_for_a_page(
    city: tuple[Service, "psycopg.Connection[Any]"], who: str
) -> None:
    service, line = city
    scanned = {}
    for name, arguments in asked(service):
        query = f"{{ {name}({arguments}) {{ nodes {{ __typename }} pageInfo {{ hasNextPage }} }} }}"
        plan = await plan_of(service, query, ACTORS[who])
        if tables := set(scans(explained(line, plan, Caller(ACTORS[who], service.deeds.policy)))) - SMALL:
            scanned[query] = tables
    assert not scanned


@pytest.mark.parametrize("who", [name for name in ACTORS if name not in ("public", "a city")])
async def test_postgresql_scans_no_table_to_count_a_part(
    city: tuple[Service, "psycopg.Connection[Any]"], who: str
) -> None:
    service, line = city
    scanned = {}
    for name, declared in LISTS.items():
        one = service.registry.types[declared.target]
        decision = service.deeds.policy.decide(ACTORS[who], one.resource or "", one.action)
        if decision.everything:
            continue
        plan = await plan_of(service, f"{{ {name} {{ totalCount }} }}", ACTORS[who])
        if tables := set(scans(explained(line, plan, Caller(ACTORS[who], service.deeds.policy)))) - SMALL:
            scanned[name] = tables
    assert not scanned


def explained(line: "psycopg.Connection[Any]", plan: Plan, caller: Caller) -> dict[str, Any]:
    """Return what PostgreSQL would do: for values that it does not know yet, or for those of this plan."""
    if plan.by_values:
        values = plan.values(Call({}, caller.decide, Vault(bytes(32)), given(caller.actor)))
        text = re.sub(r"\$(\d+)", r"%(p\1)s", plan.text.replace("%", "%%"))
        binds = {f"p{number}": value for number, value in enumerate(values, 1)}
        found = line.execute(f"EXPLAIN (FORMAT JSON) {text}".encode(), binds).fetchone()
    else:
        found = line.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {plan.text}".encode()).fetchone()
    assert found is not None
    chosen: dict[str, Any] = found[0][0]["Plan"]
    return chosen


def scans(node: dict[str, Any]) -> Iterator[str]:
    """Yield the tables that a plan reads from end to end."""
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from scans(child)


@pytest.mark.parametrize("who", ACTORS)
async def test_sqlite_scans_no_table_for_a_page(sqlite_place: Place, who: str) -> None:
    database = SqliteDatabase(make_url(sqlite_place.url).database or "")
    await database.open()
    try:
        service = new_service(database)
        scanned = {}
        for name, arguments in asked(service):
            query = f"{{ {name}({arguments}) {{ nodes {{ __typename }} pageInfo {{ hasNextPage }} }} }}"
            plan = await plan_of(service, query, ACTORS[who])
            if tables := set(sqlite_scans(database, plan)) - SMALL:
                scanned[query] = tables
        assert not scanned
    finally:
        await database.close()


def sqlite_scans(database: SqliteDatabase, plan: Plan) -> Iterator[str]:
    """Yield the tables that SQLite reads from end to end, by the names that the statement gives them."""
    names = {alias: table for table, alias in re.findall(r"\b(core_\w+) AS (\w+)", plan.text)}
    with closing(sqlite3.connect(database.file)) as line:
        values = [None] * len(plan.readers)
        for row in line.execute(f"EXPLAIN QUERY PLAN {plan.text}", values):
            match = SQLITE_SCAN.match(row[3])
            if match and match[1] in names:
                yield names[match[1]]
