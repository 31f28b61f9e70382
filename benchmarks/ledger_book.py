"""A book that is measured: a community, its residents, an account for each, and the book's own account."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from linli_plugins import ledger
from linli_plugins.ledger import models
from sqlalchemy import Connection, insert

from benchmarks import postgres
from linli import model as t
from linli.clock import now
from linli.context import Context
from linli.database.database import Database, open_database
from linli.database.migrate import CORE_LINE, MigrationLine, migrate
from linli.database.together import together
from linli.ids import uuid7
from linli.importing.bulk import bulk_insert, new_ids
from linli.policy import Actor

LINE: Final = MigrationLine("ledger", Path(ledger.__file__).parent / "migrations")
GRID_COLUMNS: Final = ("id", "key", "path", "name", "level", "spine")


@dataclass(frozen=True)
class Book:
    """A book, the account from which points are issued, and the accounts of its members."""

    database: Database
    url: str
    id: str
    issue: str
    members: Sequence[str]

    def do(self, work: Any) -> Any:
        """Do something in a transaction of its own and return what it gives."""
        with self.database.begin() as connection:
            ctx = context(connection)
            done = work(ctx)
            together(connection, ctx.traces)
        return done


def context(connection: Connection) -> Context:
    """Return a context without policy and key: measured is what comes after both."""
    nothing: Any = None
    return Context(connection, Actor(name="bench"), nothing, nothing)


@contextmanager
def fresh_book(name: str, size: int) -> Iterator[Book]:
    """Yield a book with so many members in an empty database, which goes away afterwards."""
    with tempfile.TemporaryDirectory(prefix="linli-ledger-") as folder:
        scratch = Path(folder)
        if name == "sqlite":
            yield _filled(f"sqlite:///{scratch / 'place.db'}", size)
            return
        scratch.chmod(0o755)
        with postgres.running(scratch / "cluster") as server:
            with psycopg.connect(server.url(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE ledger TEMPLATE template0")
            book = _filled(server.url("ledger"), size)
            try:
                yield book
            finally:
                book.database.engine.dispose()


def _filled(url: str, size: int) -> Book:
    database = open_database(url)
    migrate(database, [CORE_LINE, LINE])
    at, (grid, book, issue) = now(), (uuid7() for _ in range(3))
    people, members = list(new_ids(size)), list(new_ids(size))
    made = {"created_at": at, "updated_at": at, "valid_from": at}
    here = made | {"grid_id": grid, "path": "/1/"}
    with database.begin() as connection:
        place = {"id": grid, "key": 1, "path": "/1/", "name": "社区", "level": "community"}
        place |= {"spine": True, "code_scheme": "local", "search": ""}
        connection.execute(insert(t.grid), place | made)
        rows = [(one, "王一") for one in people]
        bulk_insert(connection, t.resident, ("id", "name"), rows, here)
        values = {"id": book, "name": "邻里积分", "unit": "points"}
        connection.execute(insert(models.book), values | here)
        columns = ("id", "kind", "resident_id", "lower_limit")
        accounts = [(issue, "issue", None, None)]
        accounts += [(one, "member", who, 0) for one, who in zip(members, people, strict=True)]
        bulk_insert(connection, models.account, columns, accounts, here | {"book_id": book, "balance": 0})
    if database.name == "postgresql":
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
    return Book(database, url, book, issue, members)
