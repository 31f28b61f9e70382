"""Pages of connections, cut in Python out of the whole sorted list."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from linli.clock import today
from linli.ids import split_public_id
from linli.search import query_tokens
from linli_graphql.declare import fields as f
from linli_graphql.declare.registry import Registry
from tests.policies.worlds import Row
from tests.support.fuzz.judge import Judge
from tests.support.fuzz.tables import Tables, bound, cursor_of

USUAL, MOST = 20, 200
Parent = tuple[f.ObjectType, Row] | None


@dataclass(frozen=True)
class Page:
    """The rows of a page in order, how many there are in all, and its borders."""

    one: f.ObjectType
    rows: list[Row]
    total: int
    info: dict[str, Any]
    depth: int


@dataclass
class Pager:
    """Makes pages for one caller."""

    registry: Registry
    tables: Tables
    judge: Judge

    def page(
        self, key: Any, declared: f.Connection, parent: Parent, arguments: dict[str, Any], depth: int
    ) -> Page:
        """Return a page as the arguments ask for it."""
        one = self.registry.types[declared.target]
        rows = self._all(key, one, declared, parent, arguments)
        rows, keys = self._sorted(one, rows, arguments)
        inner = [row for row in rows if self._inside(one, keys, row, arguments)]
        backward = arguments.get("last") is not None
        size = _size(arguments.get("last") if backward else arguments.get("first"))
        cut = (inner[-size:] if size else []) if backward else inner[:size]
        came, goes = arguments.get("after") is not None, arguments.get("before") is not None
        more = len(inner) > size
        info = {
            "hasNextPage": goes if backward else more,
            "hasPreviousPage": more if backward else came,
            "startCursor": cursor_of(one, cut[0]) if cut else None,
            "endCursor": cursor_of(one, cut[-1]) if cut else None,
        }
        return Page(one, cut, len(rows), info, depth)

    def related(self, key: Any, whose: f.ObjectType, one: f.ObjectType, on: Any, row: Row) -> list[Row]:
        """Return all rows to which a relation leads from a row."""
        return self.tables.related(key, self.tables.table(whose), one, on).get(row["id"], [])

    def current(self, one: f.ObjectType, row: Row) -> bool:
        """Whether a row is open; one that ends on a day to come still is."""
        end = row[one.open_column] if one.open_column else None
        return end is None or (type(end) is date and end > today())

    def _all(
        self, key: Any, one: f.ObjectType, declared: f.Connection, parent: Parent, arguments: dict[str, Any]
    ) -> list[Row]:
        rows = self.tables.rows(one)
        if declared.on is not None and parent is not None:
            rows = self.related(key, parent[0], one, declared.on, parent[1])
        rows = [row for row in rows if self.judge.sees(one, row)]
        where = dict(arguments.get("where") or {})
        closed = bool(where.pop("closed", False))
        if one.open_column is not None:
            rows = [row for row in rows if self.current(one, row) is not closed]
        for name, value in where.items():
            if name in one.lookups:
                # The world's values are made up and not sealed, so nobody has the one that is looked up.
                rows = rows if value is None else []
            else:
                rows = self._filtered(one, one.filters[name], rows, value)
        for name, extra in declared.filters.items():
            rows = self._filtered(one, extra, rows, arguments.get(name))
        return self._searched(self._within(rows, arguments.get("within")), arguments.get("search"))

    def _filtered(self, one: f.ObjectType, extra: f.Filter, rows: list[Row], value: Any) -> list[Row]:
        if value is None:
            return rows
        if extra.node_type is not None:
            value = self._seen_id(extra.node_type, value)
        ids = self.tables.once(
            (one.name, id(extra), value),
            lambda: self.tables.meeting(one, lambda of: extra.condition(of, bound(extra.kind, value))),
        )
        return [row for row in rows if row["id"] in ids]

    def _seen_id(self, node_type: str, value: str) -> str | None:
        row = self._seen_row(node_type, value)
        return row["id"] if row else None

    def _seen_row(self, node_type: str, value: str) -> Row | None:
        one, parts = self.registry.node(node_type), split_public_id(value)
        row = self.tables.row(one, parts[1]) if one and parts and parts[0] == node_type else None
        return row if one and row and self.judge.sees(one, row) else None

    def _within(self, rows: list[Row], place: str | None) -> list[Row]:
        if place is None:
            return rows
        grid = self._seen_row("grid", place)
        return [row for row in rows if grid is not None and row["path"].startswith(grid["path"])]

    def _searched(self, rows: list[Row], text: str | None) -> list[Row]:
        if text is None:
            return rows
        wanted = (query_tokens(text) or "").split()
        return [row for row in rows if wanted and {*wanted} <= {*row["search"].split()}]

    def _sorted(
        self, one: f.ObjectType, rows: list[Row], arguments: dict[str, Any]
    ) -> tuple[list[Row], tuple[str, ...]]:
        order = arguments.get("orderBy")
        if one.part_of is not None:
            key = one.part_of.key
            return sorted(rows, key=lambda row: str(row[key]), reverse=True), (key,)
        keys = ("path", "id") if not order else (*one.orderings[order["field"]].columns, "path", "id")
        turned = order is not None and order["direction"] == "desc"
        return sorted(rows, key=lambda row: [row[key] for key in keys], reverse=turned), keys

    def _inside(self, one: f.ObjectType, keys: tuple[str, ...], row: Row, arguments: dict[str, Any]) -> bool:
        turned = one.part_of is not None or (arguments.get("orderBy") or {}).get("direction") == "desc"
        here = [row[key] for key in keys]
        for name, later in (("after", True), ("before", False)):
            if (cursor := arguments.get(name)) is not None:
                edge = self._edge(one, keys, cursor, ordered=bool(arguments.get("orderBy")))
                if edge is None or not ((here > edge) if later is not turned else (here < edge)):
                    return False
        return True

    def _edge(self, one: f.ObjectType, keys: tuple[str, ...], cursor: str, *, ordered: bool) -> Any:
        """Where a cursor stands; of an order by other columns only a row that the caller sees tells it."""
        path, ident = cursor[:-36], cursor[-36:]
        if one.part_of is not None:
            return [ident]
        if not ordered:
            return [path, ident]
        row = self.tables.row(one, ident)
        return [row[key] for key in keys] if row and self.judge.sees(one, row) else None


def _size(asked: int | None) -> int:
    return USUAL if asked is None else max(0, min(asked, MOST))
