"""A crowd of clients that change the same few things at once, beside a grid that is moved to and fro."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from linli.verbs import core_verbs
from tests.support.clients import Client
from tests.support.town import Town

RETURNS: Final = {one.name: one.returns for one in core_verbs() if one.answer is None}
READ: Final = "query ($id: ID!) { node(id: $id) { ... on Resident { version } ... on Grid { version } } }"
FIGURES: Final = """query ($city: ID!, $east: ID!, $west: ID!) {
  city: statistics(within: $city) { residents households }
  east: statistics(within: $east) { residents households }
  west: statistics(within: $west) { residents households }
  residents { totalCount } households { totalCount }
}"""
KINDS: Final = ("residents", "households")
FOUNDERS: Final = 10  # in each of three grids, for fewer than 5 people are withheld from statistics
HOT: Final = 3


def mutation(verb: str) -> str:
    """Return the document of a verb that asks for the node's id and what was refused."""
    name = f"{verb[0].upper()}{verb[1:]}"
    thing = f"{RETURNS[verb]} {{ id version }} errors {{ code message path }}"
    return f"mutation ($input: {name}Input!) {{ {verb}(input: $input) {{ {thing} }} }}"


@dataclass(frozen=True)
class Ledger:
    """What was acknowledged to all clients together.

    Attributes:
        deeds: how many deeds were done, by verb.
        names: the names and labels of what was created, each once.
        closed: the names of residents who were closed.
        versions: how many versions a node must be on from its first, by public id.
        refused: how many deeds were refused, by code.
        looks: how many answers with figures were found to agree with themselves.
    """

    deeds: Counter[str] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    versions: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    looks: Counter[str] = field(default_factory=Counter)


@dataclass
class Member:
    """One client, with a random generator of its own and what it made itself.

    Attributes:
        hot: residents whom it corrects; others correct them as well.
        movable: those of them whom it may move.
        at: names of the grids where it creates and moves.
    """

    name: str
    client: Client
    town: Town
    ledger: Ledger
    hot: list[str]
    movable: list[str]
    at: list[str]
    generator: random.Random
    people: dict[str, str] = field(default_factory=dict)
    homes: list[tuple[str, str]] = field(default_factory=list)
    number: int = 0

    async def change(self) -> None:
        """Attempt one change, most of them of what others change as well."""
        kinds: Mapping[Callable[[], Awaitable[None]], int] = {
            self.create: 5,
            self.correct: 4,
            self.move: 4,
            self.close: 2,
            self.keep_house: 2,
            self.move_house: 2,
            self.rename: 1,
        }
        (kind,) = self.generator.choices(list(kinds), list(kinds.values()))
        await kind()

    async def create(self) -> None:
        name = self._new_name()
        self.people[name] = await self.made("createResident", name, name=name, grid=self._place())

    async def close(self) -> None:
        if not self.people:
            return await self.create()
        name, ident = self.people.popitem()
        await self.do("closeResident", resident=ident, reason="ENTERED_IN_ERROR")
        self.ledger.closed.add(name)
        self.ledger.versions[ident] += 1
        return None

    async def correct(self) -> None:
        await self._renew("updateResident", "resident", self.generator.choice(self.hot))

    async def rename(self) -> None:
        if self.at != self.town.places:  # a community worker may not
            return await self.correct()
        return await self._renew("updateGrid", "grid", self.town.grids["m"])

    async def move(self) -> None:
        ident = self.generator.choice([*self.movable, *self.people.values()])
        if await self.do("moveResident", "INVALID_INPUT", resident=ident, to=self._place()):
            self.ledger.versions[ident] += 1

    async def keep_house(self) -> None:
        """Found a household of one; the two are moved together."""
        label, name, grid = self._new_name(), self._new_name(), self._place()
        home = await self.made("createHousehold", label, label=label, grid=grid)
        person = await self.made("createResident", name, name=name, grid=grid, household=home)
        self.homes.append((home, person))

    async def move_house(self) -> None:
        if not self.homes:
            return await self.keep_house()
        both = self.generator.choice(self.homes)
        if await self.do("moveHousehold", "INVALID_INPUT", household=both[0], to=self._place()):
            self.ledger.versions.update(both)
        return None

    async def made(self, verb: str, called: str, /, **data: Any) -> str:
        """Create something that nobody can prevent; return its public id."""
        ident: str = (await self.do(verb, **data))["id"]
        self.ledger.names.add(called)
        return ident

    async def do(self, verb: str, /, *bearable: str, **data: Any) -> Mapping[str, Any]:
        """Attempt a deed; return its node, or nothing where it was refused by a bearable code."""
        payload = (await self.client.send(mutation(verb), input=data)).data[verb]
        codes = [error["code"] for error in payload["errors"]]
        node: Mapping[str, Any] | None = payload[RETURNS[verb]]
        assert (node is None) == bool(codes), f"{self.name} {verb} {data}: {payload}"
        assert set(codes) <= set(bearable), f"{self.name} {verb} {data}: {payload}"
        self.ledger.refused.update(codes)
        self.ledger.deeds[verb] += node is not None
        return node or {}

    async def _renew(self, verb: str, role: str, ident: str) -> None:
        """Read a node's version, then change it as of that version."""
        node = (await self.client.send(READ, id=ident)).data["node"]
        data = {role: ident, "name": self._new_name(), "version": node["version"]}
        if await self.do(verb, "CONFLICT", **data):
            self.ledger.versions[ident] += 1

    def _place(self) -> str:
        return self.town.grids[self.generator.choice(self.at)]

    def _new_name(self) -> str:
        self.number += 1
        return f"{self.name}-{self.number}"


@dataclass
class Crowd:
    """Everybody at once: as many members as the town has accounts to spare, a mover and a reader."""

    town: Town
    port: int
    changes: int
    seed: int
    ledger: Ledger = field(default_factory=Ledger)

    async def gather(self) -> Ledger:
        """Let everybody work and return what was acknowledged."""
        *admins, mover, reader = self.town.admins
        members = await self._members(admins)
        await self._collide(members)
        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            beside = [group.create_task(self._move(mover, done)), group.create_task(self._read(reader, done))]
            await asyncio.wait([group.create_task(self._work(member)) for member in members])
            done.set()
            await asyncio.wait(beside)
        return self.ledger

    async def _members(self, admins: list[str]) -> list[Member]:
        places = self.town.places
        inner = [name for name in places if name.startswith("m")]
        founder = self._member("f", admins[0], [], [], places)
        free, kept = [await self._settle(founder, f"hot/{place}", "m1", HOT) for place in ("out", "in")]
        for name in ("e1", "w1", "m1"):
            await self._settle(founder, name, name, FOUNDERS)
        founder.client.close()
        return [
            *(self._member(f"a{n}", one, [*free, *kept], free, places) for n, one in enumerate(admins)),
            *(self._member(f"w{n}", one, kept, kept, inner) for n, one in enumerate(self.town.workers)),
        ]

    def _member(self, name: str, token: str, hot: list[str], movable: list[str], at: list[str]) -> Member:
        generator = random.Random(f"{self.seed} {name}")
        return Member(name, Client(self.port, token), self.town, self.ledger, hot, movable, at, generator)

    async def _settle(self, founder: Member, name: str, grid: str, number: int) -> list[str]:
        place = self.town.grids[grid]
        names = [f"{name}/{one}" for one in range(number)]
        return [await founder.made("createResident", one, name=one, grid=place) for one in names]

    async def _collide(self, members: list[Member]) -> None:
        """All correct one resident as of the same version: one is heard."""
        ident = members[-1].hot[0]
        data = {"resident": ident, "version": 1, "name": "hot"}
        heard = await asyncio.gather(*(one.do("updateResident", "CONFLICT", **data) for one in members))
        assert sum(map(bool, heard)) == 1
        self.ledger.versions[ident] += 1

    async def _work(self, member: Member) -> None:
        async with member.client:
            for _ in range(self.changes):
                await member.change()

    async def _move(self, token: str, done: asyncio.Event) -> None:
        mover, m = self._member("mover", token, [], [], []), self.town.grids["m"]
        async with mover.client:
            while not done.is_set():
                for town in ("west", "east"):
                    await mover.do("moveGrid", grid=m, to=self.town.grids[town])
                    self.ledger.versions[m] += 1
                    await asyncio.sleep(0.02)

    async def _read(self, token: str, done: asyncio.Event) -> None:
        """Figures of one answer agree with each other, whatever happens meanwhile."""
        grids = {name: self.town.grids[name] for name in ("city", "east", "west")}
        async with Client(self.port, token) as client:
            while not done.is_set():
                data = (await client.send(FIGURES, **grids)).data
                for kind in KINDS:
                    city, east, west = (data[name][kind] for name in grids)
                    assert city == east + west == data[kind]["totalCount"], data
                self.ledger.looks["figures"] += 1
                await asyncio.sleep(0.02)
