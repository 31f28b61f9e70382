"""Registers of residents: what is entered, and that entering it again changes nothing."""

import os
import random
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from linli import model as t
from linli.clock import now
from linli.database.database import Database
from linli.importing import residents as importing
from linli.importing.exclusive import only_import
from linli.importing.grids import import_grids
from linli.importing.residents import ImportOptions, ResidentReport, import_residents
from linli.messages import LANGUAGES, core_messages
from linli.personal import ID_NUMBER, PHONE
from linli.vault import Vault
from tests.core.deployed import Deployed
from tests.support.imports import counts_are_exact, everything, people, spoken, write_csv, write_cut

VAULT = Vault(b"k" * 32)
HEADER = ["姓名", "网格编码", "出生日期", "手机号", "身份证号", "户号", "与户主关系"]
WATER, NORTH, BRIDGE = "330482001001", "330482001201", "330482101006"
ROWS = [
    ["王小明", WATER, "1980-01-31", "13800005678", "", "3-2-501", "户主"],
    ["张丽华", WATER, "1982/3/5", "", "", "3-2-501", "配偶"],
    ["王浩然", WATER, "", "", "330482201003050016", "3-2-501", "子女"],
    ["李四", NORTH, "1950.12.1", "0573-8501 2345", "330422195012010011", "第三组12号", "户主"],
    ["𬱖㛃", BRIDGE, "20000229", "+86 139 1234 5678", "", "", ""],
]


@pytest.fixture
def database(place: Deployed, tmp_path: Path) -> Database:
    report = import_grids(place.database, write_cut(tmp_path / "dist"))
    assert not report.fault_count
    return place.database


@pytest.fixture
def register(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "register.csv", [HEADER, *ROWS])


def enter(database: Database, file: Path, **options: Any) -> ResidentReport:
    return import_residents(database, VAULT, file, **options)


def resident(database: Database, name: str) -> Any:
    with database.begin() as connection:
        return connection.execute(select(t.resident).where(t.resident.c.name == name)).one()


def test_every_row_becomes_a_resident_who_lives_there(database: Database, register: Path) -> None:
    report = enter(database, register)
    assert (report.rows, report.created, report.known, report.households) == (5, 5, 0, 2)
    with database.begin() as connection:
        grid = connection.execute(select(t.grid).where(t.grid.c.code == WATER)).one()
        lives = connection.execute(select(t.residence).where(t.residence.c.kind == "lives")).all()
    row = resident(database, "王小明")
    assert (row.grid_id, row.path, row.birth_date) == (grid.id, grid.path, date(1980, 1, 31))
    assert {one.resident_id for one in lives if one.grid_id == grid.id} >= {row.id}
    assert len(lives) == 5
    assert all(one.until is None for one in lives)
    assert counts_are_exact(database)


def test_numbers_are_kept_encrypted_masked_and_searchable(database: Database, register: Path) -> None:
    enter(database, register)
    row = resident(database, "李四")
    assert (row.phone_masked, row.id_number_masked) == ("057****2345", "330*************11")
    assert VAULT.decrypt(row.data_key, row.phone_cipher) == "057385012345"
    assert VAULT.decrypt(row.data_key, row.id_number_cipher) == "330422195012010011"
    assert row.id_number_blind == ID_NUMBER.blind(VAULT, "330422195012010011")
    assert resident(database, "𬱖㛃").phone_blind == PHONE.blind(VAULT, "13912345678")
    assert (row.search, resident(database, "𬱖㛃").birth_date) == ("李 李四", date(2000, 2, 29))


def test_those_of_one_door_share_a_household(database: Database, register: Path) -> None:
    enter(database, register)
    with database.begin() as connection:
        (home, other) = connection.execute(select(t.household).order_by(t.household.c.label)).all()
    assert (home.label, home.kind, home.head_id) == ("3-2-501", "family", resident(database, "王小明").id)
    assert other.label == "第三组12号"
    assert resident(database, "张丽华").household_id == resident(database, "王浩然").household_id == home.id
    assert resident(database, "𬱖㛃").household_id is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_names_are_the_same_in_every_encoding(database: Database, tmp_path: Path, encoding: str) -> None:
    report = enter(database, write_csv(tmp_path / "register.csv", [HEADER, *ROWS], encoding))
    assert report.created == 5
    assert {row[0] for row in people(database)} == {row[0] for row in ROWS}


def test_the_second_run_changes_nothing(database: Database, register: Path) -> None:
    enter(database, register)
    before = everything(database)
    report = enter(database, register)
    assert (report.created, report.known, report.households) == (0, 5, 0)
    after = everything(database)
    runs = [database_rows.pop("core_import_run") for database_rows in (before, after)]
    assert after == before
    assert len(runs[1]) == len(runs[0]) + 1


def test_the_order_of_rows_does_not_matter(database: Database, tmp_path: Path, register: Path) -> None:
    enter(database, register)
    before = people(database)
    shuffled = [row[::-1] for row in random.Random(7).sample(ROWS, len(ROWS))]
    other = write_csv(tmp_path / "other.csv", [HEADER[::-1], *shuffled], "gb18030")
    assert (report := enter(database, other)).known == 5, spoken(report.faults[0])
    assert people(database) == before


def test_a_dry_run_writes_nothing(database: Database, register: Path) -> None:
    before = everything(database)
    report = enter(database, register, dry_run=True)
    assert (report.created, report.known, report.dry_run) == (5, 0, True)
    assert everything(database) == before


def test_one_bad_row_keeps_all_others_out(database: Database, tmp_path: Path) -> None:
    bad = ["赵六", "330482009009", "", "", "", "", ""]
    before = everything(database)
    report = enter(database, write_csv(tmp_path / "register.csv", [HEADER, *ROWS, bad]))
    assert (report.created, report.fault_count) == (0, 1)
    assert (report.faults[0].row, report.faults[0].column) == (7, "网格编码")
    assert everything(database) == before


def test_a_run_that_was_broken_off_goes_on(
    database: Database, register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)

    def break_off(stage: str, done: int, _total: int) -> None:
        if (stage, done) == ("write", 4):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enter(database, register, progress=break_off)
    assert len(people(database)) == 4
    report = enter(database, register)
    assert (report.created, report.known, report.resumed) == (1, 4, True)
    assert any("接续" in line for line in report.lines(core_messages().speaking("zh-CN")))
    with database.begin() as connection:
        run = connection.execute(select(t.import_run)).one()
    assert (run.kind, run.state, run.rows_done) == ("residents", "done", 5)
    assert counts_are_exact(database)
    assert enter(database, register).resumed is False


KILLED = """
import os, signal, sys
from pathlib import Path
from linli.database.database import open_database
from linli.importing import residents
from linli.vault import Vault
residents.BATCH = 100
def progress(stage, done, total):
    if stage == "write" and done >= 400:
        os.kill(os.getpid(), signal.SIGKILL)
residents.import_residents(open_database(sys.argv[1]), Vault(b"k" * 32), Path(sys.argv[2]), progress)
"""


def test_a_killed_process_leaves_what_the_next_run_completes(
    place: Deployed, tmp_path: Path, postgres_copy: str, sqlite_path: Path
) -> None:
    """Killed half-way and run again, the file ends in the state of one clean run."""
    url = f"sqlite:///{sqlite_path}" if place.database.name == "sqlite" else postgres_copy
    import_grids(place.database, write_cut(tmp_path / "dist"))
    rows = [
        [f"居民{n}", (WATER, NORTH)[n % 2], f"{1930 + n % 90}-01-01", "", "", f"{n % 40}", ""]
        for n in range(1000)
    ]
    file = write_csv(tmp_path / "register.csv", [HEADER, *rows], "gb18030")
    command = [sys.executable, "-c", KILLED, url, str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == -9, done.stderr
    assert len(people(place.database)) == 400
    report = enter(place.database, file)
    assert (report.created, report.known, report.resumed) == (600, 400, True)
    assert {row[0] for row in people(place.database)} == {row[0] for row in rows}
    assert counts_are_exact(place.database)


def test_somebody_who_left_is_not_entered_again(database: Database, register: Path) -> None:
    enter(database, register)
    left = {"valid_to": now(), "closed_reason": "moved_away"}
    with database.begin() as connection:
        connection.execute(update(t.resident).where(t.resident.c.name == "李四").values(**left))
    assert enter(database, register).known == 5


def test_an_id_number_that_is_known_is_told(database: Database, register: Path, tmp_path: Path) -> None:
    enter(database, register)
    with database.begin() as connection:
        connection.execute(update(t.resident).values(import_key=None))
    row = ["李四", NORTH, "", "", "330422195012010011", "", ""]
    report = enter(database, write_csv(tmp_path / "other.csv", [HEADER, row]))
    (fault,) = report.faults
    assert (fault.row, fault.column, fault.key) == (2, "身份证号", "import.id_taken")
    assert not any("330422195012010011" in sentence for sentence in spoken(fault).values())


def test_places_outside_the_importers_scope_read_as_unknown(database: Database, tmp_path: Path) -> None:
    with database.begin() as connection:
        town = connection.execute(select(t.grid.c.path).where(t.grid.c.code == "330482101")).scalar_one()
    options = ImportOptions(scope=(town,))
    inside = write_csv(tmp_path / "inside.csv", [HEADER, ROWS[4]])
    assert enter(database, inside, options=options).created == 1
    told = []
    for code in (WATER, "330482009009"):
        outside = write_csv(tmp_path / "outside.csv", [HEADER, ["李四", code, "", "", "", "", ""]])
        told.append(enter(database, outside, options=options).faults)
    assert told[0] == told[1]
    assert [fault.key for fault in told[0]] == ["import.grid_unknown"]


def test_a_person_known_outside_the_scope_is_reported_above(
    database: Database, register: Path, tmp_path: Path
) -> None:
    enter(database, register)
    with database.begin() as connection:
        town = connection.execute(select(t.grid).where(t.grid.c.code == "330482101")).one()
        county = connection.execute(select(t.grid).where(t.grid.c.code == "330482")).one()
        connection.execute(update(t.resident).values(import_key=None))
    again = ["李四", BRIDGE, "", "", "330422195012010011", "", ""]
    file = write_csv(tmp_path / "other.csv", [HEADER, again])
    report = enter(database, file, options=ImportOptions(scope=(town.path,)))
    assert (report.created, report.fault_count) == (1, 0)
    with database.begin() as connection:
        event = connection.execute(select(t.event)).one()
    assert (event.topic, event.grid_id) == ("resident.duplicate_suspected", county.id)


def test_a_grid_closed_while_the_file_is_read_is_told(
    database: Database, register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close(_file: Path) -> str:
        with database.begin() as connection:
            connection.execute(update(t.grid).where(t.grid.c.code == NORTH).values(valid_to=now()))
        return "0" * 64

    monkeypatch.setattr(importing, "_digest", close)  # it stands between the check and the writing
    report = enter(database, register)
    assert [fault.key for fault in report.faults] == ["import.grid_gone"]
    assert not people(database)


def test_one_import_works_at_a_time(database: Database, register: Path) -> None:
    with only_import(database, "residents"):
        report = enter(database, register)
    assert [fault.key for fault in report.faults] == ["import.running"]
    assert enter(database, register).created == 5


def test_a_later_register_adds_to_a_household(database: Database, register: Path, tmp_path: Path) -> None:
    later = [
        ["王奶奶", WATER, "1950-01-01", "", "", "3-2-501", "母亲"],
        ["新人", BRIDGE, "", "", "", "9-1", ""],
    ]
    enter(database, write_csv(tmp_path / "first.csv", [HEADER, *ROWS[1:]]))
    report = enter(database, write_csv(tmp_path / "later.csv", [HEADER, ROWS[0], *later]))
    assert (report.created, report.households) == (3, 1)
    with database.begin() as connection:
        home = connection.execute(select(t.household).where(t.household.c.label == "3-2-501")).one()
    assert (home.head_id, home.version) == (resident(database, "王小明").id, 2)
    assert resident(database, "王奶奶").household_id == home.id


def test_an_empty_register_is_no_fault(database: Database, tmp_path: Path) -> None:
    report = enter(database, write_csv(tmp_path / "register.csv", [HEADER, [""] * len(HEADER)]))
    assert (report.rows, report.fault_count) == (0, 0)


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_report_is_told_in_both_languages(database: Database, register: Path, *, dry_run: bool) -> None:
    report = enter(database, register, dry_run=dry_run)
    for language, word in zip(LANGUAGES, ("residents", "名居民"), strict=True):
        (line,) = report.lines(core_messages().speaking(language))
        assert word in line
        assert "{" not in line


def test_progress_reaches_its_end(database: Database, register: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    enter(database, register, progress=lambda *step: seen.append(step))
    assert seen[-1] == ("write", 5, 5)
