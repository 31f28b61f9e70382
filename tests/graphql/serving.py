"""A small place as it is served: a migrated database with a city, three communities and a few accounts.

Accounts: `city` (city_admin at the city), `north` and `south` (community_worker at one community each).
Grids: `city`, and the communities `north`, `south` and `twenty` below it.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import httpx
from graphql import GraphQLSchema
from pydantic.alias_generators import to_camel
from sqlalchemy import Connection, Row, insert, update
from starlette.types import ASGIApp

from linli import model as t
from linli.access.actors import create_token, renew
from linli.access.resources import CORE_RESOURCES, by_name
from linli.clock import now
from linli.commands.users import insert_account, insert_role
from linli.database.database import Database, open_database
from linli.database.migrate import CORE_LINE, migrate
from linli.deeds import Deeds
from linli.ids import public_id, uuid7
from linli.messages import Messages, core_messages
from linli.plugins.personal_checks import core_declarations
from linli.policy import Policy
from linli.traces.events import EventRecord
from linli.traces.hub import EventHub
from linli.traces.relay import dispatch
from linli.vault import Vault
from linli.verbs.inputs import NodeRef
from linli_graphql.declare.registry import Contribution, Registry, collect
from linli_graphql.nodes.roots import core_contribution
from linli_graphql.schema.assemble import assemble
from linli_graphql.service.describe import english
from linli_graphql.service.service import Service
from linli_graphql.transport.app import AppOptions, build_app
from linli_graphql.transport.server import server
from linli_policies.engine import load_policy

KEY = os.urandom(32)
GRIDS = {
    "city": ("/1/", "city"),
    "north": ("/1/2/", "community"),
    "south": ("/1/3/", "community"),
    "twenty": ("/1/20/", "community"),  # not below north, though its path begins alike
}
ROLES = {"city": "city_admin", "north": "community_worker", "south": "community_worker"}
SECONDS = 20.0
FOLLOW = "subscription ($within: ID!) { events(within: $within) { topic subject { id } grid { name } } }"


@dataclass(frozen=True)
class Place:
    """A database with rows in it: public ids of its grids, and tokens and uuids of its accounts, by name."""

    url: str
    ids: Mapping[str, str]
    tokens: Mapping[str, str] = field(repr=False)
    accounts: Mapping[str, str]


@contextmanager
def made_place(url: str) -> Iterator[Place]:
    """Migrate an empty database and fill it."""
    database = open_database(url)
    try:
        migrate(database, [CORE_LINE])
        with database.begin() as connection:
            grids = {"city": _grid(connection, "city", None)}
            grids |= {name: _grid(connection, name, grids["city"].id) for name in GRIDS if name not in grids}
            accounts = {name: insert_account(connection, name, name.title()) for name in ROLES}
            for name, role in ROLES.items():
                insert_role(connection, accounts[name], role, grids[name])
            tokens = {name: create_token(connection, accounts[name], "test", 10) for name in ROLES}
        ids = {name: public_id("grid", row.id) for name, row in grids.items()}
        yield Place(url, ids, tokens, accounts)
    finally:
        database.engine.dispose()


def _grid(connection: Connection, name: str, parent: str | None) -> Row[Any]:
    path, level = GRIDS[name]
    at = now()
    values = {
        "id": uuid7(),
        "created_at": at,
        "updated_at": at,
        "valid_from": at,
        "key": int(path.strip("/").split("/")[-1]),
        "path": path,
        "parent_id": parent,
        "name": name,
        "level": level,
        "code": name,
        "code_scheme": "place",
        "spine": True,
        "search": name,
    }
    return connection.execute(insert(t.grid).values(values).returning(t.grid)).one()


@dataclass(frozen=True)
class Served:
    """A place being served: `client` speaks HTTP to the application without a server between them."""

    place: Place
    database: Database
    service: Service
    hub: EventHub
    app: ASGIApp
    client: httpx.AsyncClient

    async def post(
        self, query: str, who: str | None = None, headers: Mapping[str, str] | None = None, **variables: Any
    ) -> httpx.Response:
        """Send an operation as most clients do."""
        sent = {**self.signed(who), **(headers or {})}
        body = {"query": query, "variables": variables}
        return await self.client.post("/graphql", json=body, headers=sent)

    async def data(self, query: str, who: str | None = None, **variables: Any) -> Any:
        """Send an operation that must succeed and return its data."""
        answer = (await self.post(query, who, **variables)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def signed(self, who: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.place.tokens[who]}"} if who else {}

    async def do(self, who: str, verb: str, **inputs: Any) -> str:
        """Have an account do a deed that must succeed; return the public id of its node."""
        kind = f"{verb[0].upper()}{verb[1:]}"
        returns = to_camel(self.service.registry.verbs[verb].returns)
        document = (
            f"mutation ($i: {kind}Input!) {{ {verb}(input: $i) {{ {returns} {{ id }} errors {{ code }} }} }}"
        )
        payload = (await self.data(document, who, i=inputs))[verb]
        assert not payload["errors"], payload
        node: str = payload[returns]["id"]
        return node

    async def new_resident(self, who: str, grid: str, name: str = "王小明") -> str:
        """Have an account create a resident at a grid, by its name or id; return the resident's id."""
        return await self.do(who, "createResident", grid=self.place.ids.get(grid, grid), name=name)

    async def relay(self) -> int:
        """Publish the events that wait, as the relay does; return how many there were."""
        events = await self.database.run(partial(dispatch, consumers=()))
        for event in events:
            self.hub.publish(event)
        return len(events)

    async def revoke(self, who: str) -> None:
        """End every token of an account, as the command does."""

        def work(connection: Connection) -> None:
            account = self.place.accounts[who]
            ended = update(t.token).where(t.token.c.account_id == account)
            connection.execute(ended.values(revoked_at=now()))
            renew(connection, [account])

        await self.database.run(work)


def new_service(database: Database, policy: Policy | None = None, *more: Contribution) -> Service:
    """Return a service of the core, and of what is declared beside it."""
    registry, schema, default, messages = _made(policy, *more) if more else _parts()
    consents = {one.name: one for one in core_declarations(core_messages().speaking("en")).consent}
    deeds = Deeds(policy or default, Vault(KEY), consents=consents)
    return Service(database, registry, schema, deeds, messages)


@cache
def _parts() -> tuple[Registry, GraphQLSchema, Policy, Messages]:
    """Make what services never change, and what takes longest, once."""
    return _made(None)


def _made(policy: Policy | None, *more: Contribution) -> tuple[Registry, GraphQLSchema, Policy, Messages]:
    resources = policy.resources if policy else by_name(CORE_RESOURCES)
    registry = collect([core_contribution(), *more], resources)
    return registry, assemble(registry, english), policy or load_policy(resources), core_messages()


@asynccontextmanager
async def serving(
    place: Place, options: AppOptions, policy: Policy | None = None, *more: Contribution
) -> AsyncIterator[Served]:
    """Serve a place without a network."""
    database = open_database(place.url)
    service, hub = new_service(database, policy, *more), EventHub()
    app = build_app(service, hub, options)
    await database.open()
    try:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            yield Served(place, database, service, hub, app, client)
    finally:
        hub.close()
        await database.close()


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[int]:
    """Serve an application on a free port of this machine, as it is in earnest; return the port."""
    running = server(app, "127.0.0.1", 0, log_level="critical")
    task = asyncio.create_task(running.serve())
    async with asyncio.timeout(SECONDS):
        while not running.started:
            await asyncio.sleep(0.01)
    try:
        yield running.servers[0].sockets[0].getsockname()[1]
    finally:
        running.should_exit = True
        await task


def elsewhere() -> EventRecord:
    """An event that concerns nobody."""
    return EventRecord(
        uuid7(), "a.b", "resident", NodeRef("resident", uuid7()), uuid7(), "/9/", None, None, now(), {}
    )
