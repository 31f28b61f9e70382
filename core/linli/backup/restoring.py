"""Restoring a backup into an empty place: it is proved whole first, and proved equal afterwards."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from time import monotonic
from typing import Any

from psycopg import DatabaseError
from sqlalchemy.exc import OperationalError

from linli.backup import postgresql, sqlite
from linli.backup.archive import MANIFEST, entries, examined
from linli.backup.errors import BackupError
from linli.backup.making import DATABASE, HEADS, Tell
from linli.backup.manifest import Manifest, TableState
from linli.clock import now
from linli.database.database import Database, Unavailable
from linli.database.migrate import migrate
from linli.database.migration_lines import read_scripts
from linli.database.sqlite import SqliteDatabase
from linli.deployment import Deployment, open_as_owner
from linli.traces.heads import HeadFile, read_heads

Streams = Iterator[tuple[str, Iterator[bytes]]]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: how old its state is, how long it took, and what its last signed entry was not told.

    `lost` is how many audit entries were signed on this machine after the backup was made.
    """

    manifest: Manifest
    age: timedelta
    seconds: float
    lost: int


def restore(opened: Deployment, source: Path, key: bytes, tell: Tell = lambda *_: None) -> Restored:
    """Restore a backup into an empty database of the same kind.

    The whole file is proved before anything is touched; afterwards each table must hash to what it did when
    the backup was made. On SQLite a restoration that fails leaves nothing; on PostgreSQL it may leave empty
    tables. Heads that are there are kept beside those of the backup.

    Raises:
        BackupError: the file is not whole, or does not fit here; then nothing was touched.
        MigrationError: the tables cannot be made.
        Unavailable: the database cannot be reached.
    """
    began = monotonic()
    tell("prove", 0, 0)
    manifest = examined(source, key)
    _check_fit(opened, manifest)
    owner = open_as_owner(opened)
    try:
        if isinstance(owner, SqliteDatabase):
            _into_sqlite(Path(owner.file), source, key, manifest, tell)
        else:
            _into_postgresql(owner, opened, source, key, manifest, tell)
    except OperationalError as error:
        raise Unavailable(type(error.orig).__name__) from error
    except DatabaseError as error:
        raise BackupError("backup.refused", reason=type(error).__name__) from error
    finally:
        owner.engine.dispose()
    lost = _put_heads(opened.heads, source, key, manifest)
    return Restored(manifest, now() - manifest.made_at, monotonic() - began, lost)


def _check_fit(opened: Deployment, manifest: Manifest) -> None:
    if manifest.kind != opened.database.name:
        raise BackupError("backup.other_kind", kind=manifest.kind, here=opened.database.name)
    known = {line.name: read_scripts(line).revisions for line in opened.migrations}
    missing = sorted(set(manifest.revisions) - set(known))
    if missing and manifest.kind == "postgresql":  # whose tables are made by their migrations
        raise BackupError("backup.plugins_missing", names=", ".join(missing))
    newer = [line for line, one in manifest.revisions.items() if line in known and one not in known[line]]
    if newer:
        raise BackupError("backup.newer", names=", ".join(newer), version=manifest.linli)
    read_heads(opened.heads)  # the deployment's key must be there before anything is written


def _into_sqlite(target: Path, source: Path, key: bytes, manifest: Manifest, tell: Tell) -> None:
    if not sqlite.is_empty(target):
        raise BackupError("backup.not_empty", place=target)
    beside = target.with_name(f".{target.name}.restoring")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for name, pieces in _streams(source, key):
                if name == DATABASE:
                    file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        sqlite.check(beside)
        _prove(manifest, sqlite.tables(beside, lambda done, total: tell("tables", done, total)))
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        beside.rename(target)
    except OSError as error:
        raise BackupError("backup.unwritable", file=target, reason=error.strerror) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _into_postgresql(
    owner: Database, opened: Deployment, source: Path, key: bytes, manifest: Manifest, tell: Tell
) -> None:
    with owner.begin() as connection:
        driver: Any = connection.connection.driver_connection
        if postgresql.table_names(driver):
            raise BackupError("backup.not_empty", place=owner.engine.url.database)
    migrate(owner, opened.migrations, until=manifest.revisions)
    with owner.begin() as connection:
        driver = connection.connection.driver_connection
        postgresql.settle(driver)
        loading, total = postgresql.Loading(driver), len(manifest.tables)
        for number, (name, pieces) in enumerate(_streams(source, key)):
            folder, _, table = name.partition("/")
            if folder == "tables" and table in manifest.tables:
                tell("fill", min(number, total), total)
                loading.fill(table, manifest.tables[table].columns, pieces)
        loading.close(manifest.sequences)
        found = {}
        for number, name in enumerate(postgresql.table_names(driver)):
            tell("tables", number, total)
            found[name] = postgresql.state(driver, name)
        _prove(manifest, found)


def _prove(manifest: Manifest, found: Mapping[str, TableState]) -> None:
    """Refuse unless every table is what it was."""
    names = sorted(set(manifest.tables) | set(found))
    unequal = [name for name in names if manifest.tables.get(name) != found.get(name)]
    if unequal:
        raise BackupError("backup.unequal", names=", ".join(unequal))


def _streams(source: Path, key: bytes) -> Streams:
    """Yield the streams of an archive, each as its parts."""
    whole = ((name.rpartition("/")[0], data) for name, data in entries(source, key) if name != MANIFEST)
    for name, parts in groupby(whole, key=lambda one: one[0]):
        yield name, (data for _, data in parts)


def _put_heads(heads: HeadFile, source: Path, key: bytes, manifest: Manifest) -> int:
    """Put the backup's heads in the place of those here, which are kept; return how many entries are lost."""
    newest = max((head.number for head in read_heads(heads).heads), default=0)
    files = dict(zip(HEADS, (heads.path, heads.log), strict=True))
    stamp = now().strftime("%Y%m%dT%H%M%S")
    for file in files.values():
        if file.exists():
            file.rename(file.with_name(f"{file.name}.before-restore-{stamp}"))
    for name, pieces in _streams(source, key):
        if (place := files.get(name)) is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as opened:
                opened.writelines(pieces)
    return max(newest - manifest.sealed, 0)
