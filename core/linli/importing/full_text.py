"""SQLite's full-text index of many new rows, made by one statement in the place of a trigger for each.

Each firing of a trigger makes FTS5 write out what it has gathered, one row; that takes forty times as long.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Integer, Table, column, func, insert, literal_column, select, text
from sqlalchemy import table as named_table

from linli.database.migration_sql import filled

TRIGGER: Final = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
ROWID: Final = literal_column("rowid", Integer)


@contextmanager
def words_at_once(connection: Connection, table: Table) -> Iterator[None]:
    """Insert rows of a table without its trigger, if it has one; their words follow on leaving."""
    created = connection.execute(TRIGGER, {"name": f"{table.name}_fts_insert"}).scalar_one_or_none()
    if created is None:
        yield
        return
    connection.execute(filled("DROP TRIGGER %(table)s_fts_insert", {"table": table.name}))
    last = connection.execute(select(func.coalesce(func.max(ROWID), 0)).select_from(table)).scalar_one()
    yield
    words = named_table(f"{table.name}_fts", column("tokens"), column("id"))
    added = select(table.c.search, table.c.id).where(last < ROWID, table.c.search != "")
    connection.execute(insert(words).from_select(["tokens", "id"], added))
    connection.exec_driver_sql(created)
