"""Following: everybody subscribes, something happens to a row of every type, what arrives is searched."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any, Final

from linli.clock import now
from linli.ids import uuid7
from linli.policy import Actor
from linli.traces.events import EventRecord, fact, write_event
from linli.verbs.inputs import NodeRef
from tests.policies.worlds import Row
from tests.security.proof.personas import Persona
from tests.security.proof.walking import Walker

ALIASES: Final = 50
OF_A_TYPE, AT_ONCE = 6, 40
SECONDS: Final = 60


@dataclass(frozen=True)
class _Place:
    id: str
    path: str


@dataclass(repr=False)
class Following:
    """One round: subscribe, let things happen, end."""

    walker: Walker
    random: random.Random
    heard: dict[str, list[bytes]] = field(default_factory=dict)

    async def follow(self) -> None:
        """Follow as everybody, at both cities and at the own place."""
        place = self.walker.place
        cities = [f"grid_{row['id']}" for row in place.world.of_level("city")]
        streams = [
            asyncio.create_task(self._stream(persona, document, within))
            for persona in place.personas
            for document in self._documents()
            for within in cities
        ]
        records = self._events()
        expected = sum(not one.done() for one in streams)
        async with asyncio.timeout(SECONDS):
            while len(place.hub) < expected:
                await asyncio.sleep(0.01)
                expected = sum(not one.done() for one in streams)
        for index in range(0, len(records), AT_ONCE):
            for record in records[index : index + AT_ONCE]:
                place.hub.publish(record)
            await self._drained()
        place.hub.close()
        await asyncio.gather(*streams)
        self.walker.coverage.events += sum(
            text.count(b"event: next") for heard in self.heard.values() for text in heard
        )

    async def _drained(self) -> None:
        async with asyncio.timeout(SECONDS):
            while any(not one._queue.empty() for one in self.walker.place.hub._subscriptions):
                await asyncio.sleep(0.01)

    async def _stream(self, persona: Persona, document: str, within: str) -> None:
        signed = {"Authorization": f"Bearer {persona.token}"} if persona.token else {}
        headers = {**signed, "Accept": "text/event-stream"}
        body = {"query": document, "variables": {"within": within}}
        self.walker.coverage.meet_document(document)
        async with self.walker.place.client.stream("POST", "/graphql", json=body, headers=headers) as answer:
            text = await answer.aread()
        assert answer.status_code < 500, (persona.name, text)
        assert not persona.suspended or answer.status_code == 401, (answer.status_code, text)
        self.heard.setdefault(persona.name, []).append(text)
        self.walker.search(persona, text, document)

    def _documents(self) -> list[str]:
        """Subscriptions to what rows of every type show, under names that do not clash."""
        parts, found, aliases = list[str](), list[str](), 0
        graph = self.walker.graph
        for name in graph.concrete("Node"):
            told = graph.told(name)
            if aliases + len(told) > ALIASES:
                found.append(" ".join(parts))
                parts, aliases = [], 0
            leaves = " ".join(f"{name}_{leaf}: {leaf}" for leaf in told)
            parts.append(f"... on {name} {{ {leaves} }}")
            aliases += len(told)
        found.append(" ".join(parts))
        head = "subscription ($within: ID!) { events(within: $within) { topic data grid { code name } subject"
        return [f"{head} {{ {inside} }} }} }}" for inside in found]

    def _events(self) -> list[EventRecord]:
        """Facts about rows of every type, in all places, as they stand in the database."""
        place, found = self.walker.place, list[EventRecord]()
        grids = {row["id"]: row for row in place.tables.world.rows["grid"]}
        for one in place.composition.registry.nodes:
            rows = place.tables.rows(one)
            for row in self.random.sample(rows, min(OF_A_TYPE, len(rows))):
                stands: Row = grids.get(row.get("grid_id") or "", self.random.choice([*grids.values()]))
                ref = NodeRef(str(one.node_type), row["id"])
                where: Any = _Place(stands["id"], stands["path"])
                found.append(fact(Actor(account_id=uuid7()), now(), "proof.happened", ref, where))
        with place.deployment.database.begin() as connection:
            for record in found:
                write_event(connection, record)
        self.random.shuffle(found)
        return found
