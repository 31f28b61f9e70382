"""Every argument of every field at least once, with values of rows inside and outside a persona's scope."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
)

from tests.security.proof.documents import PAGE
from tests.security.proof.paths import Graph, Hop
from tests.security.proof.place import Place
from tests.support.fuzz import values
from tests.support.fuzz.coverage import reachable
from tests.support.fuzz.judge import Judge
from tests.support.fuzz.values import Values, rendered

AT_ONCE = 8


@dataclass(frozen=True)
class Asked:
    """One field with one optional argument, or with none but those it cannot be without."""

    owner: str
    name: str
    argument: str | None
    key: str | None = None


@dataclass(repr=False)
class Arguments:
    """Writes documents for one persona."""

    place: Place
    graph: Graph
    random: random.Random
    ways: dict[str, tuple[Hop, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        waiting: list[tuple[str, tuple[Hop, ...]]] = [("Query", ())]
        while waiting:
            owner, way = waiting.pop(0)
            for hop in self.graph.hops(owner):
                direct = not isinstance(self.graph.schema.type_map[hop.target], GraphQLInterfaceType)
                if direct and hop.target not in self.ways:
                    self.ways[hop.target] = (*way, hop)
                    waiting.append((hop.target, self.ways[hop.target]))

    def asked(self) -> list[list[Asked]]:
        """Return all arguments, a few of one type at a time."""
        found: list[list[Asked]] = []
        for owner in reachable(self.graph.schema):
            each = [one for name, kind in owner.fields.items() for one in _of_field(owner.name, name, kind)]
            found += [each[index : index + AT_ONCE] for index in range(0, len(each), AT_ONCE)]
        return found

    def document(self, asked: Sequence[Asked], judge: Judge) -> str:
        """Write a document that gives each of these arguments once."""
        made = Values(
            self.random,
            self.place.composition.registry,
            self.place.tables,
            judge,
            {"inputs": Counter()},
        )
        owner = asked[0].owner
        parts = [f"a{index}: {self._field(one, made)}" for index, one in enumerate(asked)]
        inner = " ".join(parts)
        for hop in reversed(self.ways.get(owner, ())):
            many = f"{' { '.join(hop.fields[1:])} {{ {inner} }}{' }' * (len(hop.fields) - 2)}"
            inside = many if len(hop.fields) > 1 else inner
            kind = self._kind(hop.owner).fields[hop.fields[0]]
            given = self._given(Asked(hop.owner, hop.fields[0], None), kind, made)
            inner = f"{hop.fields[0]}{given} {{ {inside} }}"
        return f"{{ {inner} }}"

    def _kind(self, owner: str) -> GraphQLObjectType:
        found = self.graph.schema.type_map[owner]
        assert isinstance(found, GraphQLObjectType)
        return found

    def _field(self, asked: Asked, made: Values) -> str:
        kind = self._kind(asked.owner).fields[asked.name]
        target = get_named_type(kind.type)
        inner = self._inner(target.name)
        return f"{asked.name}{self._given(asked, kind, made)}{f' {{ {inner} }}' if inner else ''}"

    def _inner(self, target: str) -> str:
        if target.endswith("Connection"):
            told = self.graph.told(target.removesuffix("Connection"))
            return f"{PAGE} nodes {{ {' '.join(told)} }} edges {{ cursor node {{ __typename }} }}"
        if isinstance(self.graph.schema.type_map[target], GraphQLInterfaceType):
            return "__typename id"
        return " ".join(self.graph.leaves(target))

    def _given(self, asked: Asked, kind: GraphQLField, made: Values) -> str:
        names = [name for name, one in kind.args.items() if isinstance(one.type, GraphQLNonNull)]
        names += [asked.argument] if asked.argument and asked.argument not in names else []
        parts = []
        for name in names:
            given = get_nullable_type(kind.args[name].type)
            place = values.Place(asked.owner, asked.name, name, asked.key if name == asked.argument else None)
            if isinstance(given, GraphQLInputObjectType):
                value = self._input(given, asked, name, made)
            else:
                value = made.make(given, place)
            parts.append(f"{name}: {rendered(kind.args[name].type, value)}")
        return f"({', '.join(parts)})" if parts else ""

    def _input(self, given: GraphQLInputObjectType, asked: Asked, name: str, made: Values) -> dict[str, Any]:
        needed = [key for key, one in given.fields.items() if isinstance(one.type, GraphQLNonNull)]
        keys = [*needed, *([asked.key] if asked.key and asked.key not in needed else [])]
        return {
            key: made.make(given.fields[key].type, values.Place(asked.owner, asked.name, name, key))
            for key in keys
        }


def _of_field(owner: str, name: str, kind: GraphQLField) -> Iterator[Asked]:
    for argument, one in kind.args.items():
        given = get_nullable_type(one.type)
        if isinstance(given, GraphQLInputObjectType):
            yield from (Asked(owner, name, argument, key) for key in given.fields)
        else:
            yield Asked(owner, name, argument)
