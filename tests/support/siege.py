"""Clients that go on writing while server or database are killed, and note what they are told.

Every change carries an idempotency key. What is not acknowledged is sent again with the same key, or given
up: then nobody knows whether it was done.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from tests.support.clients import Answer, Client, Gone
from tests.support.crowd import RETURNS, mutation
from tests.support.town import Town

PAUSE = 0.1
GIVEN_UP = 0.3  # of the changes whose answer was lost


@dataclass
class Person:
    """A resident of one writer's own, who is changed by nobody else."""

    ident: str
    version: int = 1
    closed: bool = False
    certain: bool = True


@dataclass
class Told:
    """What all callers were answered.

    Attributes:
        answers: how many answers there were, by status.
        lost: how many requests had no answer.
        slowest: the longest wait for an answer that was a refusal to serve.
    """

    answers: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    slowest: float = 0.0

    @property
    def acknowledged(self) -> int:
        """How many changes were acknowledged."""
        return self.answers[200]


@dataclass
class Notes(Told):
    """What all writers were told.

    Attributes:
        people: residents whose creation was acknowledged.
        homes: labels of households whose creation was acknowledged.
        unknown: names and labels whose creation was given up without an answer.
    """

    people: list[Person] = field(default_factory=list)
    homes: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)


class Worker(Protocol):
    """Whoever takes part in a siege."""

    async def work(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what was begun is brought to its end."""


@dataclass
class Caller:
    """One client that has its deeds answered, however often the server dies meanwhile."""

    name: str
    client: Client
    notes: Told
    generator: random.Random
    requests: int = 0

    async def payload(
        self, verb: str, document: str, data: dict[str, Any], *, given_up: float = 0.0
    ) -> dict[str, Any] | None:
        """Have a deed answered, under one key; None where it was given up, so that nobody knows."""
        self.requests += 1
        data["idempotencyKey"] = f"{self.name}-{self.requests}"
        done = False
        while (answer := await self._try(verb, document, data)) is None or "errors" in answer.body:
            done = done or answer is not None
            if not done and self.generator.random() < given_up:
                return None
            while not await self._alive():
                await asyncio.sleep(PAUSE)
        found: dict[str, Any] = answer.data[verb]
        return found

    async def _try(self, verb: str, document: str, data: dict[str, Any]) -> Answer | None:
        """Send a deed; None where there is no answer, or only that the database is away.

        An answer with errors says that the deed is done and cannot be shown now: it is asked for again.
        """
        try:
            answer = await self.client.send(document, input=data)
        except Gone:
            self.notes.lost += 1
            return None
        self.notes.answers[answer.status] += 1
        if "errors" in answer.body and answer.status == 200:
            codes = [error["extensions"]["code"] for error in answer.body["errors"]]
            assert (codes, answer.body["data"][verb]["errors"]) == (["UNAVAILABLE"], []), answer
        return answer if self._serves(answer) else None

    async def _alive(self) -> bool:
        try:
            answer = await self.client.send("{ viewer { name } }")
        except Gone:
            return False
        return self._serves(answer)

    def _serves(self, answer: Answer) -> bool:
        if answer.status != 503:
            return True
        assert int(answer.headers["retry-after"]) >= 1, answer
        self.notes.slowest = max(self.notes.slowest, answer.seconds)
        return False


@dataclass(kw_only=True)
class Writer(Caller):
    """One client that writes until it is told to stop."""

    notes: Notes
    town: Town
    people: list[Person] = field(default_factory=list)
    number: int = 0

    async def work(self, stop: asyncio.Event) -> None:
        kinds: tuple[Callable[[], Awaitable[None]], ...] = (self.create, self.found, self.correct, self.close)
        async with self.client:
            while not stop.is_set():
                (kind,) = self.generator.choices(kinds, (4, 2, 4, 1))
                await kind()

    async def create(self) -> None:
        name = self._new_name()
        node = await self._do("createResident", name=name, grid=self._place())
        if node is None:
            self.notes.unknown.add(name)
        else:
            self.people.append(Person(node["id"]))
            self.notes.people.append(self.people[-1])

    async def found(self) -> None:
        label = self._new_name()
        node = await self._do("createHousehold", label=label, grid=self._place())
        (self.notes.unknown if node is None else self.notes.homes).add(label)

    async def correct(self) -> None:
        if not self.people:
            return await self.create()
        person = self.generator.choice(self.people)
        data = {"resident": person.ident, "version": person.version, "name": self._new_name()}
        if await self._do("updateResident", **data):
            person.version += 1
        else:
            self._doubt(person)
        return None

    async def close(self) -> None:
        if not self.people:
            return await self.create()
        person = self.people.pop(self.generator.randrange(len(self.people)))
        if await self._do("closeResident", resident=person.ident, reason="MOVED_AWAY"):
            person.version += 1
            person.closed = True
        else:
            person.certain = False
        return None

    def _doubt(self, person: Person) -> None:
        person.certain = False
        self.people.remove(person)

    async def _do(self, verb: str, **data: Any) -> dict[str, Any] | None:
        """Have a change done; None where it was given up, so that nobody knows."""
        payload = await self.payload(verb, mutation(verb), data, given_up=GIVEN_UP)
        if payload is None:
            return None
        assert payload["errors"] == [], f"{self.name} {verb} {data}: {payload}"
        node: dict[str, Any] = payload[RETURNS[verb]]
        return node

    def _place(self) -> str:
        return self.town.grids[self.generator.choice(self.town.places)]

    def _new_name(self) -> str:
        self.number += 1
        return f"{self.name}-{self.number}"


def writers(town: Town, port: int, generator: random.Random, notes: Notes) -> list[Writer]:
    """Return a writer for each of a town's admins."""
    return [
        Writer(
            f"c{n}",
            Client(port, token),
            generator=random.Random(generator.getrandbits(32)),
            notes=notes,
            town=town,
        )
        for n, token in enumerate(town.admins)
    ]


@dataclass
class Siege:
    """Workers at work: `async with` begins and ends it."""

    workers: Sequence[Worker]
    notes: Told
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._tasks += [asyncio.create_task(worker.work(self._stop)) for worker in self.workers]
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        self._stop.set()
        if kind is not None:
            for task in self._tasks:
                task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def progress(self, more: int, seconds: float) -> None:
        """Wait until so many changes more are acknowledged; the writers must manage it in that time."""
        wanted = self.notes.acknowledged + more
        async with asyncio.timeout(seconds):
            while self.notes.acknowledged < wanted:
                for task in self._tasks:
                    if task.done():
                        await task
                await asyncio.sleep(0.01)
