"""Every list of the API equals, row by row, what a separate evaluator allows; for all personas."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pytest
from sqlalchemy import insert

from linli.access.resources import CORE_RESOURCES, by_name
from linli.clock import now
from linli.database.database import Database, open_database
from linli.database.migrate import CORE_LINE, migrate
from linli.deeds import Deeds
from linli.ids import public_id
from linli.messages import core_messages
from linli.model import account
from linli.policy import Actor, AnchorType, Holding
from linli.vault import Vault
from linli_graphql.declare.registry import collect
from linli_graphql.nodes.roots import core_contribution
from linli_graphql.schema.assemble import assemble
from linli_graphql.service.callers import Caller
from linli_graphql.service.describe import english
from linli_graphql.service.service import Incoming, Service
from linli_policies.engine import CasbinPolicy, default_source, load_policy
from tests.policies.evaluator import Evaluator, ties_of
from tests.policies.seeds import say, seeded, times
from tests.policies.worlds import Row, World, random_actor, random_anchor, random_world

ROOTS = {
    "grids": "grid",
    "residents": "resident",
    "households": "household",
    "partyBranches": "party_branch",
    "organizations": "organization",
    "projects": "project",
    "memberships": "membership",
    "posts": "post",
    "relationships": "relationship",
    "assignments": "assignment",
    "events": "event",
}
NESTED = {"residents": "resident", "households": "household", "projects": "project", "posts": "post"}
PAGE = 7


@dataclass
class Seen:
    """What the worlds have shown; too little is a failure."""

    rows: Counter[tuple[str, bool]] = field(default_factory=Counter)


@dataclass
class Asker:
    """Asks the service as one actor, and knows from the evaluator what must come back."""

    service: Service
    policy: CasbinPolicy
    evaluator: Evaluator
    world: World
    actor: Actor
    seen: Seen

    async def ask(self, query: str, **variables: Any) -> Any:
        caller = Caller(self.actor, self.policy)

        async def this_caller(token: str | None) -> Caller:
            return caller

        self.service.callers.of = this_caller  # type: ignore[method-assign]  # signing in is tested elsewhere
        answer = orjson.loads(await self.service.execute(Incoming(query, variables)))
        assert "errors" not in answer, answer
        return answer["data"]

    def allowed(self, resource: str, *, current: bool = True) -> list[Row]:
        question = self.evaluator.question(self.world, self.actor, resource, "read")
        rows = []
        for row in self.world.rows[resource]:
            may = question.allows(ties_of(self.world, resource, row))
            self.seen.rows[self.actor.name, may] += 1
            if may and not (current and (row.get("valid_to") or row.get("until"))):
                rows.append(row)
        return rows

    async def pages(self, root: str) -> tuple[list[str], int]:
        found: list[str] = []
        after = None
        while True:
            page = (
                await self.ask(
                    f"query($n: Int, $a: String) {{ {root}(first: $n, after: $a)"
                    " { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }",
                    n=PAGE,
                    a=after,
                )
            )[root]
            found += [node["id"] for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                return found, page["totalCount"]
            after = page["pageInfo"]["endCursor"]

    async def compare_lists(self) -> None:
        for root, resource in ROOTS.items():
            expected = self.allowed(resource)
            if resource == "grid" or "path" in self.world.rows[resource][0]:
                expected = sorted(expected, key=lambda row: (row["path"], row["id"]))
            found, total = await self.pages(root)
            assert found == [public_id(resource, row["id"]) for row in expected], (self.actor, root)
            assert total == len(expected)

    async def compare_nodes(self) -> None:
        """`node` and `nodes` show exactly what may be read, closed rows too."""
        for resource in ROOTS.values():
            ids = [public_id(resource, row["id"]) for row in self.world.rows[resource]]
            may = {public_id(resource, row["id"]) for row in self.allowed(resource, current=False)}
            nodes = (await self.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids))["nodes"]
            assert nodes == [{"id": one} if one in may else None for one in ids], (self.actor, resource)
            one = self.world.random.choice(ids)
            answer = await self.ask("query($id: ID!) { node(id: $id) { id } }", id=one)
            assert answer == {"node": {"id": one} if one in may else None}

    async def compare_nested(self) -> None:
        """Below a cell that the actor sees, only rows that the actor may read."""
        parts = " ".join(f"{name}(first: 100) {{ totalCount nodes {{ id }} }}" for name in NESTED)
        answer = await self.ask(f"{{ grids(first: 40) {{ nodes {{ id {parts} }} }} }}")
        paths = {public_id("grid", row["id"]): row["path"] for row in self.world.rows["grid"]}
        may = {name: self.allowed(resource) for name, resource in NESTED.items()}
        for node in answer["grids"]["nodes"]:
            for name, resource in NESTED.items():
                below = [row for row in may[name] if row["path"].startswith(paths[node["id"]])]
                expected = {public_id(resource, row["id"]) for row in below}
                assert {one["id"] for one in node[name]["nodes"]} == expected, (self.actor, node["id"], name)
                assert node[name]["totalCount"] == len(expected)

    async def compare_hops(self) -> None:
        """A hop to a row that may not be read is null, and its neighbours stay."""
        answer = await self.ask(
            "{ memberships(first: 200) { nodes { id resident { id } organization { id } } } }"
        )
        people = {public_id("resident", row["id"]) for row in self.allowed("resident", current=False)}
        for node in answer["memberships"]["nodes"]:
            row = self.world.by_id("membership", node["id"].removeprefix("membership_"))
            assert row is not None
            person = public_id("resident", row["resident_id"]) if row["resident_id"] else None
            assert node["resident"] == ({"id": person} if person in people else None)


@pytest.mark.case(22, 23, 25)
async def test_every_list_equals_what_the_evaluator_allows(database_url: str) -> None:
    generator = seeded("lists over GraphQL")
    database = open_database(database_url)
    migrate(database, [CORE_LINE])
    await database.open()
    seen = Seen()
    try:
        world = random_world(generator)
        personas = _personas(world)
        with database.begin() as connection:
            world.store(connection)
            connection.execute(insert(account), [_account(actor) for actor in personas])
        await _compare(database, world, personas, seen)
    finally:
        await database.close()
    _assert_coverage(personas, seen)


async def _compare(database: Database, world: World, personas: Sequence[Actor], seen: Seen) -> None:
    policy = load_policy(by_name(CORE_RESOURCES))
    registry = collect([core_contribution()], policy.resources)
    deeds = Deeds(policy, Vault(os.urandom(32)))
    service = Service(database, registry, assemble(registry, english), deeds, core_messages())
    for actor in personas:
        asker = Asker(service, policy, Evaluator(default_source().text), world, actor, seen)
        await asker.compare_lists()
        await asker.compare_nodes()
        await asker.compare_nested()
        await asker.compare_hops()


def _personas(world: World) -> list[Actor]:
    """One of each role, a worker of two cells, and one of many roles; versions as in the database."""
    policy = load_policy(by_name(CORE_RESOURCES))
    public = Holding("public")
    found = []
    for role in sorted(policy.roles - {"public"}):
        anchor = random_anchor(world, world.random.choice(sorted(policy.anchors(role))))
        found.append(random_actor(world, role, [public, Holding(role, anchor)]))
    cells = [Holding("grid_worker", random_anchor(world, AnchorType.GRID)) for _ in range(2 * times(1))]
    found.append(random_actor(world, "worker of two", [public, *cells]))
    mixed = [found[index].holdings[1] for index in world.random.sample(range(len(found) - 1), 4)]
    found.append(random_actor(world, "of many roles", [public, *mixed]))
    return [replace(one, version=1, epoch=1) for one in found]


def _account(actor: Actor) -> Row:
    at = now()
    names = {"name": f"asker {actor.name}", "display_name": actor.name, "state": "active", "version": 1}
    return {"id": actor.account_id, "created_at": at, "updated_at": at, **names}


def _assert_coverage(personas: Sequence[Actor], seen: Seen) -> None:
    say(f"{sum(seen.rows.values())} rows judged for {len(personas)} personas")
    names = {actor.name for actor in personas}
    assert len(names) >= 8
    assert all(seen.rows[name, True] for name in names)
    assert all(seen.rows[name, False] for name in names)
