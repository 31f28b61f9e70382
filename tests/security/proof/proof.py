"""The proof: a sample that meets every type, argument and mutation; and the whole, as time allows."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from tests.security.proof.allowed import Allowed
from tests.security.proof.arguments import Arguments
from tests.security.proof.coverage import Coverage
from tests.security.proof.deeds import Deeds
from tests.security.proof.documents import Path as Steps
from tests.security.proof.documents import documents
from tests.security.proof.exports import exported
from tests.security.proof.following import Following
from tests.security.proof.paths import LONGEST, Graph, Hop
from tests.security.proof.personas import Persona
from tests.security.proof.place import BUILT_IN, Place, opened
from tests.security.proof.walking import Walker
from tests.support.fuzz.place import plugins

SHORT: Final = 2  # paths that everybody walks in the sample
HALFWAY: Final = 4
TOGETHER: Final = 40
TURNS: Final = 4
SHARE: Final = 4  # what is walked by all in many runs is walked by one in four in each
MOST_CANARIES: Final = 0.05
PEOPLE: Final = ("core_resident.", "core_household.", "core_dwelling.")


@dataclass(repr=False)
class Proof:
    """One run of it over one world."""

    place: Place
    random: random.Random
    coverage: Coverage = field(init=False)
    walker: Walker = field(init=False)
    graph: Graph = field(init=False)

    def __post_init__(self) -> None:
        composition = self.place.composition
        self.graph = Graph(composition.schema, composition.registry, Allowed(self.place).telling())
        self.coverage = Coverage(composition.schema)
        self.walker = Walker(self.place, self.graph, self.coverage, self.random)
        self.walker.learn()

    async def sample(self) -> None:
        """Walk what is near, one long way to every type, and whatever has not been met by then."""
        near = list(self.graph.paths(SHORT))
        for number, document in enumerate(documents(self.graph, near)):
            await self.walker.walk(document, self.place.personas[number % SHARE :: SHARE])
        await self.walk(near, [self._turn(2)], whole=True)
        await self.far()
        await self.arguments(lambda number: [self._turn(number)])
        await self.rest()
        for number, persona in enumerate(self.place.personas):
            self.coverage.compared += await self.walker.compare_ids(persona, number % SHARE, SHARE)
            self.coverage.sought += await self.walker.search_strangers(persona)
        await Following(self.walker, self.random).follow()
        await self.deeds(everything=False)

    async def whole(self, time_left: Callable[[], bool]) -> str:
        """After the sample, with every deed in every form, walk paths of all lengths until time is up."""
        await self.sample()
        await self.arguments(lambda number: [self._turn(number + turn) for turn in range(1, TURNS)])
        await self.deeds(everything=True)
        near, far = list(self.graph.paths(HALFWAY)), list(self.graph.paths(LONGEST))
        for number, some in enumerate([*self._pieces(near), *self._pieces(far)]):
            if not time_left():
                break
            await self.walk(some, [self._turn(number)])
        return f"{len(far)} paths of up to {LONGEST} fields"

    def _pieces(self, paths: Sequence[Steps]) -> list[Sequence[Steps]]:
        """Paths that begin alike, a few together, in any order."""
        found = [paths[index : index + TOGETHER] for index in range(0, len(paths), TOGETHER)]
        self.random.shuffle(found)
        return found

    async def rest(self) -> None:
        """Walk the shortest way to every field that nothing has met."""
        missed = self.coverage.wanted[0] - self.coverage.fields.keys()
        ways = self.ways
        for number, name in enumerate(sorted(one for one in missed if one.partition(".")[0] in ways)):
            owner, _, one = name.partition(".")
            onwards = [hop for hop in self.graph.hops(owner) if hop.fields[0] == one]
            await self.walk([(*ways[owner], *onwards)], [self._turn(number)], whole=True)

    async def walk(self, paths: Sequence[Steps], personas: Sequence[Persona], *, whole: bool = False) -> None:
        """Walk paths as each of the personas."""
        for document in documents(self.graph, paths, whole=whole):
            await self.walker.walk(document, personas)

    async def far(self) -> None:
        """Walk one long path to every type."""
        for number, name in enumerate(self._types()):
            path = self._long_path_to(name)
            for document in documents(self.graph, [path], whole=True):
                await self.walker.walk(document, [self._turn(number)])

    async def arguments(self, who: Callable[[int], Sequence[Persona]]) -> None:
        """Give every argument once as each of those that `who` names for it."""
        writer = Arguments(self.place, self.graph, self.random)
        for number, asked in enumerate(writer.asked()):
            for persona in who(number):
                text = writer.document(asked, self.place.judges[persona.name])
                self.walker.judge(persona, await self.place.post(persona, text), text)
                self.coverage.meet_document(text)

    async def deeds(self, *, everything: bool) -> None:
        """Attempt every deed as everybody; who may do something here comes last."""
        self.place.look()
        self.walker.learn()
        attempts = Deeds(self.walker, self.random)
        for persona in self.place.personas:
            await attempts.attempt(persona, everything=everything)

    async def exports(self, folder: Path) -> None:
        """What commands write for whoever runs the machine names no person."""
        written = await asyncio.to_thread(exported, folder)
        found = self.place.canaries.found(written)
        people = {one.decode() for one in found if self.place.canaries.known[one].startswith(PEOPLE)}
        assert written, "nothing was exported"
        assert not people, people

    def check(self) -> str:
        """Fail where something was not met, or where too few canaries were seen to prove anything."""
        told = self.coverage.tell()
        self.coverage.check()
        for one in self.place.personas:
            seen, may = self.walker.seen[one.name], self.walker.may_see[one.name]
            assert len(seen) >= len(may) * MOST_CANARIES, f"{one.name} saw {len(seen)} of {len(may)} canaries"
        return told

    def _turn(self, number: int) -> Persona:
        return self.place.personas[number % len(self.place.personas)]

    def _types(self) -> list[str]:
        reached = {hop.target for path in self.graph.paths(3) for hop in path}
        return sorted(name for one in reached for name in self.graph.concrete(one))

    @cached_property
    def ways(self) -> dict[str, Steps]:
        """The shortest ways to types, by name; those of nodes first without their ids, then by them."""
        found: dict[str, Steps] = {}
        waiting: list[tuple[str, Steps]] = [("Query", ())]
        while waiting:
            owner, way = waiting.pop(0)
            for hop in self.graph.hops(owner):
                for name in self.graph.concrete(hop.target):
                    direct = (name,) == (hop.target,)
                    if direct and name not in found:
                        found[name] = (*way, hop)
                        waiting.append((name, found[name]))
        return found

    def _long_path_to(self, name: str) -> tuple[Hop, ...]:
        """Go backwards from a type, as far as there are fields left to come from the root."""
        shortest = self.ways
        ways: dict[str, list[Hop]] = {}
        for owner in self._types():
            for hop in self.graph.hops(owner):
                ways.setdefault(hop.target, []).append(hop)
        path: Steps = ()
        first = name
        while True:
            before = [
                hop
                for hop in ways.get(first, ())
                if hop.owner in shortest and _length((*shortest[hop.owner], hop, *path)) <= LONGEST
            ]
            if not before:
                return (*shortest.get(first, ()), *path) or self._by_node(name)
            hop = self.random.choice(before)
            path, first = (hop, *path), hop.owner

    def _by_node(self, name: str) -> tuple[Hop, ...]:
        node = next(hop for hop in self.graph.hops("Query") if hop.fields == ("node",))
        return (node, *self.graph.hops(name)[:1])


def _length(path: Sequence[Hop]) -> int:
    return sum(len(hop.fields) for hop in path)


@asynccontextmanager
async def proof(folder: Path, url: str, people: int, generator: random.Random) -> AsyncIterator[Proof]:
    """Settle a world, with the tutorial's plugin beside the built-in ones, and serve it."""
    with plugins(folder / "site"):
        async with opened(folder, url, (*BUILT_IN, "motto"), people, generator) as place:
            yield Proof(place, generator)
