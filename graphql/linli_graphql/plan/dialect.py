"""JSON built by the database: one vocabulary, two spellings.

On PostgreSQL a sub-select's row becomes the object; on SQLite `json_object` builds it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Select, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.sql.selectable import NamedFromClause

Item = tuple[str, ColumnElement[Any]]

# SQLite 3.40 takes 127 arguments to a function: pairs beyond this go into further objects, merged.
PAIRS = 60


def constant(value: int) -> ColumnElement[int]:
    """Return a number written into the statement: of a bound LIMIT the database would know nothing."""
    return literal(value, Integer, literal_execute=True)


class JsonBuilder:
    """Builds objects and arrays in the spelling of one database."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    def row(
        self, items: Sequence[Item], source: Select[Any] | None, outer: Sequence[FromClause]
    ) -> ColumnElement[Any]:
        """Return one object as a scalar sub-select; null where `source` has no row.

        `source` gives FROM, WHERE and LIMIT; None means an object of expressions over outer rows.
        """
        if not items:
            return self.object(()) if source is None else self._of_nothing(source, outer).scalar_subquery()
        if self.dialect == "postgresql":
            base: Select[Any] = select() if source is None else source
            inner = base.with_only_columns(*self._labelled(items), maintain_column_froms=True)
            rows = inner.correlate(*outer).subquery()
            return select(func.row_to_json(rows.table_valued(), type_=JSON())).scalar_subquery()
        # No level is spent that is not needed, and the JSON subtype of a value outlives a scalar sub-select.
        if source is None:
            return self.object(items)
        value = source.with_only_columns(self.object(items), maintain_column_froms=True)
        return value.correlate(*outer).scalar_subquery()

    def beside(self, items: Sequence[Item], outer: Sequence[FromClause]) -> NamedFromClause | None:
        """Return an object for each of the outer rows as something to select from beside them.

        That spares a sub-select for each row. SQLite has no LATERAL, and `row` serves it as well.
        """
        if self.dialect != "postgresql" or not items:
            return None
        return select(*self._labelled(items)).correlate(*outer).lateral()

    def array(
        self, items: Sequence[Item], source: Select[Any], outer: Sequence[FromClause]
    ) -> ColumnElement[Any]:
        """Return an array of objects, in the order of `source`, as a scalar sub-select; empty for no row."""
        if self.dialect == "postgresql":
            if items:
                inner = source.with_only_columns(*self._labelled(items), maintain_column_froms=True)
                every = func.json_agg(inner.correlate(*outer).subquery().table_valued())
            else:
                every = func.json_agg(self._of_nothing(source, outer).subquery().c.item)
            return select(func.coalesce(every, literal_column("'[]'::json"), type_=JSON())).scalar_subquery()
        inner = source.with_only_columns(self.object(items).label("item"), maintain_column_froms=True)
        rows = inner.correlate(*outer).subquery()
        return select(func.json_group_array(func.json(rows.c.item))).scalar_subquery()

    def _of_nothing(self, source: Select[Any], outer: Sequence[FromClause]) -> Select[Any]:
        """Return the empty object for each row: all that was selected has been skipped."""
        empty = self.object(()).label("item")
        return source.with_only_columns(empty, maintain_column_froms=True).correlate(*outer)

    def object(self, items: Sequence[Item]) -> ColumnElement[Any]:
        """Return an object of expressions of the same row."""
        if self.dialect == "postgresql":
            return func.json_build_object(*_flat(items), type_=JSON())
        whole: ColumnElement[Any] = func.json_object(*_flat(items[:PAIRS]))
        for start in range(PAIRS, len(items), PAIRS):
            pairs = items[start : start + PAIRS]
            arguments = [part for key, value in pairs for part in (_quoted(f'$."{key}"'), value)]
            whole = func.json_insert(whole, *arguments)
        return whole

    @property
    def shallow(self) -> bool:
        """Whether nesting is to be spared: SQLite's parser has a stack of 100 places."""
        return self.dialect == "sqlite"

    def collected(
        self, value: ColumnElement[Any], condition: ColumnElement[bool] | None
    ) -> ColumnElement[Any]:
        """Return the array, over all rows, of the values for which the condition holds."""
        if self.dialect == "postgresql":
            every: Any = func.json_agg(value)
            chosen = every if condition is None else every.filter(condition)
            return func.coalesce(chosen, literal_column("'[]'::json"), type_=JSON())
        each = func.json_group_array(func.json(value))
        return each if condition is None else each.filter(condition)

    def true(self, value: ColumnElement[bool]) -> ColumnElement[Any]:
        """Return a condition as a JSON boolean."""
        if self.dialect == "postgresql":
            return value
        return func.json(func.iif(value, literal_column("'true'"), literal_column("'false'")))

    def null(self) -> ColumnElement[Any]:
        """Return JSON null."""
        return literal_column("NULL::json" if self.dialect == "postgresql" else "NULL")

    def text(self, value: str) -> ColumnElement[Any]:
        """Return a constant string; names of types and states only, never a client's text."""
        return literal_column(f"'{value}'::text" if self.dialect == "postgresql" else f"'{value}'")

    @staticmethod
    def _labelled(items: Sequence[Item]) -> list[ColumnElement[Any]]:
        return [value.label(key) for key, value in items]


def _quoted(text: str) -> ColumnElement[Any]:
    return literal_column(f"'{text}'")


def _flat(items: Sequence[Item]) -> list[ColumnElement[Any]]:
    # Response keys match /[_A-Za-z][_0-9A-Za-z]*/, hidden ones add dots: safe between quotes.
    return [part for key, value in items for part in (_quoted(key), value)]
