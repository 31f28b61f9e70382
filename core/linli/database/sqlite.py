"""SQLite: one writer thread, BEGIN IMMEDIATE, and short reads inline on a query-only connection."""

import asyncio
import math
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import OperationalError

from linli.database.database import Database, T, Unavailable, Work

# FULL makes a committed write survive a crash of the operating system, not only of the process.
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
)


INLINE_SECONDS = 0.05  # for which one read may hold up all others
LONGEST_SECONDS = 30.0
ASIDE = 2  # threads for reads that take longer
STEPS = 20_000  # of SQLite's machine between two looks at the clock: about a millisecond


class Patience:
    """Interrupts a connection's statement at an instant of the monotonic clock."""

    def __init__(self) -> None:
        self.end = math.inf

    def watch(self, connection: sqlite3.Connection) -> None:
        """Look at the clock while statements of a connection run."""
        connection.set_progress_handler(lambda: time.monotonic() > self.end, STEPS)


class SqliteDatabase(Database):
    """An embedded database in one file.

    All writes of the process queue on one thread: SQLite has one writer, and a queue in memory is fair
    and never answers "database is locked".
    """

    def __init__(self, file: str) -> None:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        self.engine = create_engine(
            f"sqlite:///{file}", connect_args={"isolation_level": None, "timeout": 10}
        )
        event.listen(self.engine, "connect", _configure)
        event.listen(self.engine, "begin", _begin_immediate)
        self.read_dialect = self.write_dialect = SQLiteDialect_pysqlite(paramstyle="qmark")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="linli-writer")
        self._reader: sqlite3.Connection | None = None
        self._prober: sqlite3.Connection | None = None
        self._inline = Patience()
        self._aside = ThreadPoolExecutor(ASIDE, thread_name_prefix="linli-reader")

    async def open(self) -> None:
        self._reader = self._open_reader()
        self._inline.watch(self._reader)
        # Statements are tried on another thread. Were the connection the same, each thread could wait for
        # ever: one for the connection and with the interpreter, the other, asked for the time, the reverse.
        self._prober = self._open_reader()

    def _open_reader(self) -> sqlite3.Connection:
        reader = sqlite3.connect(self.file, isolation_level=None, timeout=10, check_same_thread=False)
        reader.execute("PRAGMA query_only=ON")
        reader.execute("PRAGMA busy_timeout=10000")
        return reader

    async def run(self, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._transaction, work)

    def _transaction(self, work: Work[T]) -> T:
        try:
            with self.begin() as connection:
                return work(connection)
        except OperationalError as error:
            raise Unavailable(str(error.orig)) from error

    async def fetch(
        self,
        text: str,
        values: Sequence[Any],
        *,
        by_values: bool = False,  # noqa: ARG002 - SQLite never looks at values
    ) -> tuple[Any, ...]:
        if self._reader is None:
            raise Unavailable("the read side is not open")
        self._inline.end = time.monotonic() + INLINE_SECONDS
        try:
            row: tuple[Any, ...] = self._reader.execute(text, values).fetchone()
        except sqlite3.OperationalError as error:
            if not _is_interrupted(error):
                raise
            return await self._fetch_aside(text, values)
        finally:
            self._inline.end = math.inf
        return row

    async def _fetch_aside(self, text: str, values: Sequence[Any]) -> tuple[Any, ...]:
        """Begin a read anew on a thread: it has held up the event loop for as long as one may."""
        patience = Patience()

        def work() -> tuple[Any, ...]:
            with closing(self._open_reader()) as reader:
                patience.watch(reader)
                row: tuple[Any, ...] = reader.execute(text, values).fetchone()
                return row

        patience.end = time.monotonic() + LONGEST_SECONDS
        try:
            return await asyncio.get_running_loop().run_in_executor(self._aside, work)
        except sqlite3.OperationalError as error:
            raise Unavailable(str(error)) from error
        finally:
            patience.end = 0.0  # who is cancelled waits no longer, and the thread stops too

    def accepts(self, text: str, parameters: int) -> bool:
        if self._prober is None:
            return True
        try:
            self._prober.execute(f"EXPLAIN {text}", [None] * parameters)
        except sqlite3.OperationalError as error:
            if "parser stack overflow" in str(error):
                return False
            raise
        return True

    async def close(self) -> None:
        self._writer.shutdown(wait=True)
        self._aside.shutdown(wait=True, cancel_futures=True)
        for connection in filter(None, (self._reader, self._prober)):
            connection.close()
        self.engine.dispose()


def _is_interrupted(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin_immediate(connection: Connection) -> None:
    # The default BEGIN takes the write lock late; two transactions that both read first then lose updates.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
