"""A table with anything wrong in it is refused whole, and each fault is named where it stands."""

import shutil
from pathlib import Path

import pytest

from linli.database.database import Database, open_database
from linli.importing.faults import KEPT
from linli.importing.grids import import_grids
from linli.messages import core_messages
from tests.support.imports import CUT, Rows, everything, spoken, with_row, write_cut

VILLAGE = CUT["villages.csv"][2]  # 水洞埭, on line 3


@pytest.fixture
def database(sqlite_path: Path, sqlite_template: Path) -> Database:
    """Nothing of a table with faults reaches a database, so one kind is enough."""
    shutil.copyfile(sqlite_template, sqlite_path)
    return open_database(f"sqlite:///{sqlite_path}")


def village(**cells: str) -> Rows:
    """A file of villages whose last row, on line 9, is odd in these cells."""
    row = dict(zip(CUT["villages.csv"][0], VILLAGE, strict=True)) | {"code": "330482001002"} | cells
    return with_row("villages.csv", list(row.values()))


def without(column: str) -> Rows:
    rows = CUT["villages.csv"]
    at = rows[0].index(column)
    return {"villages.csv": [[*row[:at], *row[at + 1 :]] for row in rows]}


def header(*labels: str) -> Rows:
    return {"villages.csv": [list(labels), *CUT["villages.csv"][1:]]}


NOWHERE = village(code="330482009001", streetCode="330482009")
ORPHAN = with_row("streets.csv", ["330483001", "某街道", "330483", "33", "3304"])
CASES = {
    "three digits": (village(code="330"), 9, "code", "import.code_length"),
    "a zero lost": (village(code="33048200100"), 9, "code", "import.code_length"),
    "a letter": (village(code="33048200100X"), 9, "code", "import.code_digits"),
    "full-width digits": (village(code="３３０４８２００１００２"), 9, "code", "import.code_digits"),
    "scientific notation": (village(code="3.30482E+11"), 9, "code", "import.code_digits"),
    "no code": (village(code=""), 9, "code", "import.code_digits"),
    "the same code again": (village(code="330482001001"), 9, "code", "import.code_twice"),
    "an unknown town": (NOWHERE, 9, "streetCode", "import.parent_unknown"),
    "another town's code": (village(streetCode="330482101"), 9, "streetCode", "import.parent_differs"),
    "another city's code": (village(cityCode="3305"), 9, "cityCode", "import.parent_differs"),
    "no name": (village(name=""), 9, "name", "import.empty"),
    "a blank name": (village(name="　 "), 9, "name", "import.empty"),
    "a long name": (village(name="村" * 121), 9, "name", "import.too_long"),
    "a control character": (village(name="水洞埭\x07社区"), 9, "name", "import.control_character"),
    "a direction override": (village(name="水洞埭\u202e社区"), 9, "name", "import.control_character"),
    "a lost sign": (village(name="水\ufffd埭社区"), 9, "name", "import.broken_text"),
    "a ragged row": (with_row("villages.csv", VILLAGE[:-1]), 9, None, "import.ragged"),
    "a row too long": (with_row("villages.csv", [*VILLAGE, "x"]), 9, None, "import.ragged"),
    "a missing column": (without("streetCode"), 1, None, "import.column_missing"),
    "a column twice": (header("code", *CUT["villages.csv"][0][:-1]), 1, None, "import.column_twice"),
    "an unknown column": (header(*CUT["villages.csv"][0][:-1], "area"), 1, None, "import.column_unknown"),
    "a province of zero": (with_row("provinces.csv", ["03", "某省"]), 5, "code", "import.code_length"),
    "an orphaned town": (ORPHAN, 6, "areaCode", "import.parent_unknown"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_named_and_nothing_is_written(database: Database, tmp_path: Path, case: str) -> None:
    changes, row, column, key = CASES[case]
    before = everything(database)
    report = import_grids(database, write_cut(tmp_path / "dist", changes))
    found = [(f.file, f.row, f.column, f.key) for f in report.faults]
    assert (next(iter(changes)), row, column, key) in found
    assert report.fault_count == len(found)
    assert report.created == 0
    assert everything(database) == before


def test_each_sentence_names_file_row_column_and_reason(database: Database, tmp_path: Path) -> None:
    folder = write_cut(tmp_path / "dist", village(streetCode="330482101"))
    (fault,) = import_grids(database, folder).faults
    said = spoken(fault)
    assert said["en"].startswith("villages.csv, line 9, column streetCode: ")
    assert said["zh-CN"].startswith("villages.csv 第 9 行“streetCode”列：")
    assert all("330482001002" in sentence and "{" not in sentence for sentence in said.values())


def test_all_faults_are_counted_and_the_first_are_kept(database: Database, tmp_path: Path) -> None:
    bad = [[*CUT["villages.csv"][0]]] + [["x", "某村", *VILLAGE[2:]]] * (KEPT + 50)
    report = import_grids(database, write_cut(tmp_path / "dist", {"villages.csv": bad}))
    assert (len(report.faults), report.fault_count) == (KEPT, KEPT + 50)
    lines = list(report.lines(core_messages().speaking("zh-CN")))
    assert len(lines) == KEPT + 1
    assert str(KEPT + 50) in lines[-1]


def test_a_missing_file_is_named(database: Database, tmp_path: Path) -> None:
    folder = write_cut(tmp_path / "dist")
    (folder / "streets.csv").unlink()
    report = import_grids(database, folder)
    assert (report.faults[0].file, report.faults[0].row) == ("streets.csv", 0)
    assert report.faults[0].key == "import.file_missing"
    assert spoken(report.faults[0])["zh-CN"].startswith("streets.csv：")


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_another_encoding_is_refused_not_misread(database: Database, tmp_path: Path, encoding: str) -> None:
    report = import_grids(database, write_cut(tmp_path / "dist", encoding=encoding))
    assert report.fault_count
    assert report.created == 0


def test_a_byte_that_is_not_utf8_is_found_on_its_line(database: Database, tmp_path: Path) -> None:
    folder = write_cut(tmp_path / "dist")
    file = folder / "villages.csv"
    file.write_bytes(file.read_bytes().replace("水洞埭".encode(), "水洞埭".encode("gb18030")))
    (fault,) = import_grids(database, folder).faults
    assert (fault.row, fault.column, fault.key) == (3, "name", "import.not_of_encoding")


def test_quotes_that_do_not_match_are_found(database: Database, tmp_path: Path) -> None:
    folder = write_cut(tmp_path / "dist")
    file = folder / "villages.csv"
    file.write_bytes(file.read_bytes().rstrip() + b'\n330482001003,"\xe6\x9f\x90')
    (fault,) = import_grids(database, folder).faults
    assert (fault.row, fault.key) == (9, "import.broken_quotes")


def test_a_cell_of_a_megabyte_is_refused(database: Database, tmp_path: Path) -> None:
    folder = write_cut(tmp_path / "dist", village(name="村" * 1_000_000))
    (fault,) = import_grids(database, folder).faults
    assert (fault.row, fault.key) == (9, "import.cell_too_long")


@pytest.mark.parametrize("ends", [b"\r\n", b"\r"])
def test_a_mark_of_utf8_and_other_ends_of_lines_are_read(
    database: Database, tmp_path: Path, ends: bytes
) -> None:
    folder = write_cut(tmp_path / "dist")
    for file in folder.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", ends))
    report = import_grids(database, folder)
    assert (report.fault_count, report.created) == (0, sum(len(rows) - 1 for rows in CUT.values()) + 3)


def test_columns_may_stand_in_any_order(database: Database, tmp_path: Path) -> None:
    order = ["cityCode", "code", "areaCode", "name", "provinceCode", "streetCode"]
    picks = [CUT["villages.csv"][0].index(label) for label in order]
    folder = write_cut(tmp_path / "dist")
    lines = [",".join(row[at] for at in picks) for row in CUT["villages.csv"]]
    (folder / "villages.csv").write_text("\n".join(lines), encoding="utf-8")
    assert import_grids(database, folder).fault_count == 0
