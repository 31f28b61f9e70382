"""Splitting a request's variables into what changes a statement's text and what is only bound.

A plan is kept by the shape of its variables: strings, ids, dates and JSON are bound, everything else
(booleans, enums, integers, which keys are present) is part of the shape.
"""

from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)

from linli.ids import split_public_id

BOUND = frozenset({"String", "ID", "Date", "DateTime", "JSON"})


@dataclass(frozen=True, slots=True)
class Slot:
    """A place of a value in the variables, read again at each request; of an id, also the type it names."""

    path: tuple[str | int, ...]
    node_type: str | None = None

    def read(self, variables: dict[str, Any]) -> Any:
        """Return the value that this request has there."""
        value: Any = variables
        for step in self.path:
            value = value[step]
        return value


def split(kind: Any, value: Any, path: tuple[str | int, ...]) -> tuple[Any, Any]:
    """Return (value with slots, shape) of one coerced variable."""
    if isinstance(kind, GraphQLNonNull):
        return split(kind.of_type, value, path)
    if value is None or isinstance(kind, GraphQLEnumType):
        return value, value
    if isinstance(kind, GraphQLList):
        pairs = [split(kind.of_type, item, (*path, index)) for index, item in enumerate(value)]
        return [slotted for slotted, _ in pairs], tuple(shape for _, shape in pairs)
    if isinstance(kind, GraphQLInputObjectType):
        pairs_by_name = {
            name: split(kind.fields[name].type, item, (*path, name)) for name, item in value.items()
        }
        slotted = {name: pair[0] for name, pair in pairs_by_name.items()}
        return slotted, tuple((name, pair[1]) for name, pair in sorted(pairs_by_name.items()))
    if isinstance(kind, GraphQLScalarType) and kind.name in BOUND:
        node_type = prefix_of(value) if kind.name == "ID" else None
        return Slot(path, node_type), (kind.name, node_type)
    return value, value


def prefix_of(value: Any) -> str | None:
    """Return the type that a public id names; None for anything else."""
    parts = split_public_id(value) if isinstance(value, str) else None
    return parts[0] if parts else None
