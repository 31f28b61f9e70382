"""What nobody may change: journals stay as they are, and the serving role never touches tables."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from linli.clock import now
from linli.database.database import Database
from linli.database.migrate import CORE_LINE, migrate, pending
from linli.database.migration_grants import grant_application_role
from linli.ids import uuid7
from linli.model import audit, delivery, event, seal
from tests.core.test_migrate import LineFolder, database, lantern, opened, scalar

__all__ = ["database", "lantern"]

REFUSED = [
    "UPDATE core_audit SET reason = 'nothing happened'",
    "UPDATE core_audit SET hash = hash",
    "DELETE FROM core_audit",
    "UPDATE core_seal SET link = 'other'",
    "DELETE FROM core_seal",
    "UPDATE core_event SET path = '/2/', dispatched_at = NULL",
    "UPDATE core_event SET topic = 'other'",
    "DELETE FROM core_event",
]
REWRITTEN = """UPDATE core_event SET data = '{"other": 1}'"""  # erasure may empty it, and nobody rewrites it


def leave_traces(database: Database) -> None:
    """Write one row of each trace, as deeds do."""
    one, at = uuid7(), now()
    with database.begin() as connection:
        connection.execute(
            insert(audit).values(
                id=one,
                at=at,
                actor_name="a",
                action="b",
                outcome="done",
                resource="grid",
                reason="",
                basis="",
                repeats=1,
                detail={},
                hash="h",
            )
        )
        connection.execute(insert(seal).values(number=1, audit_id=one, previous="", link="l", at=at))
        connection.execute(
            insert(event).values(
                id=one,
                topic="t",
                resource="grid",
                subject_type="grid",
                subject_id=one,
                grid_id=one,
                path="/1/",
                at=at,
                data={"a": 1},
            )
        )
        connection.execute(
            insert(delivery).values(event_id=one, consumer="c", state="pending", attempts=0, next_at=at)
        )


def refused(database: Database, statement: str) -> DBAPIError:
    with pytest.raises(DBAPIError) as caught, database.begin() as connection:
        connection.execute(text(statement))
    return caught.value


@pytest.mark.parametrize("statement", [*REFUSED, REWRITTEN])
@pytest.mark.case(67)
def test_one_role_for_all_cannot_change_traces(database: Database, statement: str) -> None:
    migrate(database, [CORE_LINE])
    leave_traces(database)
    assert "stay as they are" in str(refused(database, statement))


def test_dispatching_an_event_is_no_change(database: Database) -> None:
    migrate(database, [CORE_LINE])
    leave_traces(database)
    with database.begin() as connection:
        connection.execute(event.update().values(dispatched_at=now()))
    assert scalar(database, "SELECT count(*) FROM core_event WHERE dispatched_at IS NOT NULL") == 1


@pytest.mark.parametrize("name", ["core_audit", "core_seal", "core_event"])
def test_traces_cannot_be_truncated(fresh_postgres: str, name: str) -> None:
    with opened(fresh_postgres) as database:
        migrate(database, [CORE_LINE])
        assert "stay as they are" in str(refused(database, f"TRUNCATE {name} CASCADE"))


JOURNAL = """
op.create_table(
    "lantern__journal", sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.String)
)
op.create_table("lantern__light", sa.Column("id", sa.Integer, primary_key=True))
keep_rows("lantern__journal")
"""


@pytest.fixture
def roles(fresh_postgres: str) -> Iterator[tuple[str, str]]:
    """URLs of an owner, who is no superuser, and of a serving role whose name needs quotes."""
    mark = uuid4().hex[:8]
    names = (f"owner_{mark}", f'serving-"{mark}%s')
    with psycopg.connect(fresh_postgres, autocommit=True) as connection:
        for name in names:
            connection.execute(psycopg.sql.SQL("CREATE ROLE {} LOGIN").format(psycopg.sql.Identifier(name)))
        owner = psycopg.sql.Identifier(names[0])
        base = psycopg.sql.Identifier(str(make_url(fresh_postgres).database))
        connection.execute(psycopg.sql.SQL("ALTER DATABASE {} OWNER TO {}").format(base, owner))
        yield tuple(_as_user(fresh_postgres, name) for name in names)  # type: ignore[misc]  # of two
        for name in names:
            role = psycopg.sql.Identifier(name)
            connection.execute(psycopg.sql.SQL("REASSIGN OWNED BY {} TO postgres").format(role))
            connection.execute(psycopg.sql.SQL("DROP OWNED BY {}").format(role))
            connection.execute(psycopg.sql.SQL("DROP ROLE {}").format(role))


def _as_user(url: str, name: str) -> str:
    return make_url(url).set(username=name).render_as_string(hide_password=False)


@pytest.fixture
def serving(roles: tuple[str, str], lantern: LineFolder) -> Iterator[Database]:
    """The serving role's database after the owner has migrated and granted."""
    lantern.add(1, JOURNAL)
    owner, server = roles
    with opened(owner) as database:
        migrate(database, [CORE_LINE, lantern.line])
        grant(database, server)
    with opened(server) as database:
        yield database


def grant(database: Database, server: str) -> None:
    with database.begin() as connection:
        grant_application_role(connection, str(make_url(server).username))


def test_the_serving_role_writes_traces_and_cannot_change_them(serving: Database) -> None:
    leave_traces(serving)
    with serving.begin() as connection:
        connection.execute(event.update().values(dispatched_at=now()))
        connection.execute(delivery.update().values(attempts=1))
        connection.execute(delivery.delete())
        connection.execute(text("SELECT 1 FROM core_event FOR UPDATE SKIP LOCKED"))
    for statement in [*REFUSED, "TRUNCATE core_audit"]:
        assert "permission denied" in str(refused(serving, statement)), statement


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE core_audit",
        "ALTER TABLE core_audit DISABLE TRIGGER ALL",
        "CREATE TABLE mine (id integer)",
        "UPDATE core_version SET version_num = '9999'",
        "DELETE FROM lantern__version",
        "DELETE FROM core_scoped_table",
        "UPDATE lantern__journal SET note = 'other'",
        "DELETE FROM lantern__journal",
    ],
)
def test_the_serving_role_touches_no_tables(serving: Database, statement: str) -> None:
    text_of = str(refused(serving, statement))
    assert "permission denied" in text_of or "must be owner" in text_of


def test_the_serving_role_sees_what_is_pending(serving: Database, lantern: LineFolder) -> None:
    assert pending(serving, [CORE_LINE, lantern.line]) == ()
    lantern.add_table(2, "lantern__oil")
    assert [one.revision for one in pending(serving, [CORE_LINE, lantern.line])] == ["0002"]


def test_later_tables_of_plugins_are_served_and_their_guards_follow(
    serving: Database, roles: tuple[str, str], lantern: LineFolder
) -> None:
    lantern.add(2, 'op.execute("CREATE TABLE lantern__oil (id serial, note text)")')
    owner, server = roles
    with opened(owner) as database:
        migrate(database, [CORE_LINE, lantern.line])
    with serving.begin() as connection:
        connection.execute(text("INSERT INTO lantern__oil (note) VALUES ('a')"))
        connection.execute(text("UPDATE lantern__oil SET note = 'b'"))
        connection.execute(text("INSERT INTO lantern__journal VALUES (1, 'a')"))
    lantern.add(3, 'keep_rows("lantern__oil", mutable=["note"])')
    with opened(owner) as database:
        migrate(database, [CORE_LINE, lantern.line])
        grant(database, server)
    with serving.begin() as connection:
        connection.execute(text("UPDATE lantern__oil SET note = 'c'"))
    assert "permission denied" in str(refused(serving, "UPDATE lantern__oil SET id = 7"))
    assert "permission denied" in str(refused(serving, "DELETE FROM lantern__oil"))


def test_a_column_added_later_is_guarded_too(database: Database, lantern: LineFolder) -> None:
    lantern.add(1, JOURNAL)
    lantern.add(
        2,
        'op.add_column("lantern__journal", sa.Column("more", sa.String))\n'
        'keep_rows("lantern__journal", mutable=["note"])\n'
        "op.execute(\"INSERT INTO lantern__journal VALUES (1, 'a', 'b')\")",
    )
    migrate(database, [lantern.line])
    assert "stay as they are" in str(refused(database, "UPDATE lantern__journal SET more = 'c'"))
    with database.begin() as connection:
        connection.execute(text("UPDATE lantern__journal SET note = 'c'"))


def test_one_role_for_all_needs_no_grants(database: Database) -> None:
    migrate(database, [CORE_LINE])
    role = str(database.engine.url.username or "postgres")
    with database.begin() as connection:
        grant_application_role(connection, role)
    assert scalar(database, "SELECT count(*) FROM core_audit") == 0
