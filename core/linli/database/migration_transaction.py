"""The transaction of one migration: alone in the database, and all or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, func, select

from linli.database.database import Database
from linli.database.migration_errors import MigrationError

OTHERS_SECONDS: Final = 600  # how long to wait for another process that migrates
LOCK_SECONDS: Final = 10  # how long a change may queue for a table, with all later queries behind it
BUSY_TIMEOUT: Final = f"PRAGMA busy_timeout={OTHERS_SECONDS * 1000}"
ADVISORY_KEY: Final = int.from_bytes(b"linli-mg", "big")

Waiting = Callable[[], None]


def reading(database: Database) -> Connection:
    """Open a connection that only looks.

    It is not the write engine's own, whose transactions take SQLite's one lock as they begin: a look would
    wait for whoever migrates.
    """
    engine = database.engine
    return Engine(engine.pool, engine.dialect, engine.url).connect()


@contextmanager
def migration_transaction(database: Database, waiting: Waiting) -> Iterator[Connection]:
    """Open the transaction of one migration; `waiting` is called when another process migrates."""
    opened = _on_sqlite(database) if database.name == "sqlite" else _on_postgresql(database, waiting)
    with opened as connection:
        yield connection


@contextmanager
def _on_postgresql(database: Database, waiting: Waiting) -> Iterator[Connection]:
    with database.begin() as connection:
        _set(connection, "statement_timeout", "0")
        _set(connection, "idle_in_transaction_session_timeout", "0")
        _set(connection, "lock_timeout", f"{OTHERS_SECONDS}s")
        # Held by the transaction, not by the session: a pooler may hand the session to somebody else.
        if not connection.scalar(select(func.pg_try_advisory_xact_lock(ADVISORY_KEY))):
            waiting()
            connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_KEY)))
        _set(connection, "lock_timeout", f"{LOCK_SECONDS}s")
        yield connection


def _set(connection: Connection, name: str, value: str) -> None:
    connection.execute(select(func.set_config(name, value, True)))


@contextmanager
def _on_sqlite(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        connection.detach()  # closed at the end, so that no writer inherits a connection without keys
        _pragma(connection, BUSY_TIMEOUT)
        # Rebuilding a table drops the old one, and with it, silently, the rows that cascade from it.
        # Inside a transaction this pragma would do nothing.
        _pragma(connection, "PRAGMA foreign_keys=OFF")
        with connection.begin():
            triggers, roots = _triggers(connection), _roots(connection)
            yield connection
            _restore(connection, triggers, roots)
            _check_keys(connection)


def _pragma(connection: Connection, pragma: str) -> None:
    cursor = connection.connection.cursor()
    cursor.execute(pragma)
    cursor.close()


def _triggers(connection: Connection) -> dict[str, tuple[str, str]]:
    rows = connection.exec_driver_sql("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {name: (table, statement) for name, table, statement in rows}


def _roots(connection: Connection) -> dict[str, int]:
    rows = connection.exec_driver_sql("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'")
    return dict(map(tuple, rows))


def _restore(
    connection: Connection, before: dict[str, tuple[str, str]], roots_before: dict[str, int]
) -> None:
    """Make the triggers again that a table lost when it was rebuilt, for which SQLite takes a new page."""
    triggers, roots = _triggers(connection), _roots(connection)
    for name, (table, statement) in before.items():
        if name not in triggers and table in roots and roots[table] != roots_before.get(table):
            connection.exec_driver_sql(statement)


def _check_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql(
        'SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2'
    ).first()
    if broken is not None:
        table, parent, rows = broken
        raise MigrationError("migration.broken_keys", table=table, parent=parent, rows=rows)
