"""Writes random documents over a schema, steered towards what has been met least."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from tests.support.fuzz.pages import USUAL
from tests.support.fuzz.steering import Steering
from tests.support.fuzz.values import Place, Values, Variable, rendered

MOST_FIELDS = 13
MOST_NARROWING = 1
Sampler = Callable[[Values], Any]


@dataclass(frozen=True)
class Written:
    """A document; `sample` gives variables for a caller."""

    text: str
    samplers: dict[str, Sampler]
    operation: str | None = None

    def sample(self, values: Values) -> dict[str, Any]:
        """Return variables; those that are left out are not there."""
        made = {name: sampler(values) for name, sampler in self.samplers.items()}
        return {name: value for name, value in made.items() if value is not ABSENT}


class _Absent:
    """The mark of a variable that is not sent."""


ABSENT = _Absent()


@dataclass
class Writer:
    """Writes one document."""

    random: random.Random
    schema: GraphQLSchema
    values: Values
    steering: Steering
    ways: Sequence[Steering] = ()
    left: int = MOST_FIELDS
    names: int = 0
    definitions: list[str] = field(default_factory=list)
    samplers: dict[str, Sampler] = field(default_factory=dict)
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict)

    def document(self) -> Written:
        """Return a whole document; whether it is valid is for the reader to see."""
        query = self.schema.query_type
        assert query is not None
        body = self._selections(query, 0, 1)
        named = self.random.random() < 0.06
        variables = f"({', '.join(self.definitions)})" if self.definitions else ""
        parts = [f"query {'Main' if named else ''}{variables} {body}"]
        parts += [f"fragment {name} on {kind} {text}" for name, (kind, text) in self.fragments.items()]
        parts += ["query Other { __typename }"] if named else []
        self.random.shuffle(parts)
        return Written("\n".join(parts), self.samplers, "Main" if named else None)

    def _selections(self, kind: Any, depth: int, factor: int, *, few: bool = False) -> str:
        number = self.random.choice((1, 2, 2, 3) if depth else (1, 1, 2))
        number = 1 if few or self.steering.goal else number
        ways = self.ways if depth == 0 and self.steering.goal else [self.steering] * number
        parts = [part for way in ways for part in self._towards(way, kind, depth, factor)]
        if depth > 3 and getattr(kind, "name", "") in self.values.registry.types:
            parts += self.steering.leaves(kind)
        if self.random.random() < 0.06:
            parts.append(f"{self._alias(0.5)}__typename{self._directives()}")
        return f"{{ {' '.join(parts) or '__typename'} }}"

    def _towards(self, way: Steering, kind: Any, depth: int, factor: int) -> Iterator[str]:
        self.steering = way
        yield from self._selection(kind, depth, factor)

    def _selection(self, kind: Any, depth: int, factor: int) -> Iterator[str]:
        chance = self.random.random()
        if isinstance(kind, GraphQLInterfaceType):
            yield from self._of_interface(kind, depth, factor)
        elif chance < 0.05:
            condition = self.random.choice((f" on {kind.name}", ""))
            yield f"...{condition}{self._directives(0.4)} {self._selections(kind, depth, factor)}"
        elif chance < 0.08 and "Node" in {one.name for one in kind.interfaces}:
            node = self.schema.type_map["Node"]
            yield f"... on Node {self._selections(node, depth, factor)}"
        elif chance < 0.16 and depth:
            yield self._spread(kind, depth, factor)
        else:
            yield from self._fields(kind, depth, factor)

    def _of_interface(self, kind: GraphQLInterfaceType, depth: int, factor: int) -> Iterator[str]:
        if self.random.random() < 0.3:
            yield f"{self._alias(0.3)}id"
        if self.random.random() < 0.75:
            yield self._on(self.steering.member(kind), depth, factor)

    def _on(self, kind: GraphQLObjectType, depth: int, factor: int) -> str:
        if self.random.random() < 0.3:
            return self._spread(kind, depth, factor)
        return f"... on {kind.name}{self._directives()} {self._selections(kind, depth, factor)}"

    def _spread(self, kind: GraphQLObjectType, depth: int, factor: int) -> str:
        known = [name for name, (of, _) in self.fragments.items() if of == kind.name]
        if known and self.random.random() < 0.5:
            name = self.random.choice(known)
        else:
            name = self._name("F")
            self.fragments[name] = (kind.name, self._selections(kind, depth, factor * 2))
        return f"...{name}{self._directives()}"

    def _fields(self, kind: GraphQLObjectType, depth: int, factor: int) -> Iterator[str]:
        name = self.steering.field(kind, depth, factor, self.left)
        if name is None:
            yield f"{self._alias(0.5)}__typename"
            return
        one = kind.fields[name]
        self.left -= 1
        arguments, grown = self._arguments(kind.name, name, one, factor)
        alias = self._alias(0.85 if arguments else 0.25)
        head = f"{alias}{name}{arguments}"
        yield f"{head}{self._directives()}{self._below(one, depth, grown)}"
        if not is_leaf_type(get_named_type(one.type)) and self.random.random() < 0.08:
            yield f"{head}{self._below(one, depth, grown)}"  # to be merged with the first

    def _below(self, one: GraphQLField, depth: int, factor: int) -> str:
        kind = get_named_type(one.type)
        if is_leaf_type(kind):
            return ""
        return f" {self._selections(kind, depth + 1, factor, few=self.left < 3)}"

    def _alias(self, chance: float) -> str:
        if self.random.random() >= chance:
            return ""
        return f"{self.random.choice(('name', 'id')) if self.random.random() < 0.02 else self._name('a')}: "

    def _name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"

    def _arguments(self, owner: str, name: str, one: GraphQLField, factor: int) -> tuple[str, int]:
        parts, size, narrowing = [], 1, 0
        for argument, given in self.random.sample(list(one.args.items()), k=len(one.args)):
            narrows = argument not in ("first", "last", "orderBy") and not is_required_argument(given)
            if narrows and narrowing >= MOST_NARROWING:
                continue
            if not self.steering.argument(owner, name, argument, given, factor):
                continue
            if argument in ("first", "last") and size == 5:
                continue  # both are refused
            narrowing += narrows
            parts.append(f"{argument}: {self._given(given, Place(owner, name, argument))}")
            size = 5 if argument in ("first", "last") else size
        if "first" in one.args and size == 1:
            size = USUAL
        size = max(size, self.steering.rows(owner, name))
        return (f"({', '.join(parts)})" if parts else ""), factor * size

    def _given(self, given: GraphQLArgument, place: Place) -> str:
        """Return a literal, a variable, or a literal with variables in it."""
        chance, value = self.random.random(), self.values.make(given.type, place)
        if chance < 0.4:
            return self._variable(given.type, place, value)
        if chance < 0.6 and isinstance(value, dict):
            inner: Any = get_named_type(given.type)
            key = self.random.choice(list(value))
            at = Place(place.owner, place.field, place.argument, key)
            name = self._variable(inner.fields[key].type, at, value[key])[1:]
            value = {**value, key: Variable(name)}
        elif chance < 0.43 and not is_required_argument(given):
            value = None
        return rendered(given.type, value)

    def _variable(self, kind: Any, place: Place, value: Any) -> str:
        """Declare a variable, with a default or without; return how it is written."""
        name, nullable = self._name("v"), not isinstance(kind, GraphQLNonNull)
        default = self.random.random() < 0.25
        absent = (0.5 if default else 0.15) if nullable or default else 0.0
        null = 0.1 if nullable else 0.0
        written = str(kind if nullable or not default else kind.of_type)
        self.definitions.append(f"${name}: {written}" + (f" = {rendered(kind, value)}" if default else ""))

        def sample(values: Values) -> Any:
            chance = values.random.random()
            if chance < absent:
                return ABSENT
            return None if chance < absent + null else values.make(kind, place)

        self.samplers[name] = sample
        return f"${name}"

    def _directives(self, chance: float = 0.05) -> str:
        if self.random.random() >= chance:
            return ""
        word = self.random.choice(("skip", "include"))
        value = self.random.choice(("true", "false", "variable", "variable", "variable"))
        if value == "variable":
            value = f"${self._name('b')}"
            default = self.random.choice((" = true", " = false", ""))
            self.definitions.append(f"{value}: Boolean{'' if default else '!'}{default}")
            likely = 0.25 if word == "skip" else 0.75
            self.samplers[value[1:]] = lambda values: values.random.random() < likely
        return f" @{word}(if: {value})"
