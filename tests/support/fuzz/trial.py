"""A trial: one document, its callers, every way to the answer; a difference is shrunk and told."""

import gc
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import DocumentNode, parse

from linli_graphql.service.errors import RequestError
from linli_graphql.service.service import Incoming
from tests.support.fuzz.coverage import DEEP, Goal, pulls, steps_to
from tests.support.fuzz.known import KNOWN
from tests.support.fuzz.place import Place, Way
from tests.support.fuzz.reference import Answer
from tests.support.fuzz.shrink import shrunk
from tests.support.fuzz.steering import Steering
from tests.support.fuzz.values import Values, rows_behind
from tests.support.fuzz.writer import Writer, Written

SECOND, PIECES = 0.2, 0.25
CANDIDATES = 3
FEW, SEEK, AT_ONCE = 400, 0.75, 3
TRIES = 40
# SQLite's plans are made several times over, each time with fewer levels, until its parser takes one.
COSTS = {"sqlite": 1, "postgresql": 4}
ENOUGH = 0.45
SOME = 0.1


@dataclass(frozen=True)
class Asked:
    """A document as one caller sends it."""

    written: Written
    document: DocumentNode
    text: str
    operation: str | None
    persona: str
    variables: Mapping[str, Any]


@dataclass
class Trials:
    """Makes documents and compares the answers."""

    place: Place
    random: random.Random
    refused: Counter[str] = field(default_factory=Counter)

    async def run(self, count: int) -> None:
        """Try so many documents, and a few more while something has not been met.

        Raises:
            AssertionError: two ways gave two answers; the smallest document that shows it is told.
        """
        gc.freeze()  # the schemas and the world are not looked through again and again
        try:
            for number in range(count + count // 2):
                if number < count or self.place.coverage.missed():
                    await self.one()
        finally:
            gc.unfreeze()

    async def one(self) -> None:
        """Try one document as one caller, or as two, each with variables of its own."""
        chosen = await self._chosen()
        self.place.coverage.documents += 1
        await self._try(chosen, self._ways("graft", "pieces"))
        if self.random.random() < SECOND:
            other = self._asked(chosen.written, chosen.document, self._persona(None))
            await self._try(other, self._ways("pieces"))

    async def _chosen(self) -> Asked:
        """Return the best of a few documents; those that are refused do not count."""
        for _ in range(TRIES):
            goal = self._goal()
            persona = self._persona(goal)
            best = max((self._written(persona, goal) for _ in range(CANDIDATES)), key=self._worth)
            if await self._accepted(best):
                return best
        raise AssertionError(f"nothing that is written is accepted: {dict(self.refused)}")

    def _goal(self) -> Goal | None:
        """Return what is left to be met, where it is little enough to be sought piece by piece."""
        goals = self.place.coverage.goals
        sought = 0 < len(goals) <= FEW and self.random.random() < SEEK
        return self.random.choice(goals) if sought else None

    def _worth(self, asked: Asked) -> tuple[int, int]:
        """How much a document adds: a deep answer, as long as those are too few; then what is new."""
        coverage, answer = self.place.coverage, self._expected(asked)
        if answer.errors:
            return -1, -1  # it is not valid, as a rule, which the service says better
        deep = coverage.deep < coverage.answers * ENOUGH and answer.depth >= DEEP
        new = coverage.new_in(answer.met)
        return deep, new

    def _expected(self, asked: Asked) -> Answer:
        judge = self.place.judges[asked.persona]
        return self.place.reference.answer(asked.document, asked.variables, judge, asked.operation)

    async def _try(self, asked: Asked, ways: Sequence[Way]) -> None:
        answer = self._expected(asked)
        self.place.coverage.add(answer.met)
        self.place.coverage.meet_answer(asked.persona, answer.depth)
        difference = await self._difference(asked, ways)
        if difference is not None:
            smallest = await shrunk(
                asked, self.place.composition.schema, lambda one: self._difference(one, ways)
            )
            told = await self._difference(smallest, ways) or difference
            raise AssertionError(
                f"as {asked.persona} with {orjson.dumps(dict(smallest.variables)).decode()}\n"
                f"{smallest.text}\n{told}"
            )

    async def _difference(self, asked: Asked, ways: Sequence[Way]) -> str | None:
        """Return what differs, or None."""
        expected = self._expected(asked).text
        for way in ways:
            found = await self._answer(asked, way)
            if way is ways[0] and b'"LIMIT_EXCEEDED"' in found:
                return None  # what a plan may cost is for the planner to say
            if found != expected and not _is_known(found):
                return f"reference: {expected.decode()}\n{way.name}: {found.decode()}"
        return None

    async def _answer(self, asked: Asked, way: Way) -> bytes:
        self.place.patience.refuse = self.random.randint(1, 4)
        token = self.place.tokens.get(asked.persona)
        incoming = Incoming(asked.text, asked.variables, asked.operation, token)
        try:
            return orjson.dumps(orjson.loads(await way.service.execute(incoming)))
        except RequestError as error:
            return orjson.dumps({"errors": error.errors})
        except Exception as error:  # noqa: BLE001 - whatever is raised is what this way answers
            return orjson.dumps({"raised": f"{type(error).__name__}: {error}"})

    async def _accepted(self, asked: Asked) -> bool:
        """Whether the first way takes the document at all: a few are too costly, or not valid."""
        found = orjson.loads(await self._answer(asked, self.place.ways[0]))
        codes = {error["extensions"]["code"] for error in found.get("errors", ())}
        self.refused.update(codes)
        return codes.isdisjoint({"LIMIT_EXCEEDED", "GRAPHQL_VALIDATION_FAILED"})

    def _persona(self, goal: Goal | None) -> str:
        """Return a caller: one who came little, and who sees what has not been met yet."""
        coverage, registry = self.place.coverage, self.place.reference.registry
        names, met = sorted(self.place.judges), coverage.met["personas"]
        owners = {goal.rows_of} if goal else {one.rows_of for one in coverage.goals}
        types = [one for name in sorted(owners) if (one := rows_behind(registry, name))]
        weights = []
        for name in names:
            values = self._values(name)
            sees = sum(values.share(one) for one in types) / max(len(types), 1)
            weights.append((0.02 + sees) ** 2 if goal else (0.1 + sees) / (1 + met[name]) ** 2)
        return self.random.choices(names, weights)[0]

    def _written(self, persona: str, goal: Goal | None) -> Asked:
        schema, coverage, values = self.place.composition.schema, self.place.coverage, self._values(persona)
        deepest = self.random.choice((5, 7, 8, 9, 10, 11))
        pull = pulls(schema, coverage)
        ways = [
            Steering(
                self.random,
                schema,
                coverage,
                values,
                deepest,
                pull,
                one,
                steps_to(schema, one.owner) if one else {},
            )
            for one in self._together(goal, values)
        ]
        written = Writer(self.random, schema, values, ways[0], ways).document()
        return self._asked(written, parse(written.text), persona)

    def _together(self, goal: Goal | None, values: Values) -> list[Goal | None]:
        """Return a goal and others of rows that the caller sees, to be sought in one document."""
        if goal is None:
            return [None]
        goals, registry = self.place.coverage.goals, values.registry
        tried = self.random.choices(goals, k=AT_ONCE * 3)
        seen = [
            one
            for one in tried
            if (rows := rows_behind(registry, one.rows_of)) is None or values.share(rows) > SOME
        ]
        return [goal, *seen[: AT_ONCE - 1]]

    def _values(self, persona: str) -> Values:
        reference, judge = self.place.reference, self.place.judges[persona]
        return Values(self.random, reference.registry, reference.tables, judge, self.place.coverage.met)

    def _asked(self, written: Written, document: DocumentNode, persona: str) -> Asked:
        variables = written.sample(self._values(persona))
        return Asked(written, document, written.text, written.operation, persona, variables)

    def _ways(self, *others: str) -> list[Way]:
        """The plan on every database, and one of each other kind of way; what costs more comes less."""
        found = [way for way in self.place.ways if way.name.startswith("plan")]
        for kind in others:
            named = [way for way in self.place.ways if way.name.startswith(kind)]
            if kind != "pieces" or self.random.random() < PIECES:
                found += self.random.choices(named, [COSTS[way.service.database.name] for way in named])
        return found


def _is_known(found: bytes) -> bool:
    return any(text.encode() in found for text in KNOWN)
