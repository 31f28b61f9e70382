"""Every way through the graph of types, up to a length."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from linli_graphql.declare import fields as f
from linli_graphql.declare.registry import Registry

LONGEST: Final = 6
FIRST, DEEPER = 2, 2


@dataclass(frozen=True)
class Hop:
    """One step from an object to others: `fields` are written one in another, such as `members`, `nodes`."""

    owner: str
    fields: tuple[str, ...]
    target: str
    rows: int


@dataclass(frozen=True, eq=False)
class Graph:
    """The types as one gets from one to another; `telling` are the fields that can show a canary."""

    schema: GraphQLSchema
    registry: Registry
    telling: Mapping[str, frozenset[str]]

    def hops(self, owner: str) -> tuple[Hop, ...]:
        """Return the steps from a type; from an interface, those of every type that implements it."""
        return _hops(self, owner)

    def paths(self, longest: int, start: str = "Query") -> Iterator[tuple[Hop, ...]]:
        """Yield every path of so many fields, each after the paths that it goes on from."""
        for hop in self.hops(start):
            left = longest - len(hop.fields)
            if left >= 0:
                yield (hop,)
                for owner in self.concrete(hop.target):
                    for path in self.paths(left, owner):
                        yield (hop, *path)

    def concrete(self, name: str) -> tuple[str, ...]:
        """Return the object types that stand where a type is."""
        kind = self.schema.type_map[name]
        if isinstance(kind, GraphQLInterfaceType):
            return tuple(one.name for one in self.schema.get_possible_types(kind))
        return (name,)

    def leaves(self, name: str) -> tuple[str, ...]:
        """Return the fields of a type that have no fields of their own."""
        kind = self.schema.type_map[name]
        fields: Mapping[str, Any] = getattr(kind, "fields", {})
        return tuple(one for one, declared in fields.items() if is_leaf_type(get_named_type(declared.type)))

    def told(self, name: str) -> tuple[str, ...]:
        """Return the fields of a type that can show a canary, or whatever tells that there is a row."""
        leaves = self.leaves(name)
        found = tuple(one for one in leaves if one in self.telling.get(name, leaves))
        return found or ("__typename",)


@cache
def _hops_of(schema: GraphQLSchema, owner: str) -> tuple[tuple[str, str, bool], ...]:
    kind = schema.type_map[owner]
    assert isinstance(kind, GraphQLObjectType)
    return tuple(
        (name, get_named_type(one.type).name, is_list_type(get_nullable_type(one.type)))
        for name, one in kind.fields.items()
        if not is_leaf_type(get_named_type(one.type))
    )


def _hops(graph: Graph, owner: str) -> tuple[Hop, ...]:
    found = []
    for index, (name, target, many) in enumerate(_hops_of(graph.schema, owner)):
        if not target.endswith("Connection"):
            found.append(Hop(owner, (name,), target, _limit(graph, owner, name) if many else 1))
            continue
        rows = target.removesuffix("Connection")
        # Both ways into a page are walked: most by `nodes`, every fourth by `edges`.
        inner = ("edges", "node") if index % 4 == 3 else ("nodes",)
        found.append(Hop(owner, (name, *inner), rows, FIRST if owner == "Query" else DEEPER))
    return tuple(found)


def _limit(graph: Graph, owner: str, name: str) -> int:
    declared: Any = (
        graph.registry.roots[name] if owner == "Query" else graph.registry.types[owner].fields[name]
    )
    return declared.limit if isinstance(declared, f.ToMany) else 1
