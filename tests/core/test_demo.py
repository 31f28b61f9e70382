"""The demo: a real place, made-up people, and nothing in it that could be taken for somebody's data."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from sqlalchemy import Table, func, select

from linli import model as t
from linli.database.database import Database, open_database
from linli.demo import DemoReport, build_demo
from linli.vault import Vault
from linli.verify.run import verify_all
from tests.conftest import BACKENDS
from tests.support.imports import counts_are_exact

VAULT = Vault(b"k" * 32)
MARK = "演示数据"
REAL = {"residents_committee", "villagers_committee"}


@dataclass(frozen=True)
class Demo:
    """A database with the demo in it."""

    database: Database
    report: DemoReport

    def rows(self, table: Table) -> list[Any]:
        with self.database.begin() as connection:
            return list(connection.execute(select(table)))


@pytest.fixture(scope="module", params=BACKENDS)
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, built once on each kind of database; no test changes it."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        file = tmp_path_factory.mktemp("demo") / "linli.db"
        shutil.copyfile(template, file)
        yield built(f"sqlite:///{file}")
        return
    server = request.getfixturevalue("postgres_server")
    with server.database(request.getfixturevalue("postgres_template")) as url:
        made = built(url)
        yield made
        made.database.engine.dispose()


def built(url: str, seed: int = 330482) -> Demo:
    database = open_database(url)
    return Demo(database, build_demo(database, VAULT, seed=seed))


def test_the_place_is_the_real_one(demo: Demo) -> None:
    grids = {row.code: row for row in demo.rows(t.grid) if row.code}
    below = [row for row in grids.values() if row.code.startswith("330482")]
    levels = [row.level for row in below]
    assert [levels.count(level) for level in ("county", "town", "community")] == [1, 9, 136]
    assert (grids["330482001"].name, grids["330482001001"].name) == ("当湖街道", "水洞埭社区")
    assert {"71", "81", "82"} <= grids.keys()


def test_communities_have_three_to_five_grids_of_two_to_four_micro_grids(demo: Demo) -> None:
    below: dict[str, list[Any]] = {}
    for row in demo.rows(t.grid):
        below.setdefault(row.parent_id, []).append(row)
    for row in demo.rows(t.grid):
        cells = below.get(row.id, [])
        if row.level == "community" and row.code:
            assert 3 <= len(cells) <= 5
            assert f"{row.code}-01" in {one.code for one in cells}
        if row.level == "grid":
            assert 2 <= len(cells) <= 4
            assert {(one.code_scheme, one.level) for one in cells} == {("place", "micro_grid")}


def test_it_is_of_the_size_of_a_small_town(demo: Demo) -> None:
    sizes = {table.name: len(demo.rows(table)) for table in (t.resident, t.household, t.project, t.dwelling)}
    assert 5_000 < sizes["core_resident"] < 10_000
    assert 1_500 < sizes["core_household"] == sizes["core_dwelling"]
    assert 200 < sizes["core_project"] < 400
    states = {row.state for row in demo.rows(t.project)}
    assert states == {"draft", "open", "claimed", "running", "accepted", "closed", "cancelled"}


def test_every_count_reference_and_path_is_right(demo: Demo) -> None:
    assert counts_are_exact(demo.database)
    report = verify_all(demo.database)
    assert report.sound, report.findings


def test_nobody_has_an_id_number_and_no_telephone_rings(demo: Demo) -> None:
    people = demo.rows(t.resident)
    assert not any(row.id_number_masked or row.id_number_cipher or row.id_number_blind for row in people)
    sealed = [row for row in people if row.phone_cipher]
    assert len(sealed) > len(people) / 3
    for row in sealed[:200]:
        number = VAULT.decrypt(row.data_key, row.phone_cipher)
        assert number != row.phone_masked
        assert not phonenumbers.is_valid_number(phonenumbers.parse(number, "CN"))


def test_what_is_made_up_says_so(demo: Demo) -> None:
    assert all(str(row.import_key).startswith(MARK) for row in demo.rows(t.resident))
    assert all(row.source == MARK for row in demo.rows(t.post))
    assert all(MARK in row.name and MARK in row.description for row in demo.rows(t.project))
    assert all(MARK in row.name for row in demo.rows(t.organization) if row.kind not in REAL)


def test_the_accounts_have_somewhere_to_stand(demo: Demo) -> None:
    report = demo.report
    grids = {row.id: row for row in demo.rows(t.grid)}
    people = {row.id: row for row in demo.rows(t.resident)}
    assert grids[report.city_grid_id].code == "330482"
    assert grids[report.worker_grid_id].code == "330482001001-01"
    worker, neighbour = people[report.worker_resident_id], people[report.resident_id]
    assert worker.path.startswith(grids[report.worker_grid_id].path)
    assert neighbour.household_id
    posts = [row for row in demo.rows(t.post) if row.resident_id == worker.id]
    assert [(row.kind, row.grid_id) for row in posts] == [("grid_worker", report.worker_grid_id)]
    near = [row for row in people.values() if row.path.startswith(grids[report.worker_grid_id].path)]
    assert 10 < len(near) < 200


def test_the_party_stands_in_a_tree_from_the_city_to_the_micro_grids(demo: Demo) -> None:
    branches = {row.id: row for row in demo.rows(t.party_branch)}
    grids = {row.id: row for row in demo.rows(t.grid)}
    for row in branches.values():
        above = branches.get(row.parent_id)
        assert row.tree_path == f"{above.tree_path if above else '/'}{row.key}/"
    kinds = {(grids[row.grid_id].level, row.kind) for row in branches.values()}
    assert {("town", "working_committee"), ("town", "committee"), ("grid", "branch")} <= kinds
    assert {kind for level, kind in kinds if level == "micro_grid"} == {"group"}
    groups = {row.id for row in branches.values() if row.kind == "group"}
    assert not [row for row in demo.rows(t.membership) if row.branch_id in groups]


def test_accepted_projects_say_when(demo: Demo) -> None:
    for row in demo.rows(t.project):
        assert (row.accepted_at is not None) == (row.state in {"accepted", "closed"})
        assert row.starts_on < row.ends_on


def test_the_same_seed_makes_the_same_people(sqlite_template: Path, tmp_path: Path) -> None:
    names = []
    for number, seed in enumerate((1, 1)):
        file = tmp_path / f"{number}.db"
        shutil.copyfile(sqlite_template, file)
        made = built(f"sqlite:///{file}", seed)
        with made.database.begin() as connection:
            statement = select(t.resident.c.name, t.grid.c.code).join(
                t.grid, t.grid.c.id == t.resident.c.grid_id
            )
            names.append(sorted(tuple(row) for row in connection.execute(statement)))
            assert connection.execute(select(func.count()).select_from(t.resident)).scalar_one() > 5_000
        made.database.engine.dispose()
    assert names[0] == names[1]
