"""Emptying declared columns: what erasure and the retention job have in common."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Table,
    cast,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.types import String

from linli.privacy.declared import PersonalField, PersonalTable

SIGN: Final = "#"
TAIL: Final = 25  # where the last twelve digits of an id begin; they are random


def emptied(one: PersonalTable, field: PersonalField) -> tuple[Any, ColumnElement[bool]] | None:
    """Return the value that a column gets, and which rows lack it yet; None where nothing is to be done."""
    column = one.table.c[field.column]
    if field.erase == "pseudonym" and field.column not in one.ways:
        sign = literal(SIGN).concat(func.substr(cast(one.table.c.id, String), TAIL))
        return sign, column != sign
    if field.erase != "null":
        return None
    if column.nullable:
        return null(), column.is_not(None)
    if isinstance(column.type, JSON):
        return {}, cast(column, String) != "{}"
    return "", column != ""


def empty_rows(
    connection: Connection,
    one: PersonalTable,
    fields: Iterable[PersonalField],
    rows: ColumnElement[bool],
    at: datetime,
    limit: int | None = None,
) -> int:
    """Empty columns of the rows that still hold something, at most `limit`; return how many those were."""
    wanted = {field.column: todo for field in fields if (todo := emptied(one, field)) is not None}
    if not wanted:
        return 0
    values = {name: value for name, (value, _) in wanted.items()} | _stamp(one.table, at)
    holding = or_(*(lacking for _, lacking in wanted.values()))
    chosen = _chosen(one.table, rows & holding, limit)
    return connection.execute(update(one.table).where(chosen).values(values)).rowcount


def delete_rows(
    connection: Connection, table: Table, rows: ColumnElement[bool], limit: int | None = None
) -> int:
    """Delete rows, at most `limit`; return how many there were."""
    return connection.execute(delete(table).where(_chosen(table, rows, limit))).rowcount


def _chosen(table: Table, rows: ColumnElement[bool], limit: int | None) -> ColumnElement[bool]:
    if limit is None:
        return rows
    key = list(table.primary_key.columns)
    some = select(*key).where(rows).order_by(*key).limit(limit)
    return key[0].in_(some) if len(key) == 1 else tuple_(*key).in_(some)


def _stamp(table: Table, at: datetime) -> dict[str, Any]:
    """Whoever has read a row before must see that it has changed."""
    if not {"version", "updated_at"} <= set(table.c.keys()):
        return {}
    return {"version": table.c.version + 1, "updated_at": at}
