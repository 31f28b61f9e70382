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

RETURNS: Final = {one.name: one.returns for one in core_verbs()}
READ: Final = "query ($id: ID!) { node(id: $id) { ... on Resident { version } ... on Grid { version } } }"
FIGURES: Final = """query ($city: ID!, $east: ID!, $west: ID!) {
  city: statistics(within: $city) { residents households }
  east: statistics(within: $east) { residents households }
  west: statistics(within: $west) { residents households }
  residents { totalCount } households { totalCount }
}"""
FOUNDERS: Final = 10  # residents in each town at first, for fewer than 5 are withheld from statistics


def mutation(verb: str) -> str:
    """Return the document of a verb that asks for the node's id and the errors' codes."""
    name = f"{verb[0].upper()}{verb[1:]}"
    thing = f"{RETURNS[verb]} {{ id version }} errors {{ code message path }}"
    return f"mutation ($input: {name}Input!) {{ {verb}(input: $input) {{ {thing} }} }}"


@dataclass(frozen=True)
class Ledger:
    """What was acknowledged, by all clients together.

    Attributes:
        made: how often a creation was acknowledged, by name or label.
        versions: by public id, how many versions on from the first a node must be.
        closed: names whose residents were closed.
        refused: how many deeds were refused, by code.
        figures: how many answers with figures were looked at.
    """

    made: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    closed: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> int:
        """How many deeds were done."""
        return self.made.total() + self.versions.total()


@dataclass
class Member:
    """One client of the crowd, with a random generator of its own and what it made itself."""

    name: str
    client: Client
    town: Town
    ledger: Ledger
    hot: list[str]
    movable: list[str]
    at: list[str]
    generator: random.Random
    people: dict[str, str] = field(default_factory=dict)
    homes: dict[str, tuple[str, str]] = field(default_factory=dict)
    number: int = 0

    async def change(self) -> None:
        """Attempt one change, most of them of what others change as well."""
        kinds: tuple[tuple[Callable[[], Awaitable[None]], int], ...] = (
            (self.create, 5),
            (self.correct, 4),
            (self.move, 4),
            (self.close, 2),
            (self.keep_house, 2),
            (self.move_house, 2),
            (self.rename, 1),
        )
        (kind,) = self.generator.choices([one for one, _ in kinds], [weight for _, weight in kinds])
        await kind()

    async def create(self) -> None:
        name = self._new_name()
        made = await self.do("createResident", name=name, grid=self._place())
        assert made is not None, f"{self.name} could not create a resident"
        self.people[name] = made["id"]
        self.ledger.made[name] += 1

    async def close(self) -> None:
        if not self.people:
            return await self.create()
        name, ident = self.people.popitem()
        assert await self.do("closeResident", resident=ident, reason="ENTERED_IN_ERROR")
        self.ledger.closed.add(name)
        self.ledger.versions[ident] += 1
        return None

    async def correct(self) -> None:
        await self._renew("updateResident", "resident", self.generator.choice(self.hot), self._new_name())

    async def rename(self) -> None:
        if self.at != self.town.places:  # a community worker may not
            return await self.correct()
        return await self._renew("updateGrid", "grid", self.town.grids["m"], self._new_name())

    async def move(self) -> None:
        ident = self.generator.choice([*self.movable, *self.people.values()])
        if await self.do("moveResident", "INVALID_INPUT", resident=ident, to=self._place()):
            self.ledger.versions[ident] += 1

    async def keep_house(self) -> None:
        """A household and its only member; they are moved together."""
        label, name, grid = self._new_name(), self._new_name(), self._place()
        home = await self.do("createHousehold", label=label, grid=grid)
        assert home is not None
        self.ledger.made[label] += 1
        member = await self.do("createResident", name=name, grid=grid, household=home["id"])
        assert member is not None
        self.ledger.made[name] += 1
        self.homes[label] = home["id"], member["id"]

    async def move_house(self) -> None:
        if not self.homes:
            return await self.keep_house()
        home, member = self.homes[self.generator.choice(sorted(self.homes))]
        if await self.do("moveHousehold", "INVALID_INPUT", household=home, to=self._place()):
            self.ledger.versions.update([home, member])
        return None

    async def do(self, verb: str, *bearable: str, **data: Any) -> Mapping[str, Any] | None:
        """Attempt a deed; return its node, or None where it was refused by one of the bearable codes."""
        payload = (await self.client.send(mutation(verb), input=data)).data[verb]
        codes = [error["code"] for error in payload["errors"]]
        assert set(codes) <= set(bearable), f"{self.name} {verb} {data}: {payload}"
        self.ledger.refused.update(codes)
        found: Mapping[str, Any] | None = payload[RETURNS[verb]]
        assert (found is None) == bool(codes), payload
        return found

    async def _renew(self, verb: str, role: str, ident: str, name: str) -> None:
        """Read a node's version, then change it as of that version."""
        node = (await self.client.send(READ, id=ident)).data["node"]
        data = {role: ident, "name": name, "version": node["version"]}
        if await self.do(verb, "CONFLICT", **data):
            self.ledger.versions[ident] += 1

    def _place(self) -> str:
        return self.town.grids[self.generator.choice(self.at)]

    def _new_name(self) -> str:
        self.number += 1
        return f"{self.name}-{self.number}"


@dataclass
class Crowd:
    """Everybody at once: as many members as the town has accounts to spare, a mover and two readers."""

    town: Town
    port: int
    changes: int
    seed: int
    ledger: Ledger = field(default_factory=Ledger)

    async def gather(self) -> Ledger:
        """Let everybody work and return what was acknowledged."""
        *admins, mover, reader = self.town.admins
        inner = [name for name in self.town.places if name.startswith("m")]
        hot, hot_inside = await self._found(admins[0])
        members = [
            *(self._member(f"a{n}", one, [*hot, *hot_inside], hot, self.town.places) for n, one in enumerate(admins)),
            *(self._member(f"w{n}", one, hot_inside, hot_inside, inner) for n, one in enumerate(self.town.workers)),
        ]
        await self._collide(members)
        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            beside = [group.create_task(self._move(mover, done)), group.create_task(self._read(reader, done))]
            working = [group.create_task(self._work(member)) for member in members]
            await asyncio.wait(working)
            done.set()
            await asyncio.wait(beside)
        for member in members:
            member.client.close()
        return self.ledger

    def _member(self, name: str, token: str, hot: list[str], movable: list[str], at: list[str]) -> Member:
        generator = random.Random(f"{self.seed} {name}")
        return Member(name, Client(self.port, token), self.town, self.ledger, hot, movable, at, generator)

    async def _found(self, token: str) -> tuple[list[str], list[str]]:
        """Settle residents; return three whom admins move anywhere, and three who stay inside `m`."""
        founder = self._member("f", token, [], [], [])
        found = []
        for name in [*(f"hot{number}" for number in range(6)), *(f"{n}/{i}" for n in ("e1", "w1", "m1") for i in range(FOUNDERS))]:
            made = await founder.do("createResident", name=name, grid=self.town.grids[name.split("/")[0] if "/" in name else "m1"])
            assert made is not None
            self.ledger.made[name] += 1
            found.append(made["id"])
        founder.client.close()
        return found[:3], found[3:6]

    async def _collide(self, members: list[Member]) -> None:
        """All correct one resident as of the same version: one is heard."""
        everybodys = members[-1].hot[0]
        data = {"resident": everybodys, "version": 1}
        heard = await asyncio.gather(
            *(one.do("updateResident", "CONFLICT", **data, name=f"hot-{one.name}") for one in members)
        )
        assert sum(one is not None for one in heard) == 1
        self.ledger.versions[everybodys] += 1

    async def _work(self, member: Member) -> None:
        for _ in range(self.changes):
            await member.change()

    async def _move(self, token: str, done: asyncio.Event) -> None:
        m = self.town.grids["m"]
        async with Client(self.port, token) as client:
            while not done.is_set():
                for town in ("west", "east"):
                    payload = (
                        await client.send(
                            mutation("moveGrid"), input={"grid": m, "to": self.town.grids[town]}
                        )
                    ).data["moveGrid"]
                    assert payload["errors"] == [], payload
                    self.ledger.versions[m] += 1
                    await asyncio.sleep(0.02)

    async def _read(self, token: str, done: asyncio.Event) -> None:
        """Figures of one answer agree with each other, whatever happens meanwhile."""
        grids = {name: self.town.grids[name] for name in ("city", "east", "west")}
        async with Client(self.port, token) as client:
            while not done.is_set():
                data = (await client.send(FIGURES, **grids)).data
                for kind in ("residents", "households"):
                    city, east, west = (data[name][kind] for name in grids)
                    assert city == east + west == data[kind]["totalCount"], data
                self.ledger.figures["read"] += 1
                await asyncio.sleep(0.01)
