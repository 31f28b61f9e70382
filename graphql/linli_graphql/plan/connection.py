"""Connections: pages by keyset, counts of what the caller may see, and cursors."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from graphql import FieldNode
from sqlalchemy import ColumnElement, FromClause, Select, cast, func, not_, select, true
from sqlalchemy import tuple_ as sql_tuple
from sqlalchemy.types import String

from linli.database.sql import has_tokens
from linli.model.types import Id
from linli.search import query_tokens
from linli_graphql.declare import fields as f
from linli_graphql.declare.kinds import bind_type
from linli_graphql.plan import cursor
from linli_graphql.plan.shape import Slot

if TYPE_CHECKING:
    from linli_graphql.plan.compiler import Compiler
    from linli_graphql.plan.parts import Outer

PAGE = 20
MOST = 200

# A token that no name can hold: of Chinese, names give single characters and pairs.
NO_WORD = "无此词"

Member = Callable[[FromClause], ColumnElement[Any]]


class Page:
    """One connection being compiled: its rows, their conditions and order, and what is asked of the page."""

    def __init__(
        self,
        compiler: "Compiler",
        declared: f.Connection,
        arguments: Mapping[str, Any],
        parent: FromClause | None,
        outer: "Outer",
    ) -> None:
        self.compiler = compiler
        self.arguments = arguments
        self.one = compiler.registry.types[declared.target]
        self.rows = compiler.rows(self.one)
        self.backward = arguments.get("last") is not None
        self.size = _size(arguments.get("last") if self.backward else arguments.get("first"))
        self.outer = outer.times(self.size)
        compiler.spend(self.outer.factor)
        self.columns: list[ColumnElement[Any]] = []
        self.conditions = self._conditions(declared, parent)

    def compile(self, nodes: list[FieldNode]) -> ColumnElement[Any]:
        """Return the connection as one JSON object."""
        selected = self.compiler.document.fields(f"{self.one.name}Connection", nodes)
        members = {key: self._member(key, group) for key, group in selected.items()}
        paged = any(group[0].name.value in ("nodes", "edges", "pageInfo") for group in selected.values())
        if not paged:
            items = [(key, member(self.rows)) for key, member in members.items()]
            return self.compiler.json.row(items, None, self.outer.rows)
        page = self._page()
        items = [(key, member(page)) for key, member in members.items()]
        return self.compiler.json.row(items, select().select_from(page), self.outer.rows)

    def _member(self, key: str, group: list[FieldNode]) -> Member:
        match group[0].name.value:
            case "nodes":
                return self._nodes(key, group)
            case "edges":
                return self._edges(key, group)
            case "pageInfo":
                return lambda page: self._page_info(group, page)
            case "totalCount":
                return lambda _: self._total()
            case _:
                return lambda _: self.compiler.json.text(f"{self.one.name}Connection")

    def _nodes(self, key: str, group: list[FieldNode]) -> Member:
        place = self.outer.under(key)
        return self._column(self._node(group, place))

    def _edges(self, key: str, group: list[FieldNode]) -> Member:
        name = f"{self.one.name}Edge"
        items = []
        for inner, nodes in self.compiler.document.fields(name, group).items():
            match nodes[0].name.value:
                case "cursor":
                    items.append((inner, self._cursor()))
                case "node":
                    items.append((inner, self._node(nodes, self.outer.under(key).under(inner))))
                case _:
                    items.append((inner, self.compiler.json.text(name)))
        return self._column(self.compiler.json.object(items))

    def _node(self, group: list[FieldNode], place: "Outer") -> ColumnElement[Any]:
        items = self.compiler.items(self.one, group, self.rows, place)
        return self.compiler.json.row(items, None, (*self.outer.rows, self.rows))

    def _column(self, value: ColumnElement[Any]) -> Member:
        name = f"m{len(self.columns)}"
        self.columns.append(value.label(name))
        return lambda page: self.compiler.json.collected(page.c[name], page.c.i <= self.size)

    def _cursor(self) -> ColumnElement[Any]:
        return self.rows.c.path.concat(cast(self.rows.c.id, String))

    def _page(self) -> FromClause:
        order = self._order()
        number = func.row_number().over(order_by=order).label("i")
        statement: Select[Any] = select(*self.columns, self._cursor().label("c"), number)
        statement = statement.select_from(self.rows).where(*self.conditions, *self._after())
        page = statement.order_by(*order).limit(self.size + 1).correlate(*self.outer.rows).subquery()
        if not self.backward:
            return page
        return select(page).order_by(page.c.i.desc()).subquery()

    def _order(self) -> list[ColumnElement[Any]]:
        return [column.desc() if self._descending else column.asc() for column in self._keys(self.rows)]

    @property
    def _descending(self) -> bool:
        order = self.arguments.get("orderBy") or {}
        return (order.get("direction", "asc") == "desc") is not self.backward

    def _keys(self, rows: FromClause) -> list[ColumnElement[Any]]:
        order = self.arguments.get("orderBy")
        if not order:
            return [rows.c.path, rows.c.id]
        return [
            *(rows.c[name] for name in self.one.orderings[order["field"]].columns),
            rows.c.path,
            rows.c.id,
        ]

    def _after(self) -> list[ColumnElement[bool]]:
        given = self.arguments.get("before" if self.backward else "after")
        if given is None:
            return []
        keys = sql_tuple(*self._keys(self.rows))
        path = self.compiler.value(given, String(), lambda text: cursor.decode(text)[0])
        ident = self.compiler.value(given, Id(), lambda text: cursor.decode(text)[1])
        if not self.arguments.get("orderBy"):
            edge: Any = sql_tuple(path, ident)
        else:
            there = self.compiler.rows(self.one)
            seen = self.compiler.visible(self.one, there)
            edge = select(*self._keys(there)).where(there.c.id == ident, seen).scalar_subquery()
        return [keys < edge if self._descending else keys > edge]

    def _page_info(self, group: list[FieldNode], page: FromClause) -> ColumnElement[Any]:
        json = self.compiler.json
        more = func.count(page.c.i) > self.size
        numbered = cast(page.c.i + 1000, String).concat(page.c.c)
        within = page.c.i <= self.size
        first = func.substr(func.min(numbered).filter(within), 5)
        last = func.substr(func.max(numbered).filter(within), 5)
        came = true() if self.arguments.get("before" if self.backward else "after") is not None else ~true()
        known = {
            "hasNextPage": json.true(came if self.backward else more),
            "hasPreviousPage": json.true(more if self.backward else came),
            "startCursor": last if self.backward else first,
            "endCursor": first if self.backward else last,
            "__typename": json.text("PageInfo"),
        }
        selected = self.compiler.document.fields("PageInfo", group)
        return json.object([(key, known[nodes[0].name.value]) for key, nodes in selected.items()])

    def _total(self) -> ColumnElement[Any]:
        counted = select(func.count()).select_from(self.rows).where(*self.conditions)
        return counted.correlate(*self.outer.rows).scalar_subquery()

    def _conditions(self, declared: f.Connection, parent: FromClause | None) -> list[ColumnElement[bool]]:
        found = [self.compiler.visible(self.one, self.rows), *self._open(), *self._filters(), *self._search()]
        if declared.on is not None and parent is not None:
            found.append(declared.on(parent, self.rows))
        if (within := self.arguments.get("within")) is not None:
            found += self._within(within)
        for name, one in declared.filters.items():
            if (value := self.arguments.get(name)) is not None:
                found.append(self._filter(one, value))
        return found

    def _open(self) -> list[ColumnElement[bool]]:
        if self.one.open_column is None:
            return []
        current = self.compiler.current(self.one, self.rows)
        closed = bool((self.arguments.get("where") or {}).get("closed"))
        return [not_(current) if closed else current]

    def _filters(self) -> list[ColumnElement[bool]]:
        where = self.arguments.get("where") or {}
        return [
            self._filter(self.one.filters[name], value)
            for name, value in where.items()
            if name != "closed" and value is not None
        ]

    def _filter(self, one: f.Filter, value: Any) -> ColumnElement[bool]:
        if one.node_type is None:
            return one.condition(self.rows, self.compiler.value(value, bind_type(one.kind)))
        target = self.compiler.registry.node(one.node_type)
        if target is None:
            raise TypeError(f"no type has ids of {one.node_type}")
        there = self.compiler.rows(target)
        ident = self.compiler.id_value(value, one.node_type)
        known = select(there.c.id).where(there.c.id == ident, self.compiler.visible(target, there))
        return one.condition(self.rows, known.scalar_subquery())

    def _search(self) -> list[ColumnElement[bool]]:
        text = self.arguments.get("search")
        if text is None:
            return []
        query = self.compiler.value(text, String(), lambda words: query_tokens(words) or NO_WORD)
        return [has_tokens(self.rows.c.id, self.rows.c.search, query)]

    def _within(self, value: Any) -> list[ColumnElement[bool]]:
        compiler = self.compiler
        place = compiler.rows(compiler.registry.types["Grid"])
        known = compiler.visible(compiler.registry.types["Grid"], place)
        path = select(place.c.path).where(place.c.id == compiler.id_value(value, "grid"), known)
        low = path.scalar_subquery()
        high = select(func.substr(place.c.path, 1, func.length(place.c.path) - 1).concat("0"))
        high_value = high.where(place.c.id == compiler.id_value(value, "grid"), known).scalar_subquery()
        return [self.rows.c.path >= low, self.rows.c.path < high_value]


def _size(asked: Any) -> int:
    if isinstance(asked, Slot):
        asked = asked.sample
    return PAGE if asked is None else max(0, min(int(asked), MOST))
