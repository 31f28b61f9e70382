"""Connections: pages by keyset, counts of what the caller may see, and cursors."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from graphql import FieldNode
from sqlalchemy import ColumnElement, FromClause, cast, func, select, true
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.types import String

from linli_graphql.declare import fields as f
from linli_graphql.plan.dialect import Item, constant
from linli_graphql.plan.listing import Listing
from linli_graphql.plan.selection import Selection

if TYPE_CHECKING:
    from linli_graphql.plan.compiler import Compiler
    from linli_graphql.plan.parts import Outer

PAGE = 20
MOST = 200
TOTAL = 20  # how many rows a count is charged as
NOWHERE = "/0/"  # the path in a cursor of rows that have no place of their own


class BothEndsError(Exception):
    """A page was asked for from the start and from the end of a list at once."""


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
        if self.backward and arguments.get("first") is not None:
            raise BothEndsError
        self.size = _size(arguments["last"] if self.backward else arguments.get("first"))
        self.around = outer.factor
        self.outer = outer.times(self.size)
        compiler.spend(self.outer.factor)
        self.columns: list[ColumnElement[Any]] = []
        self.beside: list[FromClause] = []
        self.ends = False
        self.listing = Listing(compiler, declared, arguments, parent, self.outer.rows)

    def compile(self, nodes: list[FieldNode]) -> ColumnElement[Any]:
        """Return the connection as one JSON object."""
        selected = self.compiler.document.fields(f"{self.one.name}Connection", nodes)
        lists = any(_is_list(group) for group in selected.values())
        self.ends = (lists and self.backward) or any(self._asks_for_ends(one) for one in selected.values())
        if self.ends or (lists and self.compiler.json.shallow):
            return self._together(selected)
        items = [(key, self._apart(key, group)) for key, group in selected.items()]
        return self.compiler.json.row(items, None, self.outer.rows)

    def _apart(self, key: str, group: list[FieldNode]) -> ColumnElement[Any]:
        """Return a member that needs nothing of the others."""
        match group[0].name.value:
            case "nodes" | "edges" as name:
                self.beside = []
                order, items = self.listing.order(self.rows), self._items(name, key, group)
                rows = self.listing.page(self.rows, self.size).select_from(*self.beside)
                rows = rows.order_by(*order).limit(constant(self.size))
                return self.compiler.json.array(items, rows, self.outer.rows)
            case "totalCount":
                self.compiler.spend(self.around * TOTAL)
                return self.listing.count()
            case "pageInfo":
                return self._page_info(group, self.rows)
            case _:
                return self.compiler.json.text(f"{self.one.name}Connection")

    def _together(self, selected: Selection) -> ColumnElement[Any]:
        """Return the object of a page that is read once for all its members."""
        members = {key: self._member(key, group) for key, group in selected.items()}
        page = self._page()
        items = [(key, member(page)) for key, member in members.items()]
        return self.compiler.json.row(items, select().select_from(page), self.outer.rows)

    def _asks_for_ends(self, group: list[FieldNode]) -> bool:
        if group[0].name.value != "pageInfo":
            return False
        info = self.compiler.document.fields("PageInfo", group).values()
        return any(nodes[0].name.value not in ("__typename", self._given) for nodes in info)

    @property
    def _given(self) -> str:
        """The field of pageInfo that the arguments alone decide."""
        return "hasNextPage" if self.backward else "hasPreviousPage"

    def _member(self, key: str, group: list[FieldNode]) -> Member:
        match group[0].name.value:
            case "nodes" | "edges" as name:
                return self._collected(self._items(name, key, group))
            case "pageInfo":
                return lambda page: self._page_info(group, page)
            case _:
                return lambda _: self._apart(key, group)

    def _items(self, name: str, key: str, group: list[FieldNode]) -> list[Item]:
        """Return what each element of `nodes` or `edges` has."""
        place = self.outer.under(key)
        if name == "nodes":
            return self.compiler.items(self.one, group, self.rows, place)
        return [
            (inner, self._of_edge(nodes, place.under(inner)))
            for inner, nodes in self.compiler.document.fields(f"{self.one.name}Edge", group).items()
        ]

    def _of_edge(self, nodes: list[FieldNode], place: "Outer") -> ColumnElement[Any]:
        match nodes[0].name.value:
            case "cursor":
                return self._cursor()
            case "node":
                return self._object(self.compiler.items(self.one, nodes, self.rows, place))
            case _:
                return self.compiler.json.text(f"{self.one.name}Edge")

    def _object(self, items: list[Item]) -> ColumnElement[Any]:
        """Return an object for each row of the page."""
        json, around = self.compiler.json, (*self.outer.rows, self.rows)
        beside = json.beside(items, (*around, *self.beside))
        if beside is None:
            return json.row(items, None, around)
        self.beside.append(beside)
        return func.row_to_json(beside.table_valued(), type_=JSON())

    def _collected(self, items: list[Item]) -> Member:
        name = f"m{len(self.columns)}"
        json = self.compiler.json
        self.columns.append(self._object(items).label(name))
        return lambda page: json.collected(page.c[name], page.c.i <= self.size if self.ends else None)

    def _cursor(self) -> ColumnElement[Any]:
        if self.one.part_of is not None:
            return self.compiler.json.text(NOWHERE).concat(cast(self.rows.c[self.one.part_of.key], String))
        return self.rows.c.path.concat(cast(self.rows.c.id, String))

    def _page(self) -> FromClause:
        order, limit = self.listing.order(self.rows), self.size + self.ends
        rows = self.listing.page(self.rows, limit).select_from(*self.beside)
        rows = rows.order_by(*order).limit(constant(limit))
        if self.ends:
            number = func.row_number().over(order_by=order)
            self.columns += [self._cursor().label("c"), number.label("i")]
        statement = rows.with_only_columns(*self.columns, maintain_column_froms=True)
        page = statement.correlate(*self.outer.rows).subquery()
        if not self.backward:
            return page
        return select(page).order_by(page.c.i.desc()).subquery()

    def _page_info(self, group: list[FieldNode], page: FromClause) -> ColumnElement[Any]:
        selected = self.compiler.document.fields("PageInfo", group)
        return self.compiler.json.object(
            [(key, self._info(nodes[0].name.value, page)) for key, nodes in selected.items()]
        )

    def _info(self, name: str, page: FromClause) -> ColumnElement[Any]:
        json = self.compiler.json
        if name == "__typename":
            return json.text("PageInfo")
        if name == self._given:
            cursor = self.arguments.get("before" if self.backward else "after")
            return json.true(true() if cursor is not None else ~true())
        if name in ("hasNextPage", "hasPreviousPage"):
            return json.true(func.count(page.c.i) > self.size)
        numbered = cast(page.c.i + 1000, String).concat(page.c.c)
        outermost = func.min if (name == "startCursor") is not self.backward else func.max
        return func.substr(outermost(numbered).filter(page.c.i <= self.size), 5)


def _is_list(group: list[FieldNode]) -> bool:
    return group[0].name.value in ("nodes", "edges")


def _size(asked: Any) -> int:
    return PAGE if asked is None else max(0, min(int(asked), MOST))
