"""Deeds by those who may not: refused, with one entry in the audit, and with nothing else changed."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson
from graphql import get_named_type
from pydantic.alias_generators import to_camel
from sqlalchemy import inspect, select

from linli import model as t
from linli.ids import public_id, split_public_id, uuid7
from linli.verbs.verb import Verb
from tests.policies.worlds import Row
from tests.security.proof.inputs import Inputs, wired
from tests.security.proof.personas import Persona
from tests.security.proof.walking import Walker
from tests.support.fuzz.judge import Judge
from tests.support.fuzz.world import name_of

AT_ONCE: Final = 20
WRITTEN_DOWN: Final = frozenset({"FORBIDDEN", "NOT_FOUND"})
SELECTED: Final = 16  # every so many-th persona asks for what came of a deed, too
Content = dict[str, Counter[str]]


@dataclass(frozen=True)
class Attempt:
    """A deed about to be attempted; `names` are the ids in it, `hidden` those that the persona cannot see."""

    verb: Verb
    data: dict[str, Any]
    names: tuple[str, ...]
    hidden: frozenset[str]

    @property
    def twin(self) -> "Attempt":
        """The same, where all that is hidden is replaced by what nobody knows."""
        text = orjson.dumps(self.data).decode()
        for one in self.hidden:
            text = text.replace(one, public_id((split_public_id(one) or ("",))[0], uuid7()))
        return Attempt(self.verb, orjson.loads(text), self.names, self.hidden)


@dataclass(repr=False)
class Deeds:
    """Attempts deeds as each persona, and compares the database before and after."""

    walker: Walker
    random: random.Random
    strangers: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    async def attempt(self, persona: Persona, *, everything: bool) -> None:
        """Attempt every deed with foreign objects, and again with ids of nothing."""
        attempts = list(self._attempts(persona, everything=everything))
        before, trail = self.content(), self._trail()
        real = await self._send(persona, attempts)
        none = await self._send(persona, [one.twin for one in attempts])
        for one, first, second in zip(attempts, real, none, strict=True):
            if one.hidden and first is not None:
                assert first == second, (persona.name, one.verb.name, one.data, first, second)
        after, written = self.content(), self._trail() - trail
        told = [
            (one.verb, error[0])
            for one, payload in zip([*attempts, *attempts], [*real, *none], strict=True)
            for error in payload or ()
        ]
        due = sum(code in WRITTEN_DOWN for _, code in told)
        # Of what is sensitive the rest too, unless the input alone was wrong and nothing was attempted.
        most = due + sum(verb.sensitive and code not in {*WRITTEN_DOWN, "CONFLICT"} for verb, code in told)
        least, most = (due, most) if persona.account else (0, 0)
        assert least <= written.total() <= most, (persona.name, least, written.total(), most, told)
        self._judge(persona, before, after, [*real, *none])

    def content(self) -> Content:
        """Return every row of every table but the audit's."""
        engine = self.walker.place.deployment.database.engine
        with engine.connect() as connection:
            there = set(inspect(connection).get_table_names()) - {"core_audit", "core_seal"}
            return {
                table.name: Counter(map(repr, connection.execute(select(table))))
                for table in t.metadata.sorted_tables
                if table.name in there
            }

    def _trail(self) -> Counter[str]:
        """Return how often what was refused, or done, according to the audit; no canary is among it."""
        with self.walker.place.deployment.database.engine.connect() as connection:
            rows = connection.execute(select(t.audit).where(t.audit.c.actor_id.is_not(None))).all()
        found: Counter[str] = Counter()
        for row in rows:
            if row.outcome == "refused":
                said = f"{row.action} {row.reason} {row.detail}".encode()
                assert not self.walker.place.canaries.found(said), row
                found[row.action] += row.repeats
        return found

    def _judge(self, persona: Persona, before: Content, after: Content, outcomes: Sequence[Any]) -> None:
        """Where nothing was done, nothing has changed; else only rows in which the persona has a hand."""
        if all(outcomes) or persona.suspended:
            changed = [name for name in after if after[name] != before[name]]
            assert not changed, f"{persona.name} was refused all, and yet {changed} have changed"
            return
        place = self.walker.place
        known = {
            (name, row["id"]): repr(row) for name, rows in place.tables.world.rows.items() for row in rows
        }
        place.look()
        judge, touched = place.judges[persona.name], list[tuple[str, Row]]()
        for name in {name_of(place.tables.table(one)) for one in place.composition.registry.nodes}:
            rows = place.tables.world.rows[name]
            touched += [(name, row) for row in rows if known.get((name, row["id"])) != repr(row)]
        hands = {row["id"] for name, row in touched if self._has_a_hand(judge, name, row)}
        # What hangs on a row changes with it, as the roles of an account that is closed, and what it names.
        ids = {row["id"] for _, row in touched}
        hands |= {value for _, row in touched if row["id"] in hands for value in map(str, row.values())} & ids
        for name, row in touched:
            assert not hands.isdisjoint(map(str, row.values())), f"{persona.name} has changed {name} {row}"
            self.done[f"{persona.name}: {name}"] += 1
        self.walker.learn()
        self.strangers.clear()

    def _has_a_hand(self, judge: Judge, name: str, row: Row) -> bool:
        """Whether a caller may do something to a row, or to one that it names, as a side of an agreement."""
        if any(judge.may(resource, action, row) for resource, action in self._actions(name)):
            return True
        world = self.walker.place.tables.world
        for table in (one for one in t.metadata.sorted_tables if name_of(one) == name):
            for column in table.c:
                for key in column.foreign_keys:
                    target = name_of(key.column.table)
                    named = world.by_id(target, row[column.name])
                    if named and any(judge.may(*action, named) for action in self._actions(target)):
                        return True
        return False

    def _actions(self, table: str) -> list[tuple[str, str]]:
        """Every action but reading that lines may speak of, of all resources with these rows."""
        return [
            (name, action)
            for name, resource in self.walker.place.composition.policy.resources.items()
            if resource.table is not None and name_of(resource.table) == table and "." not in name
            for action in sorted(resource.actions - {"read"})
        ]

    def _attempts(self, persona: Persona, *, everything: bool) -> Iterator[Attempt]:
        for verb in self.walker.place.composition.registry.verbs.values():
            names: list[str] = []

            def refer(types: tuple[str, ...], names: list[str] = names) -> str:
                names.append(self._stranger(persona, types))
                return names[-1]

            variants = list(Inputs(self.random, refer).of(verb))
            for data in variants if everything else [self.random.choice(variants)]:
                text = orjson.dumps(data).decode()
                used = tuple(one for one in names if one in text)
                hidden = frozenset(one for one in used if self._is_hidden(persona, one))
                yield Attempt(verb, data, used, hidden)

    def _is_hidden(self, persona: Persona, node: str) -> bool:
        one = self.walker.place.composition.registry.node((split_public_id(node) or ("",))[0])
        return one is not None and node in self.walker.pool(persona, one)[1]

    def _stranger(self, persona: Persona, types: tuple[str, ...]) -> str:
        nodes = [str(one.node_type) for one in self.walker.place.composition.registry.nodes]
        node_type = self.random.choice(types or tuple(nodes))
        key = (persona.name, node_type)
        if key not in self.strangers:
            self.strangers[key] = self._strangers(persona, node_type)
        return self.random.choice(self.strangers[key])

    def _strangers(self, persona: Persona, node_type: str) -> list[str]:
        """Ids of rows that a persona cannot see, or else in which it has no hand, or else of any."""
        place = self.walker.place
        one = place.composition.registry.node(node_type)
        assert one is not None, node_type
        _, hidden = self.walker.pool(persona, one)
        judge, rows = place.judges[persona.name], place.tables.rows(one)
        name = name_of(place.tables.table(one))
        near = [each.anchor.path for each in judge.actor.holdings if each.anchor and each.anchor.path]
        far = [
            row
            for row in rows
            if not any(judge.may(resource, action, row) for resource, action in self._actions(name))
            and not any(_lies(row, path) for path in near)
        ]
        return hidden or [public_id(node_type, row["id"]) for row in far or rows]

    async def _send(self, persona: Persona, attempts: Sequence[Attempt]) -> list[tuple[Any, ...] | None]:
        """Send deeds, some in one document; return why each was refused, None where it was done."""
        found: list[tuple[Any, ...] | None] = []
        waiting = list(attempts)
        while waiting:
            batch: dict[str, Attempt] = {}
            while waiting and len(batch) < AT_ONCE and waiting[0].verb.name not in batch:
                attempt = waiting.pop(0)
                batch[attempt.verb.name] = attempt
            text, variables = self._document(persona, batch)
            answer = await self.walker.place.post(persona, text, **variables)
            self.walker.coverage.meet_document(text)
            found += self._outcomes(persona, answer, text, batch)
        return found

    def _document(self, persona: Persona, batch: dict[str, Attempt]) -> tuple[str, dict[str, Any]]:
        mutation = self.walker.graph.schema.mutation_type
        assert mutation is not None
        which = self.walker.place.personas.index(persona)
        parts, declared, variables = [], [], {}
        for number, (name, one) in enumerate(batch.items()):
            kind = mutation.fields[name].args["input"].type
            variables[f"i{number}"] = wired(kind, one.data)
            declared.append(f"$i{number}: {kind}")
            target = self.walker.place.composition.registry.node(one.verb.returns)
            told = " ".join(self.walker.graph.told(target.name)) if target else ""
            asks = (number + which) % SELECTED == 0
            thing = f"{to_camel(one.verb.returns)} {{ {told} }} " if asks else ""
            if one.verb.answer is not None:
                # To those who may, an answer shows more than any list: that has tests of its own.
                payload = get_named_type(mutation.fields[name].type)
                thing = self._answer(payload) if _may_nothing(persona) else ""
            parts.append(f"{name}(input: $i{number}) {{ {thing}errors {{ code message path }} }}")
        return f"mutation ({', '.join(declared)}) {{ {' '.join(parts)} }}", variables

    def _answer(self, payload: Any) -> str:
        """Return the selection of all that a payload shows beside its errors."""
        kinds = {name: get_named_type(one.type) for name, one in payload.fields.items() if name != "errors"}
        leaves = {name: " ".join(self.walker.graph.leaves(kind.name)) for name, kind in kinds.items()}
        return " ".join(f"{name} {{ {told} }}" if told else name for name, told in leaves.items()) + " "

    def _outcomes(
        self, persona: Persona, answer: httpx.Response, text: str, batch: dict[str, Attempt]
    ) -> Iterator[tuple[Any, ...] | None]:
        said = self.walker.judge(persona, answer, text)
        for name in batch:
            self.walker.coverage.deeds[name, persona.name] += 1
            if said is None:
                yield ()
                continue
            errors = said["data"][name]["errors"]
            yield tuple(value for one in errors for value in _told(one)) or None


def _may_nothing(persona: Persona) -> bool:
    return persona.token is None or persona.suspended


def _told(error: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(error["code"], error["message"], tuple(error["path"]))]


def _lies(row: Row, path: str) -> bool:
    """Whether a row stands at a place, below it, or above it."""
    own = row.get("path") or ""
    return bool(own) and (own.startswith(path) or path.startswith(own))
