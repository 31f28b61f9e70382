"""The compiler: a selection of declared fields becomes columns of one statement, policy included."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from graphql import FieldNode
from sqlalchemy import (
    Alias,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    cast,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.types import Date, String, TypeEngine

from linli.access.scope import Bind, Way, part_of, predicate, ways
from linli.clock import today
from linli.model.types import Id
from linli_graphql.declare import fields as f
from linli_graphql.declare.kinds import as_json
from linli_graphql.declare.registry import Registry
from linli_graphql.plan.connection import Page
from linli_graphql.plan.dialect import Item, JsonBuilder, constant
from linli_graphql.plan.parts import Decide, Deferred, Getter, Graft, Outer, TooCostlyError, uuid_of
from linli_graphql.plan.selection import Document, Selection, arguments_of
from linli_graphql.plan.sensitive import sensitive
from linli_graphql.plan.shape import Slot

MOST_ROWS = 50_000
MOST_READS = 64
NESTED = (f.ToOne, f.ToMany, f.ToAny, f.Connection)


@dataclass
class Compiler:
    """Compiles selections; one instance a plan.

    Attributes:
        most_levels: how many rows may be nested in each other; deeper fields are deferred.
        most_rows: how many rows the plan may return.
    """

    registry: Registry
    document: Document
    decide: Decide
    json: JsonBuilder
    binds: dict[str, Getter] = field(default_factory=dict)
    most_levels: int | None = None
    most_rows: int = MOST_ROWS
    grafts: list[Graft] = field(default_factory=list)
    deferred: list[Deferred] = field(default_factory=list)
    cost: int = 0
    reads: int = 0
    searches: bool = False
    _numbers: Any = field(default_factory=count)

    def bind(self, getter: Getter, kind: TypeEngine[Any]) -> ColumnElement[Any]:
        """Return a parameter whose value is read anew at each request."""
        name = f"p{next(self._numbers)}"
        self.binds[name] = getter
        return bindparam(name, type_=kind, required=False)

    def value(
        self, value: Any, kind: TypeEngine[Any], convert: Callable[[Any], Any] = lambda v: v
    ) -> ColumnElement[Any]:
        """Return a parameter for an argument's value: from the variables, or constant for this plan."""
        if isinstance(value, Slot):
            return self.bind(lambda call: convert(value.read(call.variables)), kind)
        constant = convert(value)
        return self.bind(lambda _: constant, kind)

    def id_value(self, value: Any, node_type: str) -> ColumnElement[Any]:
        """Return the uuid of a public id as a parameter; null for an id of another type or form."""
        return self.value(value, Id(), lambda raw: uuid_of(raw, node_type))

    def visible(self, one: f.ObjectType, rows: FromClause) -> ColumnElement[bool]:
        """Return the condition under which the caller may see rows of a type."""
        if one.own or one.part_of is not None:
            return true()
        if one.resource is None:
            raise TypeError(f"{one.name} has no resource")
        return self.permitted(one.resource, rows, one.action)

    def permitted(self, name: str, rows: FromClause, action: str) -> ColumnElement[bool]:
        """Return the condition of a permission such as `resident.phone` over rows of its resource."""
        decision = self.decide(name, action)
        resource = self.registry.resources[name.partition(".")[0]]
        return predicate(decision, resource, rows, self._bind_scope(name, action))

    def ways(self, one: f.ObjectType) -> tuple[Way, ...]:
        """Return the ways to the rows that the caller may see, where there are several."""
        if one.own or one.resource is None:
            return ()
        decision = self.decide(one.resource, one.action)
        resource = self.registry.resources[one.resource]
        return ways(decision, resource, self._bind_scope(one.resource, one.action))

    def _bind_scope(self, name: str, action: str) -> Bind:
        def bind(path: tuple[int, ...], part: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
            return self.bind(lambda call: part_of(call.decide(name, action), path, part), kind)

        return bind

    def current(self, one: f.ObjectType, rows: FromClause) -> ColumnElement[bool]:
        """Return the condition under which a row is open; one that ends on a day to come still is."""
        name = one.open_column
        if name is None:
            return true()
        column = rows.c[name]
        if not isinstance(column.type, Date):
            return column.is_(None)
        return or_(column.is_(None), column > self.bind(lambda _: today(), Date()))

    def items(
        self, one: f.ObjectType, nodes: Sequence[FieldNode], rows: FromClause, outer: Outer
    ) -> list[Item]:
        """Return (response key, expression) for what is selected of a row."""
        return self.selected(one, self.document.fields(one.name, list(nodes)), rows, outer)

    def selected(self, one: f.ObjectType, selection: Selection, rows: FromClause, outer: Outer) -> list[Item]:
        """Return (response key, expression) for collected fields of a row."""
        found: list[Item] = []
        for key, group in selection.items():
            name = group[0].name.value
            if name == "__typename":
                found.append((key, self.json.text(one.name)))
            else:
                found += self._field(one, one.fields[name], key, group, rows, outer.into(key, rows))
        return found

    def _field(
        self,
        one: f.ObjectType,
        declared: f.Field,
        key: str,
        nodes: list[FieldNode],
        rows: FromClause,
        outer: Outer,
    ) -> list[Item]:
        if isinstance(declared, NESTED) and self.most_levels is not None and outer.level > self.most_levels:
            return self._deferred(one, key, nodes, rows, outer)
        match declared:
            case f.Grafted():
                return self._grafted(declared, key, rows, outer)
            case f.Connection():
                return [(key, self.connection(one.name, declared, nodes, rows, outer))]
            case _:
                return [(key, self._single(one, declared, nodes, rows, outer))]

    def connection(
        self,
        parent: str,
        declared: f.Connection,
        nodes: list[FieldNode],
        rows: FromClause | None,
        outer: Outer,
    ) -> ColumnElement[Any]:
        """Return a connection as one object; `rows` are the parent's, None at the root."""
        return Page(self, declared, self.arguments(parent, nodes[0]), rows, outer).compile(nodes)

    def spend(self, rows: int) -> None:
        """Add to the number of rows that the plan can return.

        Raises:
            TooCostlyError: the plan could return more rows than is allowed.
        """
        self.cost += rows
        if self.cost > self.most_rows:
            raise TooCostlyError(f"The query could return {self.cost} rows; ask for smaller pages.")

    def _single(
        self, one: f.ObjectType, declared: f.Field, nodes: list[FieldNode], rows: FromClause, outer: Outer
    ) -> ColumnElement[Any]:
        match declared:
            case f.PublicId():
                return self.public_id(str(one.node_type), rows.c.id)
            case f.Column():
                return as_json(declared.kind, rows.c[declared.column], self.json.dialect)
            case f.Computed():
                return as_json(declared.kind, declared.sql(rows), self.json.dialect)
            case f.Sensitive():
                return sensitive(self, declared, nodes, rows)
            case f.Part():
                return self._part(one, declared, nodes, rows, outer)
            case f.ToOne():
                return self.to_one(declared.target, nodes, outer, lambda to: declared.on(rows, to))
            case f.ToMany():
                return self._to_many(declared, nodes, rows, outer)
            case f.ToAny():
                kind, ident = rows.c[declared.type_column], rows.c[declared.id_column]
                return self.to_any(nodes, kind, ident, outer, None)
            case _:
                raise TypeError(f"{type(declared).__name__} cannot be planned below a row")

    def public_id(self, node_type: str, ident: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the expression of a public id."""
        return self.json.text(f"{node_type}_").concat(cast(ident, String))

    def arguments(self, type_name: str, node: FieldNode) -> dict[str, Any]:
        """Return a field's arguments; values from variables are slots where they are only bound."""
        return arguments_of(self.document, type_name, node)

    def to_one(
        self,
        target: str,
        nodes: Sequence[FieldNode],
        outer: Outer,
        on: Callable[[FromClause], ColumnElement[bool]],
    ) -> ColumnElement[Any]:
        """Return another row as an object, null where none is visible."""
        one = self.registry.types[target]
        rows = self.rows(one)
        source = select().select_from(rows).where(on(rows), self.visible(one, rows)).limit(constant(1))
        return self.json.row(self.items(one, nodes, rows, outer), source, outer.rows)

    def to_any(
        self,
        nodes: Sequence[FieldNode],
        node_type: ColumnElement[Any],
        ident: ColumnElement[Any],
        outer: Outer,
        only: frozenset[str] | None,
    ) -> ColumnElement[Any]:
        """Return a node of one of several types, chosen by the type's name in the row."""
        chosen = [one for one in self.registry.nodes if only is None or one.node_type in only]
        if not chosen:
            return self.json.null()
        arms = [
            (
                node_type == literal(one.node_type),
                self.to_one(one.name, nodes, outer, lambda to: to.c.id == ident),
            )
            for one in chosen
        ]
        return case(*arms, else_=self.json.null())

    def rows(self, one: f.ObjectType) -> FromClause:
        """Return a fresh alias of a type's table."""
        if one.table is None:
            raise TypeError(f"{one.name} has no table")
        return self.alias(one.table)

    def alias(self, table: FromClause) -> FromClause:
        """Return a fresh alias of a table.

        Raises:
            TooCostlyError: the plan would look in more places than is allowed: each one costs time to plan.
        """
        self.reads += 1
        if self.reads > MOST_READS:
            raise TooCostlyError("The query asks for too many things at once; send several documents.")
        return table.alias(f"t{next(self._numbers)}")

    def _to_many(
        self, declared: f.ToMany, nodes: list[FieldNode], rows: FromClause, outer: Outer
    ) -> ColumnElement[Any]:
        one = self.registry.types[declared.target]
        to = self.rows(one)
        outer = outer.times(declared.limit)
        self.spend(outer.factor)
        source: Select[Any] = (
            select().select_from(to).where(and_(declared.on(rows, to), self.visible(one, to)))
        )
        if declared.current:
            source = source.where(self.current(one, to))
        source = source.order_by(*declared.order(to)).limit(constant(declared.limit))
        return self.json.array(self.items(one, nodes, to, outer), source, outer.rows)

    def _part(
        self, one: f.ObjectType, declared: f.Part, nodes: list[FieldNode], rows: FromClause, outer: Outer
    ) -> ColumnElement[Any]:
        part = self.registry.types[declared.target]
        whole = self.json.row(self.items(part, nodes, rows, outer), None, outer.rows)
        if declared.action is None or one.resource is None:
            return whole
        return case((self.permitted(one.resource, rows, declared.action), whole), else_=self.json.null())

    def _deferred(
        self, one: f.ObjectType, key: str, nodes: list[FieldNode], rows: FromClause, outer: Outer
    ) -> list[Item]:
        hidden = f".{key}.id"
        if not isinstance(rows, Alias):
            raise TypeError("rows of a plan are aliases")
        self.deferred.append(Deferred(outer.path[:-1], key, hidden, one.name, rows.element, tuple(nodes)))
        return [(key, self.json.null()), (hidden, rows.c.id)]

    def _grafted(self, declared: f.Grafted, key: str, rows: FromClause, outer: Outer) -> list[Item]:
        hidden = tuple((name, f".{key}.{name}") for name in declared.needs)  # no response key has a dot
        self.grafts.append(Graft(outer.path[:-1], key, hidden, declared))
        return [(key, self.json.null()), *((alias, rows.c[name]) for name, alias in hidden)]
