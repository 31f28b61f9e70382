"""Many rows at once: COPY on PostgreSQL, one statement on SQLite, in the caller's transaction."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from psycopg import sql
from sqlalchemy import Boolean, Connection, Dialect, Table, bindparam, insert
from sqlalchemy.types import JSON

T = TypeVar("T")
Values = tuple[Any, ...]
Encoder = Callable[[Any], Any]

VARIANTS = {
    digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"
}  # two bits are fixed by RFC 9562


def bulk_insert(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Values],
    constants: Mapping[str, Any] | None = None,
) -> None:
    """Insert rows whose values stand in the order of `columns`; `constants` are the same in each row.

    Rows are taken one by one, so a generator works while the server does. A path must come from a grid's
    row that this transaction holds.
    """
    fixed = constants or {}
    names = [*columns, *fixed]
    encode = _encoder(connection.dialect, table, columns)
    tail = _encoded(connection.dialect, table, fixed)
    full = (row + tail for row in (map(encode, rows) if encode else rows))
    if connection.dialect.name == "postgresql":
        _copy(connection, table, names, full)
    else:
        statement = insert(table).values({name: bindparam(name) for name in names})
        text = str(statement.compile(dialect=connection.dialect, column_keys=names))
        # SQLAlchemy orders columns as the table does.
        order = itemgetter(*(names.index(column.name) for column in table.c if column.name in names))
        cursor: Any = connection.connection.cursor()
        cursor.executemany(text, map(order, full))


def _copy(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Values]) -> None:
    driver: Any = connection.connection.driver_connection
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _encoded(dialect: Dialect, table: Table, constants: Mapping[str, Any]) -> Values:
    encode = _encoder(dialect, table, tuple(constants))
    values = tuple(constants.values())
    return encode(values) if encode else values


def _encoder(dialect: Dialect, table: Table, columns: Sequence[str]) -> Callable[[Values], Values] | None:
    encoders = [
        (i, encoder) for i, name in enumerate(columns) if (encoder := _of_column(dialect, table, name))
    ]
    if not encoders:
        return None

    def encode(row: Values) -> Values:
        values = list(row)
        for i, encoder in encoders:
            if values[i] is not None:
                values[i] = encoder(values[i])
        return tuple(values)

    return encode


def _of_column(dialect: Dialect, table: Table, name: str) -> Encoder | None:
    """What the driver needs done to a value; text, numbers, bytes and booleans go as they are."""
    kind = table.c[name].type
    if isinstance(kind, Boolean) or (dialect.name == "postgresql" and not isinstance(kind, JSON)):
        return None
    encoder: Encoder | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return encoder


def new_ids(count: int) -> Iterator[str]:
    """Return as many new UUIDv7 as asked for, in order, so that indexes grow at their end."""
    moment = f"{int(time.time() * 1000):012x}"
    head = f"{moment[:8]}-{moment[8:]}-7"
    chance = os.urandom(10 * count).hex()
    parts = sorted(chance[at : at + 20] for at in range(0, 20 * count, 20))
    for part in parts:
        yield f"{head}{part[:3]}-{VARIANTS[part[3]]}{part[4:7]}-{part[7:19]}"


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Return the items in lists of `size`, the last one shorter."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
