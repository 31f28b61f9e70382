"""Migrations that rebuild tables: children, keys, search and guards outlive it, or nothing is done."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.database import migration_transaction
from linli.database.database import Database
from linli.database.migrate import MigrationError, migrate, pending
from tests.core.test_migrate import LineFolder, database, lantern, opened, scalar

__all__ = ["database", "lantern"]

FAMILY = """
op.create_table(
    "lantern__parent",
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("search", sa.String, nullable=False, server_default=""),
)
op.create_table(
    "lantern__child",
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("parent_id", sa.String(36), sa.ForeignKey("lantern__parent.id", ondelete="CASCADE")),
)
create_search_index("lantern__parent")
keep_rows("lantern__parent", mutable=["search"])
op.execute("INSERT INTO lantern__parent VALUES ('p', '张 张伟')")
op.execute("INSERT INTO lantern__child VALUES ('c', 'p')")
"""
REBUILD = """
with op.batch_alter_table("lantern__parent", recreate="auto") as batch:
    batch.alter_column("search", type_=sa.String(200), existing_type=sa.String())
"""
ORPHAN = """
op.drop_table("lantern__parent")
op.create_table("lantern__parent", sa.Column("id", sa.String(36), primary_key=True))
"""
ORPHAN_ON_POSTGRESQL = "op.execute(\"INSERT INTO lantern__child VALUES ('d', 'nobody')\")"


def test_children_index_and_guards_outlive_a_rebuilt_table(database: Database, lantern: LineFolder) -> None:
    lantern.add(1, FAMILY)
    migrate(database, [lantern.line])
    lantern.add(2, REBUILD)
    migrate(database, [lantern.line])
    assert scalar(database, "SELECT count(*) FROM lantern__child WHERE parent_id = 'p'") == 1
    with pytest.raises(DBAPIError, match="stay as they are"), database.begin() as connection:
        connection.execute(text("DELETE FROM lantern__parent"))
    with database.begin() as connection:
        connection.execute(text("UPDATE lantern__parent SET search = '李 李娜'"))
    if database.name == "sqlite":
        assert scalar(database, "SELECT id FROM lantern__parent_fts WHERE tokens MATCH '李娜'") == "p"
        assert scalar(database, "SELECT id FROM lantern__parent_fts WHERE tokens MATCH '张伟'") is None


def test_rows_that_would_lose_their_parent_stop_the_migration(
    database: Database, lantern: LineFolder
) -> None:
    lantern.add(1, FAMILY)
    migrate(database, [lantern.line])
    lantern.add(2, ORPHAN if database.name == "sqlite" else ORPHAN_ON_POSTGRESQL)
    with pytest.raises(MigrationError, match=r"Migration 0002 of lantern .*lantern__child") as caught:
        migrate(database, [lantern.line])
    if database.name == "sqlite":
        assert caught.value.key == "migration.broken_keys"
        assert caught.value.params["rows"] == 1
    assert scalar(database, "SELECT search FROM lantern__parent") == "张 张伟"
    assert scalar(database, "SELECT count(*) FROM lantern__child") == 1
    assert scalar(database, "SELECT version_num FROM lantern__version") == "0001"


@pytest.mark.parametrize("body", [REBUILD, ORPHAN])
def test_writers_keep_foreign_keys_after_a_migration(
    sqlite_path: Path, lantern: LineFolder, body: str
) -> None:
    lantern.add(1, FAMILY)
    with opened(f"sqlite:///{sqlite_path}") as database:
        migrate(database, [lantern.line])
        lantern.add(2, body)
        if body == ORPHAN:
            with pytest.raises(MigrationError):
                migrate(database, [lantern.line])
        else:
            migrate(database, [lantern.line])
        with pytest.raises(DBAPIError, match="FOREIGN KEY"), database.begin() as connection:
            connection.execute(text("INSERT INTO lantern__child VALUES ('d', 'nobody')"))


def test_tables_kept_busy_by_others_stop_the_migration_in_time(
    database_url: str, lantern: LineFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration_transaction, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(migration_transaction, "BUSY_TIMEOUT", "PRAGMA busy_timeout=100")
    lantern.add(1, FAMILY)
    with opened(database_url) as database:
        migrate(database, [lantern.line])
        lantern.add(2, 'op.add_column("lantern__child", sa.Column("name", sa.String))')
        other = _occupied(database_url)
        assert len(pending(database, [lantern.line])) == 1
        with pytest.raises(MigrationError, match="busy") as caught:
            migrate(database, [lantern.line])
        assert caught.value.key == "migration.busy"
        other.close()
        assert len(migrate(database, [lantern.line]).applied) == 1


def _occupied(url: str) -> "sqlite3.Connection | psycopg.Connection":
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        file.execute("BEGIN IMMEDIATE")
        return file
    server = psycopg.connect(url)
    server.execute("LOCK TABLE lantern__child IN ACCESS SHARE MODE")
    return server
