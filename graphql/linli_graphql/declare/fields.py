"""Declarations of fields: each field of the schema is declared once, and planned from its declaration.

The policy cannot be left out: whatever reaches another row names that row's type, and a type cannot be
declared without its resource.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Table

from linli.personal import Sealed
from linli.policy import Actor
from linli_graphql.declare.kinds import Kind, Scalar

Rows = FromClause
Join = Callable[[Rows, Rows], ColumnElement[bool]]
Expression = Callable[[Rows], ColumnElement[Any]]


@dataclass(frozen=True, kw_only=True)
class Field:
    """What every declaration has: the description that the SDL shows, in English."""

    description: str
    deprecated: str | None = None


@dataclass(frozen=True, kw_only=True)
class Column(Field):
    """A column of the type's own row. `never_null` may be said only of what no policy hides."""

    column: str
    kind: Kind = Scalar.STRING
    never_null: bool = False


@dataclass(frozen=True, kw_only=True)
class Computed(Field):
    """A value computed in SQL from the type's own row."""

    sql: Expression
    kind: Kind = Scalar.STRING
    never_null: bool = False


@dataclass(frozen=True, kw_only=True)
class PublicId(Field):
    """The type's public id, `<type>_<uuid>`."""


@dataclass(frozen=True, kw_only=True)
class Sensitive(Field):
    """A personal value shown masked, under a resource of its own such as `resident.phone`.

    Where it is `sealed`, rows can be looked up by the whole value, as far as the caller may reveal it.
    Nothing else is asked of it: no order, no part of it, no count by it.
    """

    masked: Expression
    permission: str
    sealed: Sealed | None = None


@dataclass(frozen=True, kw_only=True)
class ToOne(Field):
    """Another row, null where there is none or the caller may not read it."""

    target: str
    on: Join


@dataclass(frozen=True, kw_only=True)
class ToAny(Field):
    """Another node of whatever type two columns of this row name."""

    type_column: str
    id_column: str


@dataclass(frozen=True, kw_only=True)
class ToMany(Field):
    """A list that is short by its nature, in a fixed order, as far as the caller may read it.

    `current` leaves out rows that are closed or have ended.
    """

    target: str
    on: Join
    order: Callable[[Rows], Sequence[ColumnElement[Any]]]
    limit: int = 200
    current: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """One key of a `where`: its kind, what it means, and the condition it adds."""

    kind: Kind
    description: str
    condition: Callable[[Rows, ColumnElement[Any]], ColumnElement[bool]]
    node_type: str | None = None
    """For ids: the type of node whose id it takes."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """One way to order a connection; ties are broken by (path, id) unless `columns` end with the id."""

    description: str
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Connection(Field):
    """A page of rows by keyset on (path, id), or on a declared ordering.

    `where` and `orderings` are the target type's. `on` joins to the parent's row; root connections have
    none and take `within` instead. `subtree` says that `on` gives a range of paths, which may hold a great
    many rows, and not the few that refer to the parent by a key.
    """

    target: str
    on: Join | None = None
    subtree: bool = False
    filters: Mapping[str, Filter] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Part(Field):
    """An object made of the same row; `action`, if named, gates it by the row's own resource."""

    target: str
    action: str | None = None


@dataclass(frozen=True, kw_only=True)
class Grafted(Field):
    """A value computed in Python, in one call for all rows of the answer, set into the planned JSON.

    `needs` are columns of the row, given to `resolve` as they stand in JSON; it returns one value a row.
    """

    needs: tuple[str, ...]
    resolve: Callable[[Sequence[Mapping[str, Any]]], Sequence[Any]]
    kind: Kind = Scalar.STRING


@dataclass(frozen=True, kw_only=True)
class Argument:
    """An argument of a root field; `node_type` says whose id it takes."""

    kind: Kind
    description: str
    node_type: str | None = None
    required: bool = False
    many: bool = False
    default: Any = None


@dataclass(frozen=True, kw_only=True)
class RootOne(Field):
    """A root field for one row, found by its arguments."""

    target: str
    arguments: Mapping[str, Argument]
    where: Callable[[Rows, Mapping[str, ColumnElement[Any]]], ColumnElement[bool]]


@dataclass(frozen=True, kw_only=True)
class RootSelf(Field):
    """The caller's own account; null for those who have not signed in."""

    target: str


@dataclass(frozen=True, kw_only=True)
class RootNode(Field):
    """Any node by its public id."""


@dataclass(frozen=True, kw_only=True)
class RootNodes(Field):
    """Any nodes by their public ids, in the order asked."""


class TooManyIdsError(Exception):
    """More ids were asked for than one request may."""

    def __init__(self, asked: int, most: int) -> None:
        super().__init__(f"{asked} ids, at most {most}")
        self.most = most


@dataclass(frozen=True, slots=True)
class Asking:
    """What a root resolver is given: who asks, in which language, and a way to read the database."""

    actor: Actor
    language: str
    read: Callable[[Callable[[Any], Any]], Awaitable[Any]]
    policy: Any
    consents: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class RootResolver(Field):
    """A root field answered by Python: returns plain mappings in the shape of its type, whole."""

    target: str
    arguments: Mapping[str, Argument]
    resolve: Callable[[Asking, Mapping[str, Any]], Awaitable[Any]]
    many: bool = False


@dataclass(frozen=True, slots=True)
class PartOf:
    """Whose parts the rows of a type are: who sees that row sees them, and they are reached from it alone.

    `key` holds uuids that tell the parts of one row apart; lists go by it, the newest first.
    """

    type_name: str
    key: str


@dataclass(frozen=True)
class ObjectType:
    """A type of the schema.

    Attributes:
        name: GraphQL name.
        table: the table of its rows; None for parts of another type's row.
        resource: the policy's name of it; a type with a table cannot be without.
        node_type: prefix of its public ids; such a type implements `Node`.
        action: what a caller must be allowed to do to see rows as this type.
        own: rows of it are reached only from the caller's own account, and need no policy line.
        part_of: rows of it are parts of another type's rows, whose policy stands before them.
        orderings: ways to order connections of it, beside the default (path, id).
        filters: keys of its `where` input.
    """

    name: str
    description: str
    fields: Mapping[str, Field]
    table: Table | None = None
    resource: str | None = None
    node_type: str | None = None
    action: str = "read"
    own: bool = False
    part_of: PartOf | None = None
    orderings: Mapping[str, Ordering] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)

    @property
    def searchable(self) -> bool:
        """Whether rows have search tokens."""
        return self.table is not None and "search" in self.table.c

    @property
    def lookups(self) -> dict[str, tuple[Sealed, str]]:
        """The sealed values by whose equality rows are looked up, each with its permission, by field."""
        return {
            name: (one.sealed, one.permission)
            for name, one in self.fields.items()
            if isinstance(one, Sensitive) and one.sealed is not None
        }

    @property
    def open_column(self) -> str | None:
        """The column that is null while a row is current."""
        if self.table is None:
            return None
        return next((name for name in ("valid_to", "until") if name in self.table.c), None)
