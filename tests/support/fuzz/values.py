"""Values of arguments: ids, cursors, words and columns of rows of the world, and some of none."""

import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
)

from linli.ids import public_id
from linli_graphql.declare import fields as f
from linli_graphql.declare.registry import Registry
from tests.policies.worlds import Row
from tests.support.fuzz.judge import Judge
from tests.support.fuzz.tables import Tables, cursor_of, shown
from tests.support.fuzz.tools import RULES, TELLS

BROKEN = ("", "resident", "grid_0", "nothing_00000000-0000-7000-8000-000000000000", "viewer_x", "Grid:1")
COLUMNS = {"createdAt": "created_at", "parent": "parent_id", "head": "head_id", "isFullTime": "full_time"}
DAYS = {
    "month": ("credit_bank__activity", "done_on"),
    "inForceOn": ("credit_bank__offer", "since"),
    "dueBefore": ("credit_bank__appeal", "decide_by"),
    "doneOn": ("credit_bank__activity", "done_on"),
}
PERMISSIONS = (
    "grid:read",
    "resident:read",
    "resident.phone:read",
    "grid:statistics",
    "motto:adopt",
    "credit_bank:statistics",
    "credit_member:spend",
    "network:contact",
    "own_matter:close",
    "x:y",
    "",
)


@dataclass(frozen=True)
class Place:
    """For which argument of which field a value is made; `key` is that of an input within it."""

    owner: str
    field: str
    argument: str
    key: str | None = None


@dataclass
class Values:
    """Makes values for one caller: mostly of rows that the caller may see."""

    random: random.Random
    registry: Registry
    tables: Tables
    judge: Judge
    met: Mapping[str, Counter[str]]

    def make(self, kind: Any, place: Place) -> Any:
        """Return a value as JSON has it."""
        inner = get_nullable_type(kind)
        if isinstance(inner, GraphQLList):
            return [self.make(inner.of_type, place) for _ in range(self.random.randint(0, 5))]
        if isinstance(inner, GraphQLInputObjectType):
            return self._input(inner, place)
        if isinstance(inner, GraphQLEnumType):
            return self._enum(inner, place)
        match inner.name:
            case "Int":
                return self._int(place)
            case "Boolean":
                return self.random.random() < 0.5
            case "Date" | "DateTime":
                return (
                    self._day(place)
                    or self._column(place)
                    or f"2024-02-29{'T08:00:00.007+08:00' if inner.name != 'Date' else ''}"
                )
            case "ID":
                return self._id(place)
            case _:
                return self._text(place)

    def _day(self, place: Place) -> str | None:
        """Return a day for what is compared with a column of another name."""
        table, column = DAYS.get(place.key or place.argument, (None, ""))
        rows = self.tables.world.rows[table] if table else []
        found = self.random.choice(rows)[column] if rows else None
        return found.isoformat() if found else None

    def _id(self, place: Place) -> str:
        node_type = self._id_type(place)
        target, stored = self.target(place), None
        column = f"{place.key}_id"
        if target is not None and target.table is not None and column in target.table.c:
            stored = self._row(target)[column]
        if stored is not None and node_type is not None and self.random.random() < 0.9:
            return public_id(node_type, stored)
        if place.argument == "within":
            tries = [self.public_id("grid") for _ in range(3)]
            rows = [self.tables.world.by_id("grid", one.removeprefix("grid_")) for one in tries]
            return min(
                zip(tries, rows, strict=True), key=lambda pair: len(pair[1]["path"]) if pair[1] else 9
            )[0]
        acted = rows_behind(self.registry, target.name) if target and target.name in TELLS else None
        return self.public_id(node_type, acted)

    def public_id(self, node_type: str | None, acted: f.ObjectType | None = None) -> str:
        """Return the id of a row of a type, at times of another, or nothing like an id."""
        if self.random.random() < 0.04:
            return self.random.choice(BROKEN)
        if node_type is None or self.random.random() < 0.04:
            nodes = self.registry.nodes
            node_type = (
                self.random.choices(nodes, [0.05 + self.share(one) for one in nodes])[0].node_type or ""
            )
        one = acted if acted and acted.node_type == node_type else self.registry.node(node_type)
        return public_id(node_type, self._row(one)["id"]) if one else BROKEN[0]

    def _row(self, one: f.ObjectType, chance: float = 0.85) -> Row:
        rows = self.tables.rows(one)
        tries = [self.random.choice(rows) for _ in range(6)]
        seen = next((row for row in tries if self.judge.sees(one, row)), tries[0])
        return seen if self.random.random() < chance else tries[0]

    def share(self, one: f.ObjectType) -> float:
        """Return the share of a type's rows that the caller sees."""
        if one.name not in self.judge.shares:
            rows = self.tables.rows(one)
            seen = sum(self.judge.sees(one, row) for row in rows)
            self.judge.shares[one.name] = seen / max(len(rows), 1)
        return self.judge.shares[one.name]

    def _input(self, kind: GraphQLInputObjectType, place: Place) -> dict[str, Any]:
        required = {key for key, one in kind.fields.items() if isinstance(one.type, GraphQLNonNull)}
        met, names = self.met["inputs"], list(kind.fields)
        weights = [0.1 + 1 / (1 + met[f"{kind.name}.{key}"]) for key in names]
        chosen = self.random.choices(names, weights, k=self.random.choice((1, 1, 1, 2)))
        keys = [key for key in kind.fields if key in required or key in chosen]
        return {
            key: self.make(kind.fields[key].type, Place(place.owner, place.field, place.argument, key))
            for key in keys
        }

    def target(self, place: Place) -> f.ObjectType | None:
        """Return the type of the rows that the field gives."""
        name = getattr(self._declared(place), "target", None)
        return self.registry.types[name] if name else None

    def _declared(self, place: Place) -> Any:
        if place.owner == "Query":
            return self.registry.roots[place.field]
        return self.registry.types[place.owner].fields[place.field]

    def _filter(self, place: Place) -> Any:
        declared, target = self._declared(place), self.target(place)
        if place.key is not None:
            return target.filters.get(place.key) if target else None
        named = {**getattr(declared, "filters", {}), **getattr(declared, "arguments", {})}
        return named.get(place.argument)

    def _id_type(self, place: Place) -> str | None:
        if place.argument in ("within", "grids", "to"):
            return "grid"
        return getattr(self._filter(place), "node_type", None)

    def _column(self, place: Place) -> Any:
        """Return a value that the column of this name has in some row, as JSON, or None."""
        target, name = self.target(place), place.key or place.argument
        if target is None or target.table is None:
            return None
        column = COLUMNS.get(name, name)
        if column not in target.table.c:
            return None
        kind = getattr(self._filter(place), "kind", None)
        return shown(kind, self._row(target)[column]) if kind else None

    def _enum(self, kind: GraphQLEnumType, place: Place) -> str:
        stored = self._column(place)
        if isinstance(stored, str) and stored.upper() in kind.values and self.random.random() < 0.8:
            return stored.upper()
        return str(self.random.choice(list(kind.values)))

    def _int(self, place: Place) -> int:
        if place.argument in ("first", "last"):
            return self.random.choice((1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 5, 0, -1))
        stored = self._column(place)
        return stored if isinstance(stored, int) else self.random.randint(0, 4)

    def _text(self, place: Place) -> str:
        target = self.target(place)
        if place.argument in ("after", "before") and target is not None:
            row = self._row(target)
            return cursor_of(target, row)
        if place.argument == "search" and target is not None:
            return self._words(self._row(target))
        if place.argument == "rule":
            return self.random.choice(list(RULES))
        if place.argument == "permission":
            return self.random.choice(PERMISSIONS)
        stored = self._column(place)
        if isinstance(stored, str) and self.random.random() < 0.9:
            return stored
        return self.random.choice(("", "没有", 'a"b\\', "\n"))

    def _words(self, row: Row) -> str:
        name = row.get("name") or row.get("label") or ""
        start = self.random.randrange(len(name) or 1)
        cut = name[start : start + self.random.randint(1, 4)]
        return self.random.choice((name, name, name[:2], cut, name.upper(), "!?"))


def rows_behind(registry: Registry, name: str) -> f.ObjectType | None:
    """Return the type whose rows a type's answers are made of, as far as the caller may; None if of none."""
    if name in TELLS:
        node_type, action = TELLS[name]
        one = registry.node(node_type)
        return replace(one, name=f"{name}'s {node_type}", action=action) if one else None
    one = registry.types.get(name)
    if one is not None and one.part_of is not None:
        return registry.types[one.part_of.type_name]
    return one if one is not None and one.table is not None else None


def rendered(kind: Any, value: Any) -> str:
    """Return a value as a literal of GraphQL; variables stand in it as `Variable`."""
    inner = get_nullable_type(kind)
    if isinstance(value, Variable):
        return f"${value.name}"
    if value is None:
        return "null"
    if isinstance(inner, GraphQLList):
        return f"[{', '.join(rendered(inner.of_type, one) for one in value)}]"
    if isinstance(inner, GraphQLInputObjectType):
        parts = (f"{key}: {rendered(inner.fields[key].type, one)}" for key, one in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(get_named_type(kind), GraphQLEnumType):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Variable:
    """A variable in the place of a value."""

    name: str
