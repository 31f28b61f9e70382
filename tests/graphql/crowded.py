"""A PostgreSQL with so many made-up rows in every listed table that its planner must choose as in a city."""

from collections.abc import Iterable

from sqlalchemy import Column, Table
from sqlalchemy.types import JSON, Boolean, Date, LargeBinary, String

from linli.database.database import Database
from linli.model.types import Id, Instant

ROWS = 20_000
FEWER = {"core_party_branch": 4_000, "core_organization": 2_000}  # each has many members
PATHS = "'/1/' || mod(n, 9) + 2 || '/' || mod(n, 90) + 20 || '/' || mod(n, 2000) + 200 || '/'"

FIXED = {
    Boolean: "false",
    Instant: "now()",
    Date: "current_date",
    LargeBinary: "''::bytea",
    JSON: "'{}'::jsonb",
}


def crowd(database: Database, tables: Iterable[Table]) -> None:
    """Fill tables, keys between them unheeded, and let the planner count."""
    with database.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in tables:
            connection.exec_driver_sql(_filling(table))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _filling(table: Table) -> str:
    values = {column.name: _value(column) for column in table.c}
    columns, chosen = ", ".join(values), ", ".join(values.values())
    rows = FEWER.get(table.name, ROWS)
    return f"INSERT INTO {table.name} ({columns}) SELECT {chosen} FROM generate_series(100, {rows}) AS n"


def _value(column: Column[object]) -> str:
    if column.name in ("path", "tree_path"):
        return PATHS
    if column.name in ("valid_to", "until", "dispatched_at"):
        return "NULL"
    if column.name == "search":
        return "'甲 甲乙 ' || chr(20000 + mod(n, 500))"
    if column.primary_key or column.unique or _unique(column):
        return "gen_random_uuid()" if isinstance(column.type, Id) else "n"
    return _common(column)


def _common(column: Column[object]) -> str:
    """Return a value that many rows share."""
    kind = column.type
    if isinstance(kind, Id):
        return "lpad((mod(n, 2000))::text, 32, '0')::uuid"
    if isinstance(kind, String):
        return f"left('x' || mod(n, 50), {kind.length or 20})"
    for known, value in FIXED.items():
        if isinstance(kind, known):
            return value
    return "NULL" if column.nullable else "1"


def _unique(column: Column[object]) -> bool:
    return any(index.unique and column.name in index.columns for index in column.table.indexes)
