"""The one door to a database: writes in transactions, planned reads as text."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Engine
from sqlalchemy.engine import URL, make_url

T = TypeVar("T")
Work = Callable[[Connection], T]


class Unavailable(Exception):  # noqa: N818 - a state, not a mistake
    """The database cannot be reached now; the caller may try again."""


class Database(ABC):
    """A database that writes through SQLAlchemy on threads and reads planned text on its own driver.

    Attributes:
        engine: the write engine; `begin` is its only door.
        read_dialect: the dialect whose parameter style `fetch` takes.
        write_dialect: the dialect whose parameter style `look` takes.
    """

    engine: Engine
    read_dialect: Dialect
    write_dialect: Dialect

    @property
    def name(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a write transaction on this thread; it commits at the end, or rolls back on any exception."""
        with self.engine.begin() as connection:
            yield connection

    @abstractmethod
    async def run(self, work: Work[T]) -> T:
        """Run `work` in one write transaction off the event loop and return its result.

        Retries serialization failures and deadlocks a bounded number of times, so `work` may run more
        than once and must keep its effects in the database.

        Raises:
            Unavailable: the database cannot be reached.
        """

    @abstractmethod
    async def fetch(self, text: str, values: Sequence[Any], *, by_values: bool = False) -> tuple[Any, ...]:
        """Run one planned statement on the read side and return its only row.

        How it is best run is decided once for all values, or, where that depends on them, `by_values`.

        Raises:
            Unavailable: the database cannot be reached.
        """

    def look(self, connection: Connection, text: str, values: Sequence[Any]) -> tuple[Any, ...]:
        """Run one planned statement inside a write transaction and return its only row."""
        driver: Any = connection.connection.driver_connection
        row: tuple[Any, ...] = driver.execute(text, values).fetchone()
        return row

    def accepts(self, text: str, parameters: int) -> bool:  # noqa: ARG002 - for those that must look
        """Return whether the read side can parse a planned statement; SQLite has a bound to nesting."""
        return True

    @abstractmethod
    async def open(self) -> None:
        """Open the read side; call it once, on the event loop that will use it."""

    @abstractmethod
    async def close(self) -> None:
        """Close both sides."""


def open_database(url: str, *, pool: int = 4) -> Database:
    """Return the database of a URL: `sqlite:///file.db` or `postgresql://user@host/name`."""
    parsed: URL = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        from linli.database.sqlite import SqliteDatabase  # noqa: PLC0415 - each kind of database is loaded if used

        return SqliteDatabase(parsed.database or "")
    from linli.database.postgresql import PostgresDatabase  # noqa: PLC0415 - as above, only if used

    return PostgresDatabase(parsed, pool)
