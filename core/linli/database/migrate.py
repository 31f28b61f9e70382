"""Bringing a database up to date: the core's migrations first, then each plugin's.

Every migration is one transaction together with its row in the line's version table: killed half-way it
leaves nothing, the release before it works on, and the next run resumes. Several processes may migrate at
once; each migration runs once. There is no way down: whoever must go back restores the backup that was made
before. One thread of a process migrates at a time, for Alembic's `op` is one for the process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

from sqlalchemy.exc import DBAPIError, OperationalError

from linli.database.database import Database, Unavailable
from linli.database.declared import declare_personal_fields, out_of_date
from linli.database.migration_errors import MigrationError
from linli.database.migration_lines import CORE, Migration, MigrationLine, Scripts, one_line, read_scripts
from linli.database.migration_transaction import migration_transaction, reading

__all__ = [
    "CORE_LINE",
    "Migration",
    "MigrationError",
    "MigrationLine",
    "MigrationReport",
    "Progress",
    "migrate",
    "pending",
]

CORE_LINE: Final = MigrationLine(CORE, Path(__file__).parents[1] / "migrations")
BUSY: Final = frozenset({"55P03", "SQLITE_BUSY"})  # lock_not_available

Stage = Literal["started", "waiting", "applied", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Progress:
    """What happens now to the migration `number` of `total`.

    `started`; `waiting` for another process that migrates; then `applied`, or `elsewhere` if that other
    process has applied it meanwhile.
    """

    stage: Stage
    migration: Migration
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What a run has done: the migrations that it applied itself, and those that another process did.

    `absent` names the lines whose files are gone while their tables stand; they were left as they are.
    """

    applied: tuple[Migration, ...]
    elsewhere: tuple[Migration, ...]
    absent: tuple[str, ...]


def pending(database: Database, lines: Sequence[MigrationLine]) -> tuple[Migration, ...]:
    """Return the migrations that `migrate` would run, in that order.

    Raises:
        MigrationError: a line cannot be read, or the database is ahead of it.
        Unavailable: the database cannot be reached.
    """
    return _look(database, [read_scripts(line) for line in lines]).pending


def migrate(
    database: Database,
    lines: Sequence[MigrationLine],
    progress: Callable[[Progress], None] = lambda _: None,
    until: Mapping[str, str] | None = None,
) -> MigrationReport:
    """Run the pending migrations of all lines, in their order, each in a transaction of its own.

    `lines` are CORE_LINE and then one for each plugin, after those that it requires. On PostgreSQL the
    database is opened as the owner of the tables. `until` names the last revision to run of each line; lines
    that it does not name are left out.

    Raises:
        MigrationError: one migration failed and left nothing; those before it stay.
        Unavailable: the database cannot be reached.
    """
    scripts = [read_scripts(line) for line in lines]
    state = _look(database, scripts)
    by_line = {one.line.name: one for one in scripts}
    done: dict[bool, list[Migration]] = {True: [], False: []}
    due = state.pending if until is None else _up_to(state.pending, until)
    for number, migration in enumerate(due, 1):
        tell = partial(_tell, progress, migration, number, len(due))
        tell("started")
        applied = _apply(database, by_line[migration.line], migration, partial(tell, "waiting"))
        done[applied].append(migration)
        tell("applied" if applied else "elsewhere")
    _declare(database, lines)
    return MigrationReport(tuple(done[True]), tuple(done[False]), state.absent)


def _declare(database: Database, lines: Sequence[MigrationLine]) -> None:
    """Write down what is declared of personal columns, if it is not what is written already."""
    with reading(database) as connection:
        if not out_of_date(connection, lines):
            return
    with migration_transaction(database, lambda: None) as connection:
        declare_personal_fields(connection, lines)


def _up_to(pending: Sequence[Migration], until: Mapping[str, str]) -> tuple[Migration, ...]:
    kept: list[Migration] = []
    for line, last in until.items():
        revisions = [one.revision for one in pending if one.line == line]
        if last not in revisions:
            raise MigrationError("migration.newer", line=line, revision=last)
        kept += [one for one in pending if one.line == line][: revisions.index(last) + 1]
    return tuple(one for one in pending if one in kept)


def _tell(
    progress: Callable[[Progress], None], migration: Migration, number: int, total: int, stage: Stage
) -> None:
    progress(Progress(stage, migration, number, total))


@dataclass(frozen=True, slots=True)
class _State:
    pending: tuple[Migration, ...]
    absent: tuple[str, ...]


def _look(database: Database, scripts: Sequence[Scripts]) -> _State:
    try:
        with reading(database) as connection:
            found = [migration for one in scripts for migration in one.pending(connection)]
            absent = [one.line.name for one in scripts if not one.revisions and one.heads(connection)]
    except OperationalError as error:
        raise Unavailable(str(error.orig)) from error
    return _State(tuple(found), tuple(absent))


def _apply(database: Database, scripts: Scripts, migration: Migration, waiting: Callable[[], None]) -> bool:
    told = {"line": migration.line, "revision": migration.revision, "title": migration.title}
    try:
        with migration_transaction(database, waiting) as connection:
            return scripts.run(connection, migration.revision)
    except MigrationError as error:
        raise MigrationError(error.key, **{**told, **error.params}) from error
    except DBAPIError as error:
        if _code(error) in BUSY:
            raise MigrationError("migration.busy", **told) from error
        if _is_lost(error):
            raise Unavailable(str(error.orig)) from error
        raise MigrationError("migration.failed", **told, reason=one_line(error.orig or error)) from error
    except Exception as error:  # whatever a stranger's migration raises
        raise MigrationError("migration.failed", **told, reason=one_line(error)) from error


def _code(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)


def _is_lost(error: DBAPIError) -> bool:
    return error.connection_invalidated or (_code(error) or "").startswith(("08", "57P"))
