"""A settled place: the core's world of tests in a migrated database, with accounts of the default policy.

Grids beside those of `tests.core.worlds`: the town `hill` with the community `top` and its grid `t1`.
Residents beside those: four in `n1` (`n1_0` …) and five in its micro-grid `n11` (`n11_0` …).
Accounts by name are in ROLES; `li` and `wang` are residents of `n1`, and `wang` its grid worker;
`new` holds nothing. Every account has a token.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, get_nullable_type
from pydantic.alias_generators import to_camel
from sqlalchemy import Connection, insert, select

from linli import model as t
from linli.access.actors import create_token
from linli.clock import now, today
from linli.commands.users import find_account, insert_account
from linli.database.database import open_database
from linli.database.migrate import CORE_LINE, migrate
from linli.ids import public_id, split_public_id, uuid7
from linli.vault import Vault
from linli.verbs import core_verbs
from linli.verbs.verb import Verb
from linli.verify.run import verify_all
from linli_graphql.transport.app import AppOptions
from tests.core.worlds import HELPS, MEETS, World, account_row, dump, grid_row, settle
from tests.graphql.serving import Place, Served, serving

VERBS: Final[Mapping[str, Verb]] = {verb.name: verb for verb in core_verbs() if verb.answer is None}
ROLES: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "city": [("city_admin", "city")],
    "street": [("street_admin", "town")],
    "hill": [("street_admin", "hill")],
    "north": [("community_worker", "north")],
    "south": [("community_worker", "south")],
    "leader": [("grid_leader", "s1")],
    "n1": [("grid_worker", "n1")],
    "n2": [("grid_worker", "n2")],
    "t1": [("grid_worker", "t1")],
    "micro": [("micro_grid_leader", "n11")],
    "social": [("social_worker", "south")],
    "secretary": [("party_secretary", "south_committee")],
    "manager": [("organization_manager", "south_team")],
    "auditor": [("auditor", "city")],
    "operator": [("platform_operator", "city")],
    "registrar": [("platform_operator", "city"), ("city_admin", "city")],
    "li": [],
    "new": [],
}
KEY: Final = b"k" * 32
ANCHORS: Final = {
    "grid": "anchor_grid_id",
    "party_branch": "anchor_branch_id",
    "organization": "anchor_organization_id",
}


def settled(url: str) -> Place:
    """Migrate an empty database and settle it; nothing stays connected, so that it may be copied."""
    database = open_database(url)
    try:
        migrate(database, [CORE_LINE])
        with database.begin() as connection:
            ids = _found(connection)
            accounts = {name: _account(connection, name, ids) for name in ROLES}
            wang = find_account(connection, "north.wang")
            assert wang is not None
            accounts["wang"] = wang.id
            tokens = {name: create_token(connection, one, "test", 10) for name, one in accounts.items()}
    finally:
        database.engine.dispose()
    ids |= {f"@{name}": public_id("account", account) for name, account in accounts.items()}
    return Place(url, ids, tokens, accounts)


def _found(connection: Connection) -> dict[str, str]:
    city = grid_row(connection, 1, "city", "city", None)
    account_row(connection, "root", "admin", city)
    world = World(connection, {"city": public_id("grid", city.id)})
    ids = settle(world)
    for name, level, parent in (
        ("hill", "town", "county"),
        ("top", "community", "hill"),
        ("t1", "grid", "top"),
    ):
        ids[name] = world.do("root", "createGrid", parent=ids[parent], name=name, level=level)
    for grid, number in (("n1", 4), ("n11", 5)):
        for one in range(number):
            name = f"{grid}_{one}"
            ids[name] = world.do("root", "createResident", grid=ids[grid], name=name)
    return ids


def _account(connection: Connection, name: str, ids: Mapping[str, str]) -> str:
    resident = uuid_of(ids["north_li"]) if name == "li" else None
    account = insert_account(connection, name, name, resident)
    for role, anchor in ROLES[name]:
        hold(connection, account, role, ids[anchor])
    return account


def hold(connection: Connection, account: str, role: str, anchor: str, **more: Any) -> str:
    """Let an account hold a role at a grid, party branch or organisation; return the assignment's id."""
    kind, ident = split_public_id(anchor) or ("", "")
    columns = {"grid": t.grid, "party_branch": t.party_branch, "organization": t.organization}
    row = connection.execute(select(columns[kind]).where(columns[kind].c.id == ident)).one()
    values = {
        "id": uuid7(),
        "created_at": now(),
        "updated_at": now(),
        "account_id": account,
        "role": role,
        "anchor_type": kind,
        ANCHORS[kind]: ident,
        "grid_id": ident if kind == "grid" else row.grid_id,
        "path": row.path,
        "since": today(),
    }
    connection.execute(insert(t.assignment).values(values | more))
    return public_id("assignment", str(values["id"]))


def uuid_of(public: str) -> str:
    """Return the uuid of a public id."""
    parts = split_public_id(public)
    assert parts is not None, public
    return parts[1]


@asynccontextmanager
async def workers(place: Place, number: int = 1) -> AsyncIterator[list[Served]]:
    """Serve a place from several applications at once, each with its own caches, as worker processes do."""
    async with AsyncExitStack() as stack:
        served = [await stack.enter_async_context(serving(place, AppOptions())) for _ in range(number)]
        for one in served:
            one.service.deeds = replace(
                one.service.deeds,
                vault=Vault(KEY),  # under which the core's world was sealed
                relationship_types={"helps": HELPS, "meets": MEETS},
            )
        yield served


def document(verb: str, fields: str = "id") -> str:
    """Return the mutation of a verb, its input in the variable `i`."""
    thing = f"{to_camel(VERBS[verb].returns)} {{ {fields} }}"
    name = f"{verb[0].upper()}{verb[1:]}Input"
    return f"mutation ($i: {name}!) {{ {verb}(input: $i) {{ {thing} errors {{ code message path }} }} }}"


async def attempt(
    served: Served, who: str | None, verb: str, inputs: Mapping[str, Any], *, fields: str = "id"
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Have an account attempt a deed; return what came of it, and the errors."""
    payload = (await served.data(document(verb, fields), who, i=inputs))[verb]
    thing = payload[to_camel(VERBS[verb].returns)]
    assert (thing is None) == bool(payload["errors"]), payload
    return thing, payload["errors"]


async def refused(served: Served, who: str | None, verb: str, **inputs: Any) -> dict[str, Any]:
    """Have an account attempt a deed that must be refused; return the error."""
    thing, errors = await attempt(served, who, verb, inputs)
    assert thing is None, f"{who} was allowed to {verb} {inputs}"
    assert len(errors) == 1
    return errors[0]


def content(served: Served) -> dict[str, list[str]]:
    """Return every row of the database, by table."""
    with served.database.begin() as connection:
        return dump(connection)


def changed(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> dict[str, int]:
    """Return how many rows more each table has that is not as it was."""
    return {name: len(after[name]) - len(before[name]) for name in after if after[name] != before[name]}


def assert_sound(served: Served) -> None:
    """Everything that `linli verify` looks at is as it should be."""
    report = verify_all(served.database)
    faults = {name: [one for one in found if one.fault] for name, found in report.findings.items()}
    assert report.sound, faults


def wired(served: Served, verb: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return an input as clients send it: what verbs call `grid` is GRID in an enum."""
    found: dict[str, Any] = _wired(input_type(served, verb), inputs)
    return found


def input_type(served: Served, verb: str) -> GraphQLInputObjectType:
    """Return the input type of a mutation."""
    mutation = served.service.schema.mutation_type
    assert mutation is not None
    kind = get_nullable_type(mutation.fields[verb].args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    return kind


def _wired(kind: Any, value: Any) -> Any:
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLInputObjectType) and isinstance(value, Mapping):
        return {name: _wired(kind.fields[name].type, one) for name, one in value.items()}
    if isinstance(kind, GraphQLList) and isinstance(value, list):
        return [_wired(kind.of_type, one) for one in value]
    if isinstance(kind, GraphQLEnumType) and isinstance(value, str):
        return next(name for name, one in kind.values.items() if one.value == value)
    return value
