"""Reading a database as of one moment, while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, event, text

from linli.database.database import Database


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """Open a read-only transaction that sees one moment; it holds no writer up."""
    if database.name == "postgresql":
        with database.begin() as connection:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield connection
        return
    # The database's own engine begins every transaction as a writer.
    reader = create_engine(database.engine.url, connect_args={"isolation_level": None, "timeout": 10})
    event.listen(reader, "begin", _begin_reading)
    try:
        with reader.begin() as connection:
            yield connection
    finally:
        reader.dispose()


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA query_only=ON")
    connection.exec_driver_sql("BEGIN")
