"""What passes between the parts of the planner, and what a plan leaves for later."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode
from sqlalchemy import FromClause

from linli.ids import split_public_id
from linli.policy import Decision
from linli.vault import Vault
from linli_graphql.declare import fields as f

Decide = Callable[[str, str], Decision]


class TooCostlyError(Exception):
    """A plan could return more rows, or would look in more places, than one request may; it says which."""


@dataclass(frozen=True)
class Call:
    """What one request binds: its variables, its decisions, and values that the edge gives."""

    variables: dict[str, Any]
    decide: Decide
    vault: Vault
    given: dict[str, Any] = field(default_factory=dict)


Getter = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Graft:
    """Where Python values go: the steps to the objects, the key, the hidden keys that feed the resolver."""

    path: tuple[str, ...]
    key: str
    hidden: tuple[tuple[str, str], ...]
    field: f.Grafted


@dataclass(frozen=True, slots=True)
class Deferred:
    """A field that goes into a statement of its own, because the database cannot parse one so deep.

    `path` leads to the objects of the type, which are made of rows of `table`, and whose ids stand under
    `hidden` meanwhile.
    """

    path: tuple[str, ...]
    key: str
    hidden: str
    type_name: str
    table: FromClause
    nodes: tuple[FieldNode, ...]


@dataclass(frozen=True, slots=True)
class Outer:
    """Where a selection stands: the rows around it, for correlation, and the response path to it."""

    rows: tuple[FromClause, ...] = ()
    path: tuple[str, ...] = ()
    factor: int = 1
    level: int = 0

    def into(self, key: str, rows: FromClause) -> "Outer":
        """Return the place below a key of an object made of `rows`."""
        return Outer((*self.rows, rows), (*self.path, key), self.factor, self.level + 1)

    def under(self, key: str) -> "Outer":
        """Return the place below a key that adds no rows."""
        return Outer(self.rows, (*self.path, key), self.factor, self.level)

    def times(self, rows: int) -> "Outer":
        """Return the same place, met once for each of so many rows."""
        return Outer(self.rows, self.path, self.factor * max(rows, 1), self.level)


def uuid_of(raw: Any, node_type: str) -> str | None:
    """Return the uuid of a public id if it is of this type, else None."""
    parts = split_public_id(raw) if isinstance(raw, str) else None
    return parts[1] if parts is not None and parts[0] == node_type else None
