"""Making a backup while the place is served: one moment, one file, sealed."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, column, func, select, table
from sqlalchemy.exc import OperationalError

import linli
from linli import model as t
from linli.backup import postgresql, sqlite
from linli.backup.archive import ArchiveWriter, examined, writing
from linli.backup.errors import BackupError
from linli.backup.manifest import Manifest
from linli.clock import now
from linli.database.database import Database, Unavailable
from linli.database.migrate import CORE_LINE
from linli.database.migration_lines import CORE
from linli.database.sqlite import SqliteDatabase
from linli.deployment import Deployment
from linli.verify.snapshot import snapshot

Tell = Callable[[str, int, int], None]

DATABASE = "database"
SUFFIX = "__version"
HEADS = ("heads/newest", "heads/log")


@dataclass(frozen=True)
class _Making:
    """One backup being made."""

    opened: Deployment
    archive: ArchiveWriter
    beside: Path
    tell: Tell

    def write(self) -> None:
        """Write all of it; heads come first, for a later one would name a link that is not in the rows."""
        for name, file in zip(HEADS, (self.opened.heads.path, self.opened.heads.log), strict=True):
            if file.exists():
                self.archive.stream(name, sqlite.pieces(file))
        if isinstance(self.opened.database, SqliteDatabase):
            self._from_sqlite(Path(self.opened.database.file))
        else:
            self._from_postgresql()

    def _from_sqlite(self, source: Path) -> None:
        made_at = now()
        try:
            sqlite.copy(source, self.beside, lambda done, total: self.tell("copy", done, total))
            tables = sqlite.tables(self.beside, lambda done, total: self.tell("tables", done, total))
            with _reading(self.beside) as connection:
                state = {"revisions": _revisions(connection, tables), "sealed": _sealed(connection)}
            size, done = self.beside.stat().st_size, 0

            def pieces() -> Iterator[bytes]:
                nonlocal done
                for piece in sqlite.pieces(self.beside):
                    done += len(piece)
                    self.tell("seal", done, size)
                    yield piece

            self.archive.stream(DATABASE, pieces())
        finally:
            for suffix in ("", "-wal", "-shm", "-journal"):
                self.beside.with_name(self.beside.name + suffix).unlink(missing_ok=True)
        self._close(made_at=made_at, tables=tables, **state)

    def _from_postgresql(self) -> None:
        made_at = now()
        with snapshot(self.opened.database) as connection:
            driver: Any = connection.connection.driver_connection
            postgresql.settle(driver)
            tables, names = {}, postgresql.table_names(driver)
            for number, name in enumerate(names):
                self.tell("tables", number, len(names))
                reading = postgresql.Reading(driver, name)
                self.archive.stream(f"tables/{name}", reading.pieces())
                tables[name] = reading.state
            state = {"revisions": _revisions(connection, tables), "sealed": _sealed(connection)}
            last_values = postgresql.sequences(driver)
        self._close(made_at=made_at, tables=tables, sequences=last_values, **state)

    def _close(self, **values: Any) -> None:
        opened = self.opened
        manifest = Manifest(
            linli=linli.__version__, place=opened.config.place.name, kind=opened.database.name, **values
        )
        self.archive.manifest(manifest)


def back_up(opened: Deployment, target: Path, key: bytes, tell: Tell = lambda *_: None) -> Manifest:
    """Write a backup, read it again whole, and return what it says of itself.

    Whoever writes meanwhile is not held up; every write that was acknowledged before the call is in it. It
    appears under its name only once it is on the disk.

    Raises:
        BackupError: the file is there already or cannot be written.
        Unavailable: the database cannot be reached.
    """
    if target.exists():
        raise BackupError("backup.file_exists", file=target)
    part = target.with_name(f".{target.name}.part")
    try:
        with _private(part) as file, writing(file, key) as archive:
            _Making(opened, archive, target.with_name(f".{target.name}.copy"), tell).write()
        manifest = examined(part, key)
        part.rename(target)
        _settle_folder(target.parent)
    except OSError as error:
        raise BackupError("backup.unwritable", file=target, reason=error.strerror) from error
    except OperationalError as error:
        raise Unavailable(str(error.orig)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return manifest


@contextmanager
def _private(file: Path) -> Iterator[IO[bytes]]:
    """Open a new file that only its owner can read; at the end it is on the disk."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        yield opened
        opened.flush()
        os.fsync(opened.fileno())


def _settle_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _reading(file: Path) -> Iterator[Connection]:
    database: Database = SqliteDatabase(str(file))
    try:
        with snapshot(database) as connection:
            yield connection
    finally:
        database.engine.dispose()


def _revisions(connection: Connection, tables: Iterable[str]) -> dict[str, str]:
    """Return the state of every line that has tables, those of disabled plugins too."""
    lines = {CORE: CORE_LINE.version_table}
    lines |= {name.removesuffix(SUFFIX): name for name in tables if name.endswith(SUFFIX)}
    found = {}
    for line, name in lines.items():
        version = table(name, column("version_num"))
        for head in connection.execute(select(version.c.version_num)).scalars():
            found[line] = str(head)
    return found


def _sealed(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(t.seal.c.number), 0))).scalar_one())
