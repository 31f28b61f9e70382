"""Migrations: what the lines give is what the model says, each runs once, and lost files break nothing."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from linli.database.database import Database, Unavailable, open_database
from linli.database.migrate import (
    CORE_LINE,
    Migration,
    MigrationError,
    MigrationLine,
    Progress,
    migrate,
    pending,
)
from tests.core.worlds import core_metadata

CORE = core_metadata()


@dataclass(frozen=True)
class LineFolder:
    """A line of migrations in a folder of its own, written by a test."""

    folder: Path
    name: str = "lantern"

    @property
    def line(self) -> MigrationLine:
        return MigrationLine(self.name, self.folder)

    def add(self, number: int, body: str, after: int | None = None) -> Path:
        """Write revision `number` after the one before it, or after another; `body` is upgrade()'s."""
        down = number - 1 if after is None else after
        versions = self.folder / "versions"
        versions.mkdir(parents=True, exist_ok=True)
        path = versions / f"{number:04}.py"
        path.write_text(
            f'"""Step {number}."""\n'
            "import os, time\n"
            "import sqlalchemy as sa\n"
            "from alembic import op\n"
            "from linli.database.migration_operations import *\n"
            f'revision = "{number:04}"\n'
            f"down_revision = {f'{down:04}' if down else None!r}\n"
            "def upgrade():\n" + "".join(f"    {line}\n" for line in body.splitlines()),
            encoding="utf-8",
        )
        return path

    def add_table(self, number: int, name: str) -> Path:
        return self.add(number, f'op.create_table("{name}", sa.Column("id", sa.Integer, primary_key=True))')


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = open_database(url)
    try:
        yield database
    finally:
        database.engine.dispose()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url) as one:
        yield one


@pytest.fixture
def lantern(tmp_path: Path) -> LineFolder:
    return LineFolder(tmp_path / "lantern" / "migrations")


def tables(database: Database) -> set[str]:
    with database.begin() as connection:
        return set(inspect(connection).get_table_names())


def scalar(database: Database, statement: str) -> object:
    with database.begin() as connection:
        return connection.scalar(text(statement))


def revisions(found: tuple[Migration, ...]) -> list[str]:
    return [f"{one.line} {one.revision}" for one in found]


def test_the_migrated_schema_is_the_models(database: Database) -> None:
    migrate(database, [CORE_LINE])
    with database.begin() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLite's indexes over expressions: the next test compares them
        context = MigrationContext.configure(connection, opts={"include_name": _is_models})
        assert compare_metadata(context, CORE) == []


def _is_models(name: str | None, kind: str, _parents: object) -> bool:
    if kind == "table":
        return name in CORE.tables
    return kind != "index" or not str(name).endswith("_search")


COLUMNS_AND_INDEXES = {
    "sqlite": """
        SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk
        FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'
        UNION ALL SELECT tbl_name, name, sql, 0, '', 0 FROM sqlite_master WHERE type = 'index' AND sql <> ''
    """,
    "postgresql": """
        SELECT c.relname, a.attname, format_type(a.atttypid, nullif(a.atttypmod, 3)), a.attnotnull,
          pg_get_expr(d.adbin, d.adrelid), l.collname
        FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind = 'r'
        LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
        UNION ALL SELECT tablename, indexname, indexdef, true, '', '' FROM pg_indexes
        WHERE schemaname = 'public' AND indexname NOT LIKE '%\\_search'
    """,
}


def test_columns_and_indexes_are_to_the_letter_what_the_model_would_make(database: Database) -> None:
    with database.engine.connect() as connection, connection.begin() as undone:
        CORE.create_all(connection)
        wanted = _columns_and_indexes(connection)
        undone.rollback()
    assert tables(database) == set()
    migrate(database, [CORE_LINE])
    with database.begin() as connection:
        assert _columns_and_indexes(connection) == wanted
    assert len(wanted) > 300


def _columns_and_indexes(connection: Connection) -> set[tuple[object, ...]]:
    rows = connection.execute(text(COLUMNS_AND_INDEXES[connection.dialect.name]))
    return {tuple(row) for row in rows if row[0] in CORE.tables}


def test_instants_have_milliseconds_on_postgresql(fresh_postgres: str) -> None:
    with opened(fresh_postgres) as database:
        migrate(database, [CORE_LINE])
        other = "SELECT count(*) FROM pg_attribute WHERE atttypid = 'timestamptz'::regtype AND atttypmod <> 3"
        assert (
            scalar(
                database,
                f"{other} AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r' "
                "AND relnamespace = 'public'::regnamespace)",
            )
            == 0
        )


def test_every_path_is_compared_byte_by_byte_on_postgresql(fresh_postgres: str) -> None:
    with opened(fresh_postgres) as database:
        migrate(database, [CORE_LINE])
        with database.begin() as connection:
            found = connection.execute(
                text(
                    "SELECT c.relname || '.' || a.attname, l.collname FROM pg_attribute AS a"
                    " JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind = 'r'"
                    " JOIN pg_collation AS l ON l.oid = a.attcollation WHERE a.attname ~ '(^|_)path$'"
                )
            )
            collations = dict(map(tuple, found))
    paths = {f"{t.name}.{c.name}" for t in CORE.tables.values() for c in t.c if c.name.endswith("path")}
    assert paths <= collations.keys()
    assert len(paths) > 15
    assert set(collations.values()) == {"C"}


def test_the_rows_that_the_core_begins_with(database: Database) -> None:
    migrate(database, [CORE_LINE])
    scoped = {name for name, table in CORE.tables.items() if table.info.get("scoped")} | {"core_grid"}
    with database.begin() as connection:
        assert connection.execute(text("SELECT id, epoch FROM core_policy_epoch")).all() == [(1, 1)]
        assert set(connection.scalars(text("SELECT name FROM core_scoped_table"))) == scoped


def test_progress_and_report_name_each_migration_in_order(database: Database, lantern: LineFolder) -> None:
    lantern.add_table(1, "lantern__light")
    told: list[Progress] = []
    expected = pending(database, [CORE_LINE, lantern.line])
    report = migrate(database, [CORE_LINE, lantern.line], told.append)
    assert report.applied == expected
    assert expected[0].revision == "0001"
    assert expected[-1] == Migration("lantern", "0001", "Step 1")
    assert [one.migration for one in told if one.stage == "started"] == list(expected)
    assert [one.number for one in told if one.stage == "applied"] == list(range(1, len(expected) + 1))
    assert {one.total for one in told} == {len(expected)}


def test_a_second_run_finds_nothing_to_do(database: Database, lantern: LineFolder) -> None:
    lantern.add_table(1, "lantern__light")
    migrate(database, [CORE_LINE, lantern.line])
    assert pending(database, [CORE_LINE, lantern.line]) == ()
    assert migrate(database, [CORE_LINE, lantern.line]).applied == ()
    lantern.add_table(2, "lantern__oil")
    assert revisions(migrate(database, [CORE_LINE, lantern.line]).applied) == ["lantern 0002"]


def test_each_line_keeps_its_own_version(database: Database, tmp_path: Path) -> None:
    lines = [LineFolder(tmp_path / name, name) for name in ("lantern", "drum")]
    for one in lines:
        one.add_table(1, f"{one.name}__thing")
    migrate(database, [one.line for one in lines])
    assert tables(database) == {"lantern__thing", "lantern__version", "drum__thing", "drum__version"}
    assert scalar(database, "SELECT version_num FROM drum__version") == "0001"


def test_a_line_whose_files_vanish_breaks_nothing(database: Database, lantern: LineFolder) -> None:
    path = lantern.add_table(1, "lantern__light")
    migrate(database, [CORE_LINE, lantern.line])
    path.unlink()
    assert pending(database, [CORE_LINE, lantern.line]) == ()
    assert migrate(database, [CORE_LINE, lantern.line]).absent == ("lantern",)
    (lantern.folder / "versions").rename(lantern.folder / "elsewhere")
    assert migrate(database, [CORE_LINE, lantern.line]).absent == ("lantern",)
    assert migrate(database, [CORE_LINE]).absent == ()
    assert "lantern__light" in tables(database)


def test_a_plugin_without_tables_is_a_line_without_migrations(database: Database, tmp_path: Path) -> None:
    report = migrate(database, [MigrationLine("quiet", tmp_path / "nowhere" / "migrations")])
    assert (report.applied, report.absent) == ((), ())
    assert tables(database) == set()


def test_a_database_that_is_ahead_is_refused_before_anything_is_done(
    database: Database, lantern: LineFolder
) -> None:
    lantern.add_table(1, "lantern__light")
    newer = lantern.add_table(2, "lantern__oil")
    migrate(database, [lantern.line])
    newer.unlink()
    with pytest.raises(MigrationError, match="revision 0002 of lantern, which this release does not have"):
        migrate(database, [CORE_LINE, lantern.line])
    assert "core_grid" not in tables(database)


@pytest.mark.parametrize(
    ("body", "key"), [("raise RuntimeError('out of oil')", "migration.failed"), ("(", "migration.unreadable")]
)
def test_a_faulty_migration_is_named_and_leaves_nothing(
    database: Database, lantern: LineFolder, body: str, key: str
) -> None:
    lantern.add_table(1, "lantern__light")
    migrate(database, [lantern.line])
    lantern.add_table(2, "lantern__oil").write_text(
        lantern.add(2, f"op.execute('DELETE FROM lantern__version')\n{body}").read_text()
    )
    with pytest.raises(MigrationError, match=r"^[^\n]*lantern[^\n]*\.$") as caught:
        migrate(database, [lantern.line])
    assert caught.value.key == key
    assert tables(database) == {"lantern__light", "lantern__version"}
    assert scalar(database, "SELECT version_num FROM lantern__version") == "0001"


def test_what_the_database_refuses_is_told_in_one_line(database: Database, lantern: LineFolder) -> None:
    lantern.add(1, "op.execute('CREATE TABLE lantern__light (id integer)')\nop.execute('ALTER nonsense')")
    with pytest.raises(MigrationError, match=r"Migration 0001 of lantern .Step 1. failed .*nonsense"):
        migrate(database, [lantern.line])
    assert tables(database) == set()


def test_a_line_with_two_ends_is_refused(database: Database, lantern: LineFolder) -> None:
    lantern.add_table(1, "lantern__light")
    lantern.add_table(2, "lantern__oil")
    lantern.add_table(3, "lantern__wick")
    lantern.add(4, "pass", after=2)
    with pytest.raises(MigrationError, match=r"more than one revision .0003, 0004.;"):
        pending(database, [lantern.line])


def test_a_migration_cannot_commit_half_of_itself(database: Database, lantern: LineFolder) -> None:
    lantern.add(
        1,
        "op.execute('CREATE TABLE lantern__light (id integer)')\n"
        "with op.get_context().autocommit_block():\n"
        "    op.execute('CREATE TABLE lantern__oil (id integer)')",
    )
    with pytest.raises(MigrationError):
        migrate(database, [lantern.line])
    assert tables(database) == set()


def test_an_unreachable_database_is_unavailable(tmp_path: Path) -> None:
    with opened(f"postgresql://nobody@/none?host={tmp_path}") as database, pytest.raises(Unavailable):
        migrate(database, [CORE_LINE])
