"""Root fields: where a selection enters the graph."""

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode
from sqlalchemy import ColumnElement, FromClause, Integer, String, column, func, literal, select
from sqlalchemy import values as sql_values
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

from linli.database.sql import any_of
from linli.model import account
from linli.model.types import Id, IdList
from linli_graphql.declare import fields as f
from linli_graphql.declare.kinds import bind_type
from linli_graphql.plan.compiler import Compiler
from linli_graphql.plan.dialect import constant
from linli_graphql.plan.parts import Deferred, Outer
from linli_graphql.plan.shape import Slot, prefix_of

MOST_IDS = 100
ROW_ID = ".id"  # no response key has a dot


def compile_roots(compiler: Compiler, selected: Mapping[str, list[FieldNode]]) -> ColumnElement[Any]:
    """Return the root object of a query: the planned fields of its selection, in their order."""
    items = [(key, compile_root(compiler, key, nodes)) for key, nodes in selected.items()]
    return compiler.json.row(items, None, ())


def compile_root(compiler: Compiler, key: str, nodes: list[FieldNode]) -> ColumnElement[Any]:
    """Return one root field of a query."""
    name = nodes[0].name.value
    outer = Outer(path=(key,))
    if name == "__typename":
        return compiler.json.text("Query")
    arguments = compiler.arguments("Query", nodes[0])
    match compiler.registry.roots[name]:
        case f.Connection() as declared:
            return compiler.connection("Query", declared, nodes, None, Outer().under(key))
        case f.RootOne() as declared:
            return _one(compiler, declared, arguments, nodes, outer)
        case f.RootSelf() as declared:
            return _self(compiler, declared, nodes, outer)
        case f.RootNode():
            return _node(compiler, arguments["id"], nodes, outer)
        case f.RootNodes():
            return _nodes(compiler, arguments["ids"], nodes, outer)
        case other:
            raise TypeError(f"{type(other).__name__} is not planned")


def by_id(compiler: Compiler, target: str, selected: Mapping[str, list[FieldNode]]) -> ColumnElement[Any]:
    """Return, under each key, the object that the edge names by `given["id"]`, as far as it may be read."""
    ident = compiler.bind(lambda call: call.given["id"], Id())
    items = [
        (key, compiler.to_one(target, nodes, Outer(path=(key,)), lambda to: to.c.id == ident))
        for key, nodes in selected.items()
    ]
    return compiler.json.row(items, None, ())


def deferred_rows(compiler: Compiler, deferred: Deferred) -> ColumnElement[Any]:
    """Return `{rows: [{.id, <key>}]}` for the ids in `given["ids"]`, of rows that the caller was shown."""
    one = compiler.registry.types[deferred.type_name]
    rows = compiler.alias(deferred.table)
    ids = compiler.bind(lambda call: call.given["ids"], IdList())
    source = select().select_from(rows).where(any_of(rows.c.id, ids))
    fields = compiler.selected(one, {deferred.key: list(deferred.nodes)}, rows, Outer().under("rows"))
    items = [(ROW_ID, rows.c.id), *fields]
    return compiler.json.row([("rows", compiler.json.array(items, source, ()))], None, ())


def _one(
    compiler: Compiler,
    declared: f.RootOne,
    arguments: Mapping[str, Any],
    nodes: list[FieldNode],
    outer: Outer,
) -> ColumnElement[Any]:
    def on(rows: FromClause) -> ColumnElement[bool]:
        values = {
            name: _argument(compiler, declared.arguments[name], value)
            for name, value in arguments.items()
            if value is not None
        }
        return declared.where(rows, values)

    return compiler.to_one(declared.target, nodes, outer, on)


def _argument(compiler: Compiler, declared: f.Argument, value: Any) -> ColumnElement[Any]:
    if declared.node_type is not None:
        return compiler.id_value(value, declared.node_type)
    return compiler.value(value, bind_type(declared.kind))


def _self(
    compiler: Compiler, declared: f.RootSelf, nodes: list[FieldNode], outer: Outer
) -> ColumnElement[Any]:
    # The caller's own account needs no policy line: it is found by what proved the caller.
    one = compiler.registry.types[declared.target]
    rows = account.alias("viewer")
    ident = compiler.bind(lambda call: call.given["account"], Id())
    source = select().select_from(rows).where(rows.c.id == ident)
    return compiler.json.row(compiler.items(one, nodes, rows, outer), source, ())


def _node(compiler: Compiler, value: Any, nodes: list[FieldNode], outer: Outer) -> ColumnElement[Any]:
    node_type = _type_of(value)
    if node_type is None:
        return compiler.json.null()
    ident = compiler.id_value(value, node_type)
    return compiler.to_any(nodes, literal(node_type), ident, outer, frozenset({node_type}))


def _nodes(compiler: Compiler, ids: Any, nodes: list[FieldNode], outer: Outer) -> ColumnElement[Any]:
    """Return the nodes of ids in their order; each type among them is compiled once."""
    if len(ids) > MOST_IDS:
        raise f.TooManyIdsError(len(ids), MOST_IDS)
    on_postgresql = compiler.json.dialect == "postgresql"
    if not ids:
        return func.json_build_array() if on_postgresql else func.json(func.json_array())
    compiler.spend(len(ids))
    wanted = _wanted(compiler, ids)
    place = Outer((wanted,), outer.path).times(len(ids))
    chosen = frozenset(filter(None, map(_type_of, ids)))
    found = compiler.to_any(nodes, wanted.c.kind, wanted.c.ident, place, chosen)
    rows = select(found.label("item"), wanted.c.at).select_from(wanted).order_by(wanted.c.at).subquery()
    every = func.json_agg(aggregate_order_by(rows.c.item, rows.c.at), type_=JSON())
    return select(every if on_postgresql else func.json_group_array(func.json(rows.c.item))).scalar_subquery()


def _wanted(compiler: Compiler, ids: list[Any]) -> FromClause:
    """Return rows of place, type and uuid, one for each id."""
    rows = []
    for at, value in enumerate(ids):
        node_type = _type_of(value) or ""
        known = compiler.registry.node(node_type) is not None
        # What stands in a statement is a type's name, never a client's text.
        kind = compiler.json.text(node_type if known else "")
        rows.append((constant(at), kind, compiler.id_value(value, node_type)))
    named = sql_values(column("at", Integer), column("kind", String), column("ident", Id()))
    return compiler.alias(named.data(rows).cte())


def _type_of(value: Any) -> str | None:
    return value.node_type if isinstance(value, Slot) else prefix_of(value)
