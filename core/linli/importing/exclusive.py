"""One import of a kind at a time, whatever happens to the process."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from linli.database.database import Database


class ImportRunning(Exception):  # noqa: N818 - a state, not a mistake
    """Another import of the same kind is at work."""


@contextmanager
def only_import(database: Database, kind: str) -> Iterator[None]:
    """Hold the right to import a kind of file; after a crash, system or server gives it back.

    Raises:
        ImportRunning: another process holds it.
    """
    if database.name == "postgresql":
        number = zlib.crc32(f"linli.import.{kind}".encode())
        # A transaction of its own: a lock of the session would not survive a pooler such as PgBouncer.
        with database.engine.begin() as connection:
            if not connection.execute(select(func.pg_try_advisory_xact_lock(number))).scalar_one():
                raise ImportRunning
            yield
    else:
        with _file_lock(Path(f"{database.engine.url.database}-import-{kind}")):
            yield


@contextmanager
def _file_lock(file: Path) -> Iterator[None]:
    try:
        import fcntl  # noqa: PLC0415 - not on every system; without it SQLite's own lock parts the batches
    except ImportError:
        yield
        return
    with file.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ImportRunning from None
        yield
