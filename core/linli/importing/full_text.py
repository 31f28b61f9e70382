"""SQLite's full-text index of many new rows, made by one statement in the place of a trigger for each.

Each firing of a trigger makes FTS5 write out what it has gathered, one row; that takes forty times as long.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Table, text

TRIGGER: Final = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")


@contextmanager
def words_at_once(connection: Connection, table: Table) -> Iterator[None]:
    """Insert rows of a table without its trigger, if it has one; their words follow on leaving."""
    trigger = f"{table.name}_fts_insert"
    created = connection.execute(TRIGGER, {"name": trigger}).scalar_one_or_none()
    if created is None:
        yield
        return
    connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
    last = connection.exec_driver_sql(f"SELECT coalesce(max(rowid), 0) FROM {table.name}").scalar_one()  # noqa: S608 - a name of the model
    yield
    connection.exec_driver_sql(
        f"INSERT INTO {table.name}_fts (tokens, id) "  # noqa: S608 - same
        f"SELECT search, id FROM {table.name} WHERE rowid > ? AND search <> ''",
        (last,),
    )
    connection.exec_driver_sql(created)
