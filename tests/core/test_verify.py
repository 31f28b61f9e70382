"""Verification: silent about whatever deeds have made, and red as soon as one row is not right."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, insert, literal, select, text, update

from linli import model as t
from linli import rollup
from linli.clock import now, today
from linli.ids import split_public_id, uuid7
from linli.messages import core_messages
from linli.verify import (
    Finding,
    verify_counts,
    verify_deliveries,
    verify_paths,
    verify_references,
    verify_spine,
)
from linli.verify.findings import SHOWN, Findings, Report
from tests.core.test_verbs_walk import Walk
from tests.core.worlds import World
from tests.house.source import ROOT
from tests.policies.seeds import seeded

CHECKS = (verify_paths, verify_spine, verify_counts, verify_references, verify_deliveries)
STEPS = 60
Tamper = Callable[[World], object]
Check = Callable[[Connection], Sequence[Finding]]


def everything(connection: Connection) -> list[Finding]:
    return [finding for check in CHECKS for finding in check(connection)]


def test_what_deeds_have_made_is_in_order(world: World) -> None:
    assert everything(world.connection) == []


def test_a_random_walk_of_deeds_leaves_everything_in_order(world: World) -> None:
    walk = Walk(world, seeded("walk of deeds, verified"))
    for number in range(STEPS):
        walk.step()
        if number % 30 == 10:
            rollup.fold(world.connection)
            assert everything(world.connection) == [], f"after step {number}"
    assert everything(world.connection) == []
    assert len(walk.done) >= 6, f"too few kinds of deed succeeded: {walk.done}"


def set_to(name: str, **values: object) -> Tamper:
    """A tamperer that changes the row of one node."""

    def tamper(world: World) -> None:
        row = world.row(name)
        parts = split_public_id(world.ids[name])
        assert parts is not None
        table = world.deeds.policy.resources[parts[0]].table
        assert table is not None
        world.connection.execute(update(table).where(table.c.id == row.id).values(**values))

    return tamper


def run(statement: str, **values: object) -> Tamper:
    return lambda world: world.connection.execute(text(statement), values)


def stray_plugin_row(world: World, grid_id: str, path: str) -> None:
    """A row of a plugin that is not there: nothing knows its table but the list."""
    kind = "uuid" if world.connection.dialect.name == "postgresql" else "text"
    run(f"CREATE TABLE gone__thing (id {kind}, grid_id {kind}, path text)")(world)
    run("INSERT INTO core_scoped_table VALUES ('gone__thing')")(world)
    row = {"id": uuid7(), "grid_id": grid_id, "path": path}
    run("INSERT INTO gone__thing VALUES (:id, :grid_id, :path)", **row)(world)


def pending_delta(world: World) -> None:
    row = {"id": uuid7(), "grid_id": world.row("north").id, "path": "/1/", "metric": "resident", "amount": 1}
    world.connection.execute(insert(t.rollup_delta).values(row))


def counted_twice(world: World) -> None:
    rollup.add(world.connection, world.row("n1").id, "resident", 1)


def folded_wrongly(world: World) -> None:
    rollup.fold(world.connection)
    r = t.rollup
    assert world.connection.execute(update(r).where(r.c.metric == "household").values(value=0)).rowcount


def event_nowhere(world: World) -> None:
    first = select(t.event.c.id).limit(1).scalar_subquery()
    world.connection.execute(update(t.event).where(t.event.c.id == first).values(grid_id=uuid7()))


def role_that_outlives(world: World) -> None:
    ended = today() - timedelta(days=3)
    set_to("north_post", since=ended, until=ended)(world)
    set_to("north_role", post_id=world.row("north_post").id)(world)


def lost_key(world: World) -> None:
    run("PRAGMA defer_foreign_keys = ON")(world)
    set_to("north_home", dwelling_id=uuid7())(world)


def letter(state: str) -> Tamper:
    def tamper(world: World) -> None:
        first = world.connection.execute(select(t.event.c.id).limit(1)).scalar_one()
        values = {"event_id": first, "consumer": "reaction:bank:award", "attempts": 10, "next_at": now()}
        values |= {"state": state, "error": "bank.award: X"}
        world.connection.execute(insert(t.delivery).values(values))

    return tamper


PATHS: dict[str, tuple[Tamper, str]] = {
    "row": (set_to("north_office", path="/1/"), "path_differs"),
    "row of a plugin": (lambda world: stray_plugin_row(world, world.row("north").id, "/9/"), "path_differs"),
    "row at no grid": (lambda world: stray_plugin_row(world, uuid7(), "/1/"), "no_grid"),
    "pending delta": (pending_delta, "path_differs"),
    "grid": (set_to("n2", path="/1/77/"), "tree_differs"),
    "root": (set_to("city", path="/1/1/"), "tree_differs"),
    "branch": (set_to("north_branch", tree_path="/77/"), "tree_differs"),
    "table gone": (run("INSERT INTO core_scoped_table VALUES ('gone__thing')"), "table_missing"),
    "table not listed": (run("DELETE FROM core_scoped_table WHERE name = 'core_project'"), "table_unlisted"),
}
LEVELS: dict[str, tuple[Tamper, str]] = {
    "same level": (set_to("n1", level="community"), "level"),
    "no level": (set_to("n1", level="nonsense"), "level"),
    "side above": (set_to("north", spine=False, level="estate"), "level"),
    "closed above": (set_to("north", valid_to=now()), "closed_above"),
    "side as root": (set_to("city", spine=False, level="park"), "side_root"),
}
COUNTS: dict[str, tuple[Tamper, str]] = {
    "too many": (counted_twice, "count"),
    "too few": (folded_wrongly, "count"),
    "not counted out": (set_to("north_team", valid_to=now()), "count"),
}
REFERENCES: dict[str, tuple[Tamper, str]] = {
    "head": (set_to("north_home", head_id=uuid7()), "reference"),
    "subject": (set_to("north_help", subject_id=uuid7()), "reference"),
    "object": (set_to("north_help", object_id=uuid7()), "reference"),
    "event": (event_nowhere, "reference"),
    "closed organization": (set_to("north_team", valid_to=now()), "closed_reference"),
    "closed resident": (set_to("north_wang", valid_to=now()), "closed_reference"),
    "role": (role_that_outlives, "role_outlives_post"),
}


@pytest.mark.parametrize("case", PATHS)
def test_a_row_in_the_wrong_place_is_found(world: World, case: str) -> None:
    found_by(verify_paths, world, *PATHS[case])


@pytest.mark.parametrize("case", LEVELS)
def test_a_grid_where_it_cannot_stand_is_found(world: World, case: str) -> None:
    found_by(verify_spine, world, *LEVELS[case])


@pytest.mark.parametrize("case", COUNTS)
def test_a_count_that_is_not_the_recount_is_found(world: World, case: str) -> None:
    found_by(verify_counts, world, *COUNTS[case])


@pytest.mark.parametrize("case", REFERENCES)
def test_a_reference_to_nothing_or_to_the_closed_is_found(world: World, case: str) -> None:
    found_by(verify_references, world, *REFERENCES[case])


def test_a_dead_letter_is_found(world: World) -> None:
    found_by(verify_deliveries, world, letter("dead"), "dead_letters")


def test_a_foreign_key_that_sqlite_was_not_asked_to_keep_is_found(world: World) -> None:
    if world.connection.dialect.name == "sqlite":
        found_by(verify_references, world, lost_key, "foreign_key")


def found_by(check: Check, world: World, tamper: Tamper, key: str) -> None:
    assert check(world.connection) == []
    tamper(world)
    found = check(world.connection)
    assert f"verify.{key}" in {finding.key for finding in found}
    assert all(finding.fault for finding in found)
    english = core_messages().speaking("en")
    assert not [one for one in found if re.search(r"[{}]|^verify", one.sentence(english))]


def test_what_waits_is_noted_and_no_fault(world: World) -> None:
    letter("pending")(world)
    world.connection.execute(update(t.event).values(dispatched_at=now()))
    first = select(t.event.c.id).order_by(t.event.c.id.desc()).limit(1).scalar_subquery()
    old = update(t.event).where(t.event.c.id == first)
    world.connection.execute(old.values(dispatched_at=None, at=now() - timedelta(hours=1)))
    known = verify_deliveries(world.connection, ["reaction:bank:award"])
    absent = verify_deliveries(world.connection, ["webhook:1"])
    assert [(one.key, one.fault) for one in known] == [("verify.undispatched", False)]
    assert [one.key for one in absent] == ["verify.waiting", "verify.undispatched"]
    assert verify_deliveries(world.connection) == known


def test_the_levels_of_the_spine_are_the_places_own(world: World) -> None:
    assert verify_spine(world.connection, ("city", "county", "town", "community", "grid", "micro_grid")) == []
    upside_down = ("city", "county", "town", "grid", "community", "micro_grid")
    assert {one.params["level"] for one in verify_spine(world.connection, upside_down)} == {"grid"}


def test_a_metric_of_a_plugin_is_recounted_by_its_own_statement(world: World) -> None:
    rollup.add(world.connection, world.row("n1").id, "bank.points", 5)
    here = t.grid.c.id == world.row("n1").id
    check = partial(verify_counts, world.connection)
    assert check({"bank.points": select(t.grid.c.path, literal(5)).where(here)}) == []
    (found,) = check({"bank.points": select(t.grid.c.path, literal(4)).where(here)})
    above = ("n1", "north", "town", "county", "city")
    assert (found.params["count"], found.params["kept"], found.params["due"]) == (len(above), 5, 4)


def test_of_many_findings_of_a_kind_the_first_are_shown_and_the_rest_counted() -> None:
    found = Findings()
    for number in range(SHOWN + 5):
        found.add("verify.audit_broken", number=number)
    kept = found.all()
    assert len(kept) == SHOWN + 1
    assert (kept[-1].key, kept[-1].params["count"]) == ("verify.more", 5)


def test_a_report_tells_every_check_and_its_findings_in_both_languages() -> None:
    report = Report(
        {
            "paths": (),
            "audit": (Finding("verify.audit_gap", {"first": 3, "last": 4}),),
            "deliveries": (Finding("verify.undispatched", {"count": 2}, fault=False),),
        }
    )
    assert not report.sound
    assert Report({"paths": (), "deliveries": report.findings["deliveries"]}).sound
    english = list(report.lines(core_messages().speaking("en")))
    assert english[0] == "Paths: in order."
    assert english[1] == "Audit: the chain lacks the numbers 3 to 4."
    assert len(english) == 4
    chinese = list(report.lines(core_messages().speaking("zh-CN")))
    assert chinese[1] == "操作日志：链上缺少第 3 至 4 号。"


def test_every_sentence_that_verification_can_say_exists() -> None:
    folder = ROOT / "core" / "linli" / "verify"
    used = {key for file in folder.glob("*.py") for key in re.findall(r'"(verify\.\w+)"', file.read_text())}
    texts = core_messages().texts
    assert len(used) > 20
    for language in ("en", "zh-CN"):
        assert not [key for key in sorted(used) if key not in texts[language]]
