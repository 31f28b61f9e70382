"""SQL that SQLite and PostgreSQL write differently, as SQLAlchemy elements compiled for each."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Condition(FunctionElement[bool]):
    """A condition; SQLite must not get `= 1` behind it, which would keep it from its index."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: object = None) -> "Condition":  # noqa: ARG002 - SQLAlchemy's signature
        """Return itself: it compiles to something in brackets."""
        return self


class any_of(Condition):  # noqa: N801 - reads as SQL does
    """`column` is one of the values of a list bound as one parameter: any_of(column, list)."""

    inherit_cache = True


class in_ranges(Condition):  # noqa: N801 - reads as SQL does
    """`path` lies in one of the ranges of two lists bound as parameters: in_ranges(path, lows, highs)."""

    inherit_cache = True


class ranges(FunctionElement[str]):  # noqa: N801 - reads as SQL does
    """The rows (low, high) of two lists bound as parameters, for FROM: ranges(lows, highs)."""

    inherit_cache = True


class has_tokens(Condition):  # noqa: N801 - reads as SQL does
    """The row's search tokens hold all of the query's: has_tokens(id column, search column, query)."""

    inherit_cache = True


class key_in_path(Condition):  # noqa: N801 - reads as SQL does
    """`key` is one of the keys along `path`: key_in_path(key, path)."""

    inherit_cache = True


def parts(element: FunctionElement[Any]) -> list[ColumnElement[Any]]:
    return list(element.clauses)


@compiles(any_of, "postgresql")
def _any_of_postgresql(element: any_of, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = parts(element)
    return f"({compiler.process(column, **kw)} = ANY({compiler.process(values, **kw)}))"


@compiles(any_of, "sqlite")
def _any_of_sqlite(element: any_of, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = parts(element)
    return (
        f"({compiler.process(column, **kw)} IN "
        f"(SELECT value FROM json_each({compiler.process(values, **kw)})))"
    )


@compiles(in_ranges, "postgresql")
def _in_ranges_postgresql(element: in_ranges, compiler: SQLCompiler, **kw: Any) -> str:
    path, lows, highs = (compiler.process(part, **kw) for part in parts(element))
    return (
        f"EXISTS (SELECT 1 FROM unnest({lows}, {highs}) AS reach(low, high) "
        f'WHERE {path} >= reach.low COLLATE "C" AND {path} < reach.high COLLATE "C")'
    )


@compiles(in_ranges, "sqlite")
def _in_ranges_sqlite(element: in_ranges, compiler: SQLCompiler, **kw: Any) -> str:
    path, lows, highs = (compiler.process(part, **kw) for part in parts(element))
    return (
        f"EXISTS (SELECT 1 FROM json_each({lows}) AS low JOIN json_each({highs}) AS high "
        f"ON low.key = high.key WHERE {path} >= low.value AND {path} < high.value)"
    )


@compiles(ranges, "postgresql")
def _ranges_postgresql(element: ranges, compiler: SQLCompiler, **kw: Any) -> str:
    lows, highs = (compiler.process(part, **kw) for part in parts(element))
    return f"(SELECT low, high FROM unnest({lows}, {highs}) AS reach(low, high))"


@compiles(ranges, "sqlite")
def _ranges_sqlite(element: ranges, compiler: SQLCompiler, **kw: Any) -> str:
    lows, highs = (compiler.process(part, **kw) for part in parts(element))
    return (
        f"(SELECT low.value AS low, high.value AS high FROM json_each({lows}) AS low "
        f"JOIN json_each({highs}) AS high ON low.key = high.key)"
    )


@compiles(has_tokens, "postgresql")
def _has_tokens_postgresql(element: has_tokens, compiler: SQLCompiler, **kw: Any) -> str:
    _, search, query = (compiler.process(part, **kw) for part in parts(element))
    return f"(string_to_array({search}, ' ') @> string_to_array({query}, ' '))"


@compiles(has_tokens, "sqlite")
def _has_tokens_sqlite(element: has_tokens, compiler: SQLCompiler, **kw: Any) -> str:
    column, search, query = parts(element)
    table = search.table
    index = f"{getattr(table, 'element', table).name}_fts"
    return (
        f"({compiler.process(column, **kw)} IN "
        f"(SELECT id FROM {index} WHERE {index} MATCH {compiler.process(query, **kw)}))"
    )


@compiles(key_in_path, "postgresql")
def _key_in_path_postgresql(element: key_in_path, compiler: SQLCompiler, **kw: Any) -> str:
    key, path = (compiler.process(part, **kw) for part in parts(element))
    return f"({key} = ANY (string_to_array(trim(BOTH '/' FROM {path}), '/')::int[]))"


@compiles(key_in_path, "sqlite")
def _key_in_path_sqlite(element: key_in_path, compiler: SQLCompiler, **kw: Any) -> str:
    key, path = (compiler.process(part, **kw) for part in parts(element))
    keys = f"'[' || replace(trim({path}, '/'), '/', ',') || ']'"
    return f"({key} IN (SELECT value FROM json_each({keys})))"
