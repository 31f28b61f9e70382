"""Many rows at once: COPY on PostgreSQL, one statement on SQLite, in the caller's transaction."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final, TypeVar, cast

from psycopg import sql
from sqlalchemy import Boolean, Connection, Dialect, Table, text

from linli.importing.copy_text import copy_text
from linli.importing.full_text import words_at_once

T = TypeVar("T")
Values = tuple[Any, ...]
Encoder = Callable[[Any], Any]
END: Final = object()
AHEAD: Final = 6  # inserts that wait while the server is at work

BLOCK: Final = 0x4000
GROUPS: Final = tuple(f"{0x8000 | number:04x}" for number in range(BLOCK))


class BulkWriter:
    """Inserts rows into tables, in the order of the calls.

    On PostgreSQL a thread sends one lot while the caller makes the next; before anything else uses the
    connection, call `wait`.
    """

    def __init__(self, connection: Connection, thread: ThreadPoolExecutor | None) -> None:
        self._connection = connection
        self._thread = thread
        self._under_way: deque[Future[None]] = deque()

    def insert(
        self, table: Table, columns: Sequence[str], rows: Sequence[Values], constants: Mapping[str, Any]
    ) -> None:
        """Insert rows whose values stand in the order of `columns`; `constants` are the same in each row.

        A path must come from a grid's row that this transaction holds.
        """
        if not rows:
            return
        if self._connection.dialect.name != "postgresql":
            _insert(self._connection, table, columns, rows, constants)
            return
        lines = copy_text(table, columns, rows, constants)
        names = [*columns, *constants]
        if self._thread is None:
            _copy(self._connection, table, names, lines)
            return
        if len(self._under_way) >= AHEAD:
            self._under_way.popleft().result()
        self._under_way.append(self._thread.submit(_copy, self._connection, table, names, lines))

    def wait(self) -> None:
        """Return when all rows are inserted."""
        while self._under_way:
            self._under_way.popleft().result()


@contextmanager
def bulk_writer(connection: Connection) -> Iterator[BulkWriter]:
    """Write many lots; on leaving, nothing is under way any more."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="linli-copy")
    try:
        writer = BulkWriter(connection, thread)
        yield writer
        writer.wait()
    finally:
        thread.shutdown(cancel_futures=True)


def bulk_insert(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Values],
    constants: Mapping[str, Any] | None = None,
) -> None:
    """Insert one lot of rows; see `BulkWriter.insert`."""
    BulkWriter(connection, None).insert(table, columns, list(rows), constants or {})


def _copy(connection: Connection, table: Table, names: Sequence[str], lines: str) -> None:
    driver: Any = connection.connection.driver_connection
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(lines)


def _insert(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Values],
    constants: Mapping[str, Any],
) -> None:
    names = [*columns, *constants]
    places = ", ".join("?" * len(names))
    quote = connection.dialect.identifier_preparer.quote
    statement = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({places})"  # noqa: S608 - names of the model
    encode = _encoder(connection.dialect, table, columns)
    encode_tail = _encoder(connection.dialect, table, list(constants))
    tail = tuple(constants.values())
    tail = encode_tail(tail) if encode_tail else tail
    cursor: Any = connection.connection.cursor()
    with words_at_once(connection, table):
        cursor.executemany(statement, (row + tail for row in (map(encode, rows) if encode else rows)))


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
    if isinstance(kind, Boolean):
        return None
    encoder: Encoder | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return encoder


def new_ids(count: int) -> Iterator[str]:
    """Return as many new UUIDv7 as asked for, in order, so that indexes grow at their end.

    Behind the milliseconds stands a counter, behind it chance (RFC 9562, 6.2, method 1).
    """
    moment = f"{time.time_ns() // 1_000_000:012x}"
    chance = os.urandom(6 * count).hex("-", -6).split("-")
    for block, at in enumerate(range(0, count, BLOCK)):
        head = f"{moment[:8]}-{moment[8:]}-7{block:03x}"
        yield from [f"{head}-{group}-{tail}" for group, tail in zip(GROUPS, chance[at : at + BLOCK])]  # noqa: B905 - the last block is shorter


def look_up_by_index(connection: Connection) -> None:
    """Prepare a transaction that looks up and enters many keys in no order.

    PostgreSQL is kept from reading whole tables that it takes for small; SQLite keeps indexes in memory.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    else:
        connection.execute(text("PRAGMA cache_size = -128000"))


def ahead(items: Iterator[T], depth: int = 2) -> Iterator[T]:
    """Return items that a thread makes while the caller is at work with those before them.

    It pays where the caller waits for a database meanwhile.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="linli-ahead") as thread:
        under_way = deque(thread.submit(next, items, END) for _ in range(depth))
        while (item := under_way.popleft().result()) is not END:
            under_way.append(thread.submit(next, items, END))
            yield cast("T", item)


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Return the items in lists of `size`, the last one shorter."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
