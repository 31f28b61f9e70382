"""Which field comes next, and with which arguments: what was met least, or the way to one chosen goal."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from linli_graphql.declare import fields as f
from tests.support.fuzz.coverage import Coverage, Goal
from tests.support.fuzz.values import Values

MOST_ROWS = 20_000
MOST_LEAVES = 3
MOST_OVER = 8
PAGE = 5
PULL = 4.0
SWERVE = 0.15
Fields = dict[str, GraphQLField]


@dataclass
class Steering:
    """Chooses for one document of one caller.

    Attributes:
        deepest: how many fields may stand in each other.
        pulls: how much there is to be met at each type and beyond it.
        goal: what is to be met by all means.
        steps: how many fields lead from each type to the goal's.
    """

    random: random.Random
    schema: GraphQLSchema
    coverage: Coverage
    values: Values
    deepest: int
    pulls: Mapping[str, float]
    goal: Goal | None
    steps: Mapping[str, int]

    def field(self, kind: GraphQLObjectType, depth: int, factor: int, left: int) -> str | None:
        """Return a field's name; None where nothing may come."""
        fields = {name: one for name, one in kind.fields.items() if self._affordable(kind, name, factor)}
        seeks = self.goal is not None and left > -MOST_OVER and self.random.random() > SWERVE
        if seeks and (way := self._way(kind, fields)):
            return self.random.choice(way)
        ends = depth + 1 >= self.deepest or left < 2 or self.goal is not None
        if ends:
            fields = {name: one for name, one in fields.items() if _leaf(one) or _must(one, kind)}
        if not fields:
            return None
        top = max(self.pulls.get(get_named_type(one.type).name, 0.0) for one in fields.values())
        weights = [self._weight(kind, name, one, 0.0 if ends else top) for name, one in fields.items()]
        return str(self.random.choices(list(fields), weights)[0])

    def leaves(self, kind: GraphQLObjectType) -> list[str]:
        """Return values of the row, so that depth shows; those that were not met yet."""
        leaves = [name for name, one in kind.fields.items() if _leaf(one)]
        unmet = [name for name in leaves if not self.coverage.met["fields"][f"{kind.name}.{name}"]]
        return unmet[:MOST_LEAVES] or [self.random.choice(leaves)]

    def member(self, kind: GraphQLInterfaceType) -> GraphQLObjectType:
        """Return one of the types behind an interface."""
        members = list(self.schema.get_possible_types(kind))
        return self.random.choices(members, [self.pulls[one.name] for one in members])[0]

    def rows(self, owner: str, name: str) -> int:
        """Return how many rows a field gives at most for each one; 1 for all but lists and pages."""
        registry = self.values.registry
        declared = registry.types[owner].fields.get(name) if owner in registry.types else None
        if isinstance(declared, f.ToMany):
            return declared.limit
        return PAGE if isinstance(declared, f.Connection) else 1

    def argument(self, owner: str, name: str, argument: str, given: GraphQLArgument, factor: int) -> bool:
        """Whether an argument comes."""
        key = f"{owner}.{name}({argument})"
        if is_required_argument(given):
            return True
        if self.goal is not None:
            return key == self.goal.argument or (argument == "first" and self.random.random() < 0.9)
        if argument == "first" and factor > 1:
            return self.random.random() < 0.85
        usual = 0.12 if argument in ("first", "last") else 0.02
        return self.random.random() < usual + 0.5 / (1 + self._met(key, get_named_type(given.type)))

    def _met(self, key: str, kind: Any) -> int:
        met = self.coverage.met["arguments"][key]
        if input_type := self.coverage.input_types.get(key):
            met = min(met, *(self.coverage.met["inputs"][f"{input_type}.{name}"] for name in kind.fields))
        return met

    def _way(self, kind: GraphQLObjectType, fields: Fields) -> list[str]:
        """Return the fields that lead to the goal, or the goal itself."""
        here = self.steps.get(kind.name)
        if self.goal is None or here is None:
            return []
        if here == 0:
            return [self.goal.field] if self.goal.field in fields else []
        return [
            name
            for name, one in fields.items()
            if self.steps.get(get_named_type(one.type).name, here) < here and self._seen(one)
        ]

    def _affordable(self, kind: GraphQLObjectType, name: str, factor: int) -> bool:
        rows = self.rows(kind.name, name)
        return rows == 1 or factor * rows <= MOST_ROWS

    def _weight(self, kind: GraphQLObjectType, name: str, one: GraphQLField, top: float) -> float:
        """How likely a field is: more if it was met little, most if it leads to where most is to be met."""
        key, named = f"{kind.name}.{name}", get_named_type(one.type)
        weight = 1 / (1 + self.coverage.met["fields"][key]) + 0.05
        for argument in one.args:
            weight += 0.4 / (1 + self.coverage.met["arguments"][f"{key}({argument})"] * 2)
        if not is_leaf_type(named) and top:
            leads = PULL * (self.pulls[named.name] / top) ** 3 if named.name in self.pulls else 0.0
            weight = (weight + leads + 0.3) * (0.1 + self._seen(one))
        if kind.name.endswith("Connection") and name in ("nodes", "edges"):
            weight += 1.5
        return weight

    def _seen(self, field: GraphQLField) -> float:
        """The share of the rows of a field's type that the caller sees; a guess for what has no rows."""
        name = get_named_type(field.type).name.removesuffix("Connection")
        one = self.values.registry.types.get(name)
        return self.values.share(one) if one is not None and one.table is not None else 0.3


def _leaf(one: GraphQLField) -> bool:
    return is_leaf_type(get_named_type(one.type))


def _must(one: GraphQLField, parent: GraphQLObjectType) -> bool:
    """Whether a field belongs to the machinery of pages, which ends nothing."""
    named = get_named_type(one.type).name
    return parent.name.endswith(("Connection", "Edge")) or named in ("PageInfo", "Sensitive")
