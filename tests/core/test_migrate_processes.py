"""Processes that migrate: killed half-way they leave nothing, and several at once do everything once."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import Connection, inspect, text

from linli.database.database import Database
from linli.database.migrate import CORE_LINE, migrate, pending
from tests.core.test_migrate import LineFolder, database, lantern, opened, scalar, tables

__all__ = ["database", "lantern"]

MIGRATE = """
import json, os, signal, sys
from pathlib import Path
from sqlalchemy import event
from linli.database.database import open_database
from linli.database.migrate import CORE_LINE, MigrationLine, migrate

database = open_database(sys.argv[1])
left = int(sys.argv[3])

def die_in_time(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(database.engine, "after_cursor_execute", die_in_time)
print("ready", flush=True)
sys.stdin.readline()
report = migrate(database, [CORE_LINE, MigrationLine("lantern", Path(sys.argv[2]))])
print(json.dumps([[one.line + one.revision for one in done] for done in (report.applied, report.elsewhere)]))
"""
NEVER = 0


def start(url: str, lantern: LineFolder, statements: int = NEVER) -> "subprocess.Popen[str]":
    """Start a process that migrates once a line arrives, and kills itself after so many statements."""
    process = subprocess.Popen(
        [sys.executable, "-c", MIGRATE, url, str(lantern.folder), str(statements)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert _out(process).readline() == "ready\n"
    return process


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    print(file=process.stdin, flush=True)


def _out(process: "subprocess.Popen[str]") -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def test_servers_that_start_at_once_run_each_migration_once(database_url: str, lantern: LineFolder) -> None:
    lantern.add(1, 'op.execute("CREATE TABLE lantern__light (id integer)")')
    for number in range(2, 6):
        lantern.add(number, 'op.execute("INSERT INTO lantern__light VALUES (1)")')
    processes = [start(database_url, lantern) for _ in range(3)]
    for process in processes:
        go(process)
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    with opened(database_url) as database:
        assert pending(database, [CORE_LINE, lantern.line]) == ()
        assert scalar(database, "SELECT count(*) FROM lantern__light") == 4
    applied = sorted(one for mine, _ in answers for one in mine)
    assert len(applied) == len(set(applied)) == len(list((CORE_LINE.folder / "versions").glob("*.py"))) + 5
    assert all(set(others) <= set(applied) - set(mine) for mine, others in answers)


FILL = """
op.execute("DELETE FROM lantern__light WHERE id < 10")
op.create_table("lantern__oil", sa.Column("id", sa.Integer, primary_key=True))
oil = sa.table("lantern__oil", sa.column("id"))
op.bulk_insert(oil, [{"id": number} for number in range(20000)])
if "LANTERN_SLOW" in os.environ:
    print("half-way", flush=True)
    time.sleep(600)
op.bulk_insert(oil, [{"id": number} for number in range(20000, 40000)])
"""


def test_a_killed_migration_leaves_the_old_release_working_and_is_resumed(
    database_url: str, lantern: LineFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    lantern.add_table(1, "lantern__light")
    with opened(database_url) as database:
        migrate(database, [lantern.line])
        insert(database, range(50))
        before = everything(database)
        lantern.add(2, FILL)
        monkeypatch.setenv("LANTERN_SLOW", "1")
        migrate(database, [CORE_LINE])
        process = start(database_url, lantern)
        go(process)
        assert _out(process).readline() == "half-way\n"
        process.kill()
        process.communicate(timeout=60)
        assert everything(database) == before
        insert(database, range(50, 60))
        assert [one.revision for one in pending(database, [lantern.line])] == ["0002"]
        monkeypatch.delenv("LANTERN_SLOW")
        assert [one.revision for one in migrate(database, [lantern.line]).applied] == ["0002"]
        assert scalar(database, "SELECT count(*) FROM lantern__light") == 50
        assert scalar(database, "SELECT count(*) FROM lantern__oil") == 40000
        assert scalar(database, "SELECT version_num FROM lantern__version") == "0002"


def insert(database: Database, numbers: range) -> None:
    with database.begin() as connection:
        connection.execute(text("INSERT INTO lantern__light VALUES (:id)"), [{"id": n} for n in numbers])


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables of the lantern."""
    with database.begin() as connection:
        names = [one for one in inspect(connection).get_table_names() if one.startswith("lantern")]
        return {name: _rows(connection, name) for name in names}


def _rows(connection: Connection, name: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name} ORDER BY 1"))]


def test_wherever_the_cores_migrations_are_killed_the_tables_fit_the_version(
    database_url: str, lantern: LineFolder, tmp_path: Path
) -> None:
    fitting = tables_by_version(tmp_path)
    seed = random.randrange(2**32)
    steps = random.Random(seed).sample(range(2, 80), 6)
    killed = 0
    with opened(database_url) as database:
        for statements in steps:
            process = start(database_url, lantern, statements)
            go(process)
            process.communicate(timeout=60)
            killed += process.returncode == -signal.SIGKILL
            assert process.returncode in {0, -signal.SIGKILL}, f"seed {seed}"
            assert core_tables(database) == fitting[version(database)], f"seed {seed}"
        migrate(database, [CORE_LINE])
        assert core_tables(database) == fitting[max(fitting)]
    assert killed >= 2, "the statements at which it dies must lie within the migrations"


def tables_by_version(folder: Path) -> dict[str, set[str]]:
    """Return the core's tables after each of its revisions, as one run leaves them that nobody kills."""
    found: dict[str, set[str]] = {"": set()}
    with opened(f"sqlite:///{folder / 'undisturbed.db'}") as database:
        migrate(
            database,
            [CORE_LINE],
            lambda told: (
                found.update({told.migration.revision: core_tables(database)})
                if told.stage == "applied"
                else None
            ),
        )
    return found


def core_tables(database: Database) -> set[str]:
    return {name for name in tables(database) if "_fts" not in name} - {"core_version"}


def version(database: Database) -> str:
    if "core_version" not in tables(database):
        return ""
    return str(scalar(database, "SELECT version_num FROM core_version"))
