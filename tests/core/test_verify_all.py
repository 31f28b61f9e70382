"""The whole verification: of one moment, read only, and no writer waits for it."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from linli import model as t
from linli.messages import core_messages
from linli.traces.chain import head_key
from linli.traces.heads import HeadFile, write_head
from linli.traces.sealer import current_head, seal_pending
from linli.verify import Finding, snapshot, verify_all
from tests.core.deployed import Deployed, leave_mark, reaction

CHECKS = ["paths", "spine", "counts", "references", "audit", "deliveries"]


@pytest.fixture
def heads(tmp_path: Path) -> HeadFile:
    return HeadFile(tmp_path / "head.json", head_key(b"k" * 32))


def live(place: Deployed, heads: HeadFile) -> None:
    """Something of everything."""
    place.happen()
    place.dispatch(reaction(leave_mark))
    place.audit(3)
    place.work(seal_pending)
    head = place.work(current_head)
    assert head is not None
    write_head(heads.path, head, heads.key)


async def test_a_sound_place_is_told_to_be_in_order(place: Deployed, heads: HeadFile) -> None:
    live(place, heads)
    told: list[tuple[str, int, int]] = []
    report = verify_all(place.database, heads, progress=lambda *step: told.append(step))
    assert report.sound, list(report.lines(core_messages().speaking("en")))
    assert list(report.findings) == CHECKS
    assert told == [(name, done, len(CHECKS)) for done, name in enumerate(CHECKS)]


async def test_each_fault_is_told_under_its_check(place: Deployed, heads: HeadFile) -> None:
    live(place, heads)
    place.tamper(t.seal, delete(t.seal).where(t.seal.c.number == 3))
    place.tamper(t.grid, update(t.grid).where(t.grid.c.id == place.community).values(path="/9/"))
    place.tamper(t.delivery, update(t.delivery).values(state="dead", error="bank.award: ValueError"))
    report = verify_all(place.database, heads)
    faults = {name for name, found in report.findings.items() if any(one.fault for one in found)}
    assert faults == {"paths", "audit", "deliveries"}
    lines = list(report.lines(core_messages().speaking("en")))
    assert (
        "Audit: the chain ends at number 2, but a signed head names number 3: its end was cut off." in lines
    )


async def test_a_snapshot_sees_one_moment_and_holds_no_writer_up(place: Deployed) -> None:
    place.happen()
    number = select(func.count()).select_from(t.event)
    with snapshot(place.database) as connection:
        assert connection.execute(number).scalar_one() == 1
        place.happen()
        assert connection.execute(number).scalar_one() == 1
    with snapshot(place.database) as connection:
        assert connection.execute(number).scalar_one() == 2


async def test_a_snapshot_cannot_write(place: Deployed) -> None:
    with pytest.raises(DBAPIError), snapshot(place.database) as connection:
        connection.execute(text("UPDATE core_grid SET version = 2"))
    assert {row.version for row in place.rows(t.grid)} == {1}


async def test_verification_leaves_no_connection_behind(sqlite_place: Deployed) -> None:
    verify_all(sqlite_place.database)
    file = str(sqlite_place.database.engine.url.database)
    with sqlite3.connect(file, isolation_level=None, timeout=0) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("ROLLBACK")
    connection.close()


async def test_a_check_of_a_plugin_that_fails_is_told_and_ends_no_other(place: Deployed) -> None:
    def broken(connection: Connection) -> list[Finding]:
        connection.execute(text("SELECT 1 FROM nowhere"))
        return []

    report = verify_all(place.database, more={"motto.broken": broken, "motto.sound": lambda _: []})
    assert [one.key for one in report.findings["motto.broken"]] == ["verify.check_failed"]
    assert report.findings["motto.sound"] == ()
    assert not report.sound
