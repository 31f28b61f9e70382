"""The rows of a connection: which ones, in which order, from where on."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, literal, not_, select, true, union
from sqlalchemy import tuple_ as sql_tuple
from sqlalchemy.types import String

from linli.access.scope import Way
from linli.database.sql import any_of, has_tokens
from linli.model.types import Id, TextList
from linli.search import query_tokens
from linli_graphql.declare import fields as f
from linli_graphql.declare.kinds import bind_type
from linli_graphql.plan import cursor
from linli_graphql.plan.dialect import constant
from linli_graphql.plan.parts import Call
from linli_graphql.plan.shape import Slot

if TYPE_CHECKING:
    from linli_graphql.plan.compiler import Compiler

# A token that no name can hold: of Chinese, names give single characters and pairs.
NO_WORD = "无此词"

# Sorts before the id of any row.
NIL = literal("00000000-0000-0000-0000-000000000000", Id())

Arguments = Mapping[str, Any]


class Listing:
    """What one connection lists, as far as the caller may see it.

    Where rights come on several ways (several places, or several kinds of reach) each way is followed by
    itself in the order of the list and no further than the page goes; one condition over all of them would
    keep the database from its indexes.
    """

    def __init__(
        self,
        compiler: "Compiler",
        declared: f.Connection,
        arguments: Arguments,
        parent: FromClause | None,
        outer: tuple[FromClause, ...],
    ) -> None:
        self.one = compiler.registry.types[declared.target]
        self.backward = arguments.get("last") is not None
        self._compiler = compiler
        self._declared = declared
        self._arguments = arguments
        self._parent = parent
        self._outer = outer

    def page(self, rows: FromClause, limit: int) -> Select[Any]:
        """Return FROM and WHERE of a page of at most `limit` rows; order and limit are still to be set."""
        if not self._ways:
            seen = self._compiler.visible(self.one, rows)
            return select().select_from(rows).where(seen, *self._conditions(rows), *self._between(rows))
        found = self._merged([self._along(way, limit) for way in self._ways], limit)
        return select().select_from(rows.join(found, found.c.id == rows.c.id))

    def count(self) -> ColumnElement[Any]:
        """Return how many rows there are on all pages."""
        rows = self._compiler.rows(self.one)
        if not self._ways:
            seen = self._compiler.visible(self.one, rows)
            all_rows = select(func.count()).select_from(rows).where(seen, *self._conditions(rows))
        else:
            ids = [self._every(way) for way in self._ways]
            found = union(*ids) if len(ids) > 1 else ids[0]
            all_rows = select(func.count()).select_from(found.subquery())
        return all_rows.correlate(*self._outer).scalar_subquery()

    def order(self, rows: FromClause) -> list[ColumnElement[Any]]:
        """Return the order of a page of `rows`."""
        return self._directed(self._keys(rows))

    @cached_property
    def _ways(self) -> tuple[Way, ...]:
        # Few rows hang on one row by a key, or have one word: there a condition is enough.
        narrow = self._declared.on is not None and not self._declared.subtree
        looked_up = self.one.lookups.keys() & (self._arguments.get("where") or {}).keys()
        if narrow or looked_up or self._arguments.get("search") is not None:
            return ()
        return self._compiler.ways(self.one)

    def _along(self, way: Way, limit: int) -> Select[Any]:
        """Return keys and id of the first `limit` rows on one way, for each of its ranges."""
        near = self._compiler.rows(self.one)
        ends = self._between(near) if way.reach is None else self._within_reach(near, way.reach)
        inner = select(*self._labelled(near)).where(way.condition(near), *self._conditions(near), *ends)
        inner = inner.order_by(*self.order(near)).limit(constant(limit))
        if way.reach is None:
            return select(inner.correlate(*self._outer).subquery())
        inner = inner.correlate(way.reach, *self._outer)
        if self._compiler.json.dialect == "postgresql":
            first = inner.lateral()
            return select(first).select_from(way.reach.join(first, true()))
        # SQLite has no LATERAL; a list of ids may look at the rows before it.
        row = self._compiler.rows(self.one)
        first_ids = inner.with_only_columns(near.c.id, maintain_column_froms=True)
        return select(*self._labelled(row)).select_from(way.reach, row).where(row.c.id.in_(first_ids))

    def _merged(self, found: list[Select[Any]], limit: int) -> FromClause:
        if len(found) == 1:
            rows = found[0].correlate(*self._outer).subquery()
        else:
            rows = union(*(one.correlate(*self._outer) for one in found)).subquery()
        keys = [rows.c[f"k{index}"] for index in range(len(rows.c) - 1)]
        order = self._directed([*keys, rows.c.id])
        return select(rows.c.id).order_by(*order).limit(constant(limit)).subquery()

    def _every(self, way: Way) -> Select[Any]:
        rows = self._compiler.rows(self.one)
        source = select(rows.c.id).where(way.condition(rows), *self._conditions(rows))
        return source.correlate(*self._outer)

    def _labelled(self, rows: FromClause) -> list[ColumnElement[Any]]:
        *keys, ident = self._keys(rows)
        return [*(key.label(f"k{index}") for index, key in enumerate(keys)), ident.label("id")]

    def _keys(self, rows: FromClause) -> list[ColumnElement[Any]]:
        """Return what rows are ordered by; the last one is their id."""
        if self.one.part_of is not None:
            return [rows.c[self.one.part_of.key]]
        order = self._arguments.get("orderBy")
        named = self.one.orderings[order["field"]].columns if order else ()
        return [rows.c[name] for name in (named if "id" in named else (*named, "path", "id"))]

    def _directed(self, keys: list[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        return [key.desc() if self._descending else key.asc() for key in keys]

    @property
    def _descending(self) -> bool:
        return self._falling is not self.backward

    @property
    def _falling(self) -> bool:
        order = self._arguments.get("orderBy") or {}
        return self.one.part_of is not None or order.get("direction") == "desc"

    def _between(self, rows: FromClause) -> list[ColumnElement[bool]]:
        """Return that rows come after the one cursor and before the other, in the order of the list."""
        after, before = self._arguments.get("after"), self._arguments.get("before")
        found = [] if after is None else [self._beyond(rows, after, later=True)]
        return found if before is None else [*found, self._beyond(rows, before, later=False)]

    def _within_reach(self, rows: FromClause, reach: FromClause) -> list[ColumnElement[bool]]:
        """Return what `_between` does, with the cursors clamped to a range of paths.

        An index is read from the cursor on; without this, so would be the ranges that begin behind it.
        """
        if self._arguments.get("orderBy"):
            return self._between(rows)
        keys, found = sql_tuple(rows.c.path, rows.c.id), []
        if (after := self._arguments.get("after")) is not None:
            path, ident = self._place_of(after)
            before_it = reach.c.low > path
            start = (case((before_it, reach.c.low), else_=path), case((before_it, NIL), else_=ident))
            found.append(keys > sql_tuple(*start))
        if (before := self._arguments.get("before")) is not None:
            path, ident = self._place_of(before)
            behind_it = reach.c.high < path
            end = (case((behind_it, reach.c.high), else_=path), case((behind_it, NIL), else_=ident))
            found.append(keys < sql_tuple(*end))
        return found

    def _place_of(self, given: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """Return path and id of a cursor."""
        path = self._compiler.value(given, String(), lambda text: cursor.decode(text)[0])
        return path, self._compiler.value(given, Id(), lambda text: cursor.decode(text)[1])

    def _beyond(self, rows: FromClause, given: Any, *, later: bool) -> ColumnElement[bool]:
        compiler = self._compiler
        keys = sql_tuple(*self._keys(rows))
        path, ident = self._place_of(given)
        if self.one.part_of is not None:
            edge: Any = sql_tuple(ident)
        elif not self._arguments.get("orderBy"):
            edge = sql_tuple(path, ident)
        else:
            there = compiler.rows(self.one)
            seen = compiler.visible(self.one, there)
            edge = select(*self._keys(there)).where(there.c.id == ident, seen).scalar_subquery()
        beyond: ColumnElement[bool] = keys < edge if later is self._falling else keys > edge
        return beyond

    def _conditions(self, rows: FromClause) -> list[ColumnElement[bool]]:
        """Return what holds of every row beside the caller's rights."""
        found = [*self._open(rows), *self._filters(rows), *self._search(rows)]
        if self._declared.on is not None and self._parent is not None:
            found.append(self._declared.on(self._parent, rows))
        if (within := self._arguments.get("within")) is not None:
            found += self._within(rows, within)
        for name, one in self._declared.filters.items():
            if (value := self._arguments.get(name)) is not None:
                found.append(self._filter(rows, one, value))
        return found

    def _open(self, rows: FromClause) -> list[ColumnElement[bool]]:
        if self.one.open_column is None:
            return []
        current = self._compiler.current(self.one, rows)
        closed = bool((self._arguments.get("where") or {}).get("closed"))
        return [not_(current) if closed else current]

    def _filters(self, rows: FromClause) -> list[ColumnElement[bool]]:
        where = self._arguments.get("where") or {}
        given = {name: value for name, value in where.items() if name != "closed" and value is not None}
        return [
            self._lookup(rows, name, value)
            if name in self.one.lookups
            else self._filter(rows, self.one.filters[name], value)
            for name, value in given.items()
        ]

    def _lookup(self, rows: FromClause, name: str, value: Any) -> ColumnElement[bool]:
        """Return that a sealed value is this one, of rows on which the caller may reveal it."""
        compiler = self._compiler
        sealed, permission = self.one.lookups[name]

        def blinds(call: Call) -> list[str]:
            text = value.read(call.variables) if isinstance(value, Slot) else value
            return sealed.blinds(call.vault, str(text))

        same = any_of(rows.c[f"{sealed.name}_blind"], compiler.bind(blinds, TextList()))
        return and_(same, compiler.permitted(permission, rows, "reveal"))

    def _filter(self, rows: FromClause, one: f.Filter, value: Any) -> ColumnElement[bool]:
        compiler = self._compiler
        if one.node_type is None:
            return one.condition(rows, compiler.value(value, bind_type(one.kind)))
        target = compiler.registry.node(one.node_type)
        if target is None:
            raise TypeError(f"no type has ids of {one.node_type}")
        there = compiler.rows(target)
        ident = compiler.id_value(value, one.node_type)
        known = select(there.c.id).where(there.c.id == ident, compiler.visible(target, there))
        return one.condition(rows, known.scalar_subquery())

    def _search(self, rows: FromClause) -> list[ColumnElement[bool]]:
        text = self._arguments.get("search")
        if text is None:
            return []
        self._compiler.searches = True
        query = self._compiler.value(text, String(), lambda words: query_tokens(words) or NO_WORD)
        return [has_tokens(rows.c.id, rows.c.search, query)]

    def _within(self, rows: FromClause, value: Any) -> list[ColumnElement[bool]]:
        compiler = self._compiler
        place = compiler.rows(compiler.registry.types["Grid"])
        known = compiler.visible(compiler.registry.types["Grid"], place)
        here = select().where(place.c.id == compiler.id_value(value, "grid"), known)
        low = here.with_only_columns(place.c.path).scalar_subquery()
        above = func.substr(place.c.path, 1, func.length(place.c.path) - 1).concat("0")
        return [rows.c.path >= low, rows.c.path < here.with_only_columns(above).scalar_subquery()]
