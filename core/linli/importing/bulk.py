"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite, both in the caller's transaction."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from psycopg import sql
from sqlalchemy import Boolean, Connection, Dialect, Table, bindparam, insert
from sqlalchemy.types import JSON

T = TypeVar("T")
Values = tuple[Any, ...]
Encoder = Callable[[Any], Any]


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
    tail = _encoder(connection.dialect, table, tuple(fixed))(tuple(fixed.values()))
    full = (encode(row) + tail for row in rows)
    if connection.dialect.name == "postgresql":
        _copy(connection, table, names, full)
    else:
        statement = insert(table).values({name: bindparam(name) for name in names})
        text = str(statement.compile(dialect=connection.dialect, column_keys=names))
        # SQLAlchemy orders columns as the table does.
        order = [names.index(column.name) for column in table.c if column.name in names]
        connection.connection.cursor().executemany(text, (tuple([row[i] for i in order]) for row in full))


def _copy(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Values]) -> None:
    driver: Any = connection.connection.driver_connection
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _encoder(dialect: Dialect, table: Table, columns: Sequence[str]) -> Callable[[Values], Values]:
    encoders = [(i, encoder) for i, name in enumerate(columns) if (encoder := _of_column(dialect, table, name))]
    if not encoders:
        return lambda row: row

    def encode(row: Values) -> Values:
        values = list(row)
        for i, encoder in encoders:
            if values[i] is not None:
                values[i] = encoder(values[i])
        return tuple(values)

    return encode


def _of_column(dialect: Dialect, table: Table, name: str) -> Encoder | None:
    """What the driver needs done to a value; both drivers take text, numbers, bytes and booleans as they are."""
    kind = table.c[name].type
    if isinstance(kind, Boolean) or (dialect.name == "postgresql" and not isinstance(kind, JSON)):
        return None
    encoder: Encoder | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return encoder


def new_ids(count: int) -> Iterator[str]:
    """Return as many new UUIDv7 as asked for, several times faster than one by one."""
    moment = f"{int(time.time() * 1000):012x}"
    head = f"{moment[:8]}-{moment[8:]}-7"
    chance = os.urandom(10 * count).hex()
    for at in range(0, 20 * count, 20):
        variant = "89ab"[int(chance[at + 3], 16) & 3]
        yield f"{head}{chance[at:at + 3]}-{variant}{chance[at + 4:at + 7]}-{chance[at + 7:at + 19]}"


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Return the items in lists of `size`, the last one shorter."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
