"""An audit that cannot be written: what is sensitive is not done, what is public is still read."""

from functools import partial

import pytest
from sqlalchemy import Connection, func, select, text

from linli import model as t
from tests.core.worlds import dump
from tests.graphql.serving import Served

RENAME = (
    "mutation ($g: ID!) {"
    ' updateGrid(input: { grid: $g, version: 1, name: "other" }) { grid { id } errors { code } } }'
)
CREATE = "mutation ($g: ID!) { createGrid(input: { parent: $g, name: $n, level: GRID }) { errors { code } } }"
CREATE = (
    "mutation ($g: ID!, $n: String!) { createResident(input: { grid: $g, name: $n }) { errors { code } } }"
)
READ = '{ grid(code: "north") { name } }'
SQLITE = "CREATE TRIGGER no_audit BEFORE INSERT ON core_audit BEGIN SELECT RAISE({}, 'no room'); END"
POSTGRESQL = """
CREATE FUNCTION no_audit() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '{}'; END $$;
CREATE TRIGGER no_audit BEFORE INSERT ON core_audit FOR EACH ROW EXECUTE FUNCTION no_audit()
"""
# Forbidden, the disk is full, the table is broken.
WAYS = {"sqlite": ("ABORT", "FAIL", "ROLLBACK"), "postgresql": ("42501", "53100", "XX001")}


def close_audit(connection: Connection, way: int) -> None:
    name = connection.dialect.name
    statement = SQLITE if name == "sqlite" else POSTGRESQL
    connection.execute(text(statement.format(WAYS[name][way]).replace(":", "\\:")))


def open_audit(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TRIGGER no_audit"))
    else:
        connection.execute(text("DROP FUNCTION no_audit CASCADE"))


@pytest.mark.case(226)
async def test_without_its_audit_a_sensitive_deed_is_not_done(own_served: Served) -> None:
    before = await own_served.database.run(dump)
    for way in range(3):
        await own_served.database.run(partial(close_audit, way=way))
        for who in ("city", "south"):  # one who may, and one who may not: both would leave an entry
            answer = await own_served.post(RENAME, who, g=own_served.place.ids["north"])
            told = answer.json()["errors"][0]["extensions"]["code"]
            assert (answer.status_code, told, "data" in answer.json()) == (503, "UNAVAILABLE", False)
        assert await own_served.database.run(dump) == before
        for reader in ("north", None):
            assert await own_served.data(READ, reader) == {"grid": {"name": "north"}}
        await own_served.database.run(open_audit)
    assert await own_served.do("city", "updateGrid", grid=own_served.place.ids["north"], version=1)


@pytest.mark.case(226)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_on_a_full_disk_deeds_are_refused_and_reads_go_on(own_served: Served) -> None:
    def fill(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    await own_served.database.run(fill)
    before, statuses = 0, [200]
    while statuses[-1] == 200 and len(statuses) < 500:
        before = await own_served.database.run(residents)
        answer = await own_served.post(CREATE, "north", g=own_served.place.ids["north"], n="王" * 60)
        statuses.append(answer.status_code)
    assert statuses[-1] == 503
    assert await own_served.database.run(residents) == before
    assert await own_served.data(READ) == {"grid": {"name": "north"}}


def residents(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(t.resident)).scalar_one())
