"""Registers in Excel workbooks: entered like CSV, and each doubtful cell is told where it stands."""

import shutil
import tracemalloc
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from linli.commands.main import application
from linli.database.database import Database, open_database
from linli.importing.columns import RESIDENTS
from linli.importing.faults import FaultLog
from linli.importing.form_rows import FormReader, column_letters, detect_kind
from linli.importing.grids import import_grids
from linli.importing.residents import ResidentReport, import_residents
from linli.importing.workbook import workbook_lines
from linli.vault import Vault
from tests.core.deployed import Deployed
from tests.support.imports import counts_are_exact, everything, people, spoken, write_csv, write_cut
from tests.support.workbooks import Fill, part, with_parts, write_workbook

HEADER = ["姓名", "网格编码", "出生日期", "手机号", "身份证号", "户号", "与户主关系"]
WATER, NORTH = "330482001001", "330482001201"
ROWS: list[list[Any]] = [
    ["王小明", WATER, "1980-01-31", "13800005678", "", "3-2-501", "户主"],
    ["张丽华", WATER, "1982-03-05", "", "", "3-2-501", "配偶"],
    ["王浩然", WATER, "", "", "330482201003050016", "3-2-501", "子女"],
    ["李四", NORTH, "1950-12-01", "057385012345", "330422195012010011", "第三组12号", "户主"],
]
AS_NUMBERS: list[list[Any]] = [
    ["王小明", int(WATER), date(1980, 1, 31), 13800005678, "", "3-2-501", "户主"],
    ["张丽华", int(WATER), datetime(1982, 3, 5), "", "", "3-2-501", "配偶"],  # noqa: DTZ001 - sheets know no zone
    ["王浩然", int(WATER), "", "", "330482201003050016", "3-2-501", "子女"],
    ["李四", int(NORTH), 19501201, 57385012345, "330422195012010011", "第三组12号", "户主"],
]
GOOD: list[Any] = ["王小明", WATER, "2010-03-05", "13800005678", "330482201003050016", "3-2-501", "户主"]


@pytest.fixture(scope="module")
def territory(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Database:
    """A territory for dry runs."""
    folder = tmp_path_factory.mktemp("workbooks")
    shutil.copyfile(sqlite_template, folder / "linli.db")
    database = open_database(f"sqlite:///{folder / 'linli.db'}")
    import_grids(database, write_cut(folder / "dist"))
    return database


def check(database: Database, file: Path) -> ResidentReport:
    return import_residents(database, Vault(b"k" * 32), file, dry_run=True)


def told(report: ResidentReport) -> list[tuple[int, str | None, str]]:
    for fault in report.faults:
        assert not any("{" in sentence or "330482201" in sentence for sentence in spoken(fault).values())
    return [(fault.row, fault.column, fault.key) for fault in report.faults]


@pytest.mark.parametrize("rows", [ROWS, AS_NUMBERS])
def test_a_workbook_enters_what_the_same_csv_enters(
    place: Deployed, tmp_path: Path, rows: list[list[Any]]
) -> None:
    database, vault = place.database, Vault(b"k" * 32)
    import_grids(database, write_cut(tmp_path / "dist"))
    seen: list[tuple[str, int, int]] = []
    file = write_workbook(tmp_path / "register.xlsx", [HEADER, *rows])
    report = import_residents(database, vault, file, lambda *step: seen.append(step))
    assert (report.created, report.households, report.fault_count) == (4, 2, 0)
    assert seen[-1] == ("write", 4, 4)
    assert counts_are_exact(database)
    entered = people(database)
    again = import_residents(database, vault, write_csv(tmp_path / "same.csv", [HEADER, *ROWS]))
    assert (again.created, again.known) == (0, 4)
    assert people(database) == entered


def test_a_dry_run_writes_nothing(territory: Database, tmp_path: Path) -> None:
    before = everything(territory)
    report = check(territory, write_workbook(tmp_path / "register.xlsx", [HEADER, *ROWS]))
    assert (report.created, report.rows, report.fault_count) == (4, 4, 0)
    assert everything(territory) == before


CELLS = [
    ("D", 1.5, "import.bad_phone"),
    ("E", 330482201003050016, "import.digits_lost"),
    ("D", 13800005678000000, "import.digits_lost"),
    ("B", 330482001001000000, "import.digits_lost"),
    ("E", 330482100305001, "import.id_old"),  # fifteen digits are kept
    ("F", date(2026, 3, 2), "import.text_as_date"),
    ("F", datetime(2026, 3, 2, 5, 1), "import.text_as_date"),  # noqa: DTZ001 - sheets know no zone
    ("F", time(3, 2), "import.text_as_date"),
    ("C", 40242, "import.date_serial"),
    ("C", datetime(2010, 3, 5, 13, 30), "import.bad_date"),  # noqa: DTZ001 - sheets know no zone
    ("A", "王\x07明", "import.control_character"),
    ("A", "#N/A", "import.error_value"),
    ("B", True, "import.grid_unknown"),
]


@pytest.mark.parametrize(("letter", "value", "key"), CELLS)
def test_a_doubtful_cell_is_told_by_row_and_letter(
    territory: Database, tmp_path: Path, letter: str, value: object, key: str
) -> None:
    at = "ABCDEFG".index(letter)

    def fill(book: Any, page: Any) -> None:
        if isinstance(value, time):
            page.write_datetime(3, at, value, book.add_format({"num_format": "hh:mm"}))

    odd = [value if i == at and not isinstance(value, time) else cell for i, cell in enumerate(GOOD)]
    file = write_workbook(tmp_path / "register.xlsx", [HEADER, [], [], odd], fill=fill)
    assert told(check(territory, file)) == [(4, f"{letter} {HEADER[at]}", key)]


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"])
def test_the_error_of_a_formula_is_told_also_where_a_cell_may_be_empty(
    territory: Database, tmp_path: Path, error: str
) -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_formula(1, 3, "=VLOOKUP(1,A:B,2)", None, error)

    file = write_workbook(tmp_path / "register.xlsx", [HEADER, GOOD], fill=fill)
    assert told(check(territory, file)) == [(2, "D 手机号", "import.error_value")]


def test_a_formula_is_read_as_the_value_that_was_stored(tmp_path: Path) -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_formula(1, 0, '="王"&"小明"', None, "王小明")
        page.write_formula(1, 1, "=330482001000+1", None, 330482001001)
        page.write_formula(1, 2, "=0.1+0.2", None, 0.1 + 0.2)
        page.write_boolean(1, 3, True)
        page.write_number(1, 4, -0.00001)

    file = write_workbook(tmp_path / "a.xlsx", [], fill=fill)
    assert [line for _, line, _ in lines(file)] == [["王小明", "330482001001", "0.3", "TRUE", "-0.00001"]]


def lines(file: Path, *names: str) -> list[tuple[int, list[str], Any]]:
    return list(workbook_lines(file, names, lambda _done: None))


def test_titles_blank_rows_and_headings_of_groups_are_passed_over(
    territory: Database, tmp_path: Path
) -> None:
    def fill(_book: Any, page: Any) -> None:
        page.merge_range("A1:G1", "水洞埭社区居民花名册")
        page.merge_range("A7:G7", "第二组")

    title = [["", "制表：王"], [], [*HEADER, "", ""], *ROWS[:2], [], [], *ROWS[2:], [" "]]
    file = write_workbook(tmp_path / "register.xlsx", [[], *title], fill=fill)
    report = check(territory, file)
    assert (report.rows, report.fault_count) == (4, 0), told(report)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_titles_above_the_header_of_csv_are_passed_over(
    territory: Database, tmp_path: Path, encoding: str
) -> None:
    rows = [["水洞埭社区居民花名册"], ["制表：王", "2026年"], HEADER, *ROWS, GOOD[:2]]
    report = check(territory, write_csv(tmp_path / "register.csv", rows, encoding))
    assert told(report) == [(8, None, "import.ragged")]


def test_a_table_that_begins_beside_the_corner_is_read(territory: Database, tmp_path: Path) -> None:
    rows = [[], [], *([""] * 2 + row for row in ([HEADER, *ROWS[:3]]))]
    rows[-1] = [*rows[-1][:6], "x" * 19, *rows[-1][7:]]
    faults = told(check(territory, write_workbook(tmp_path / "register.xlsx", rows)))
    assert faults == [(6, "G 身份证号", "import.id_form")]


def test_cells_that_were_merged_over_rows_are_told(territory: Database, tmp_path: Path) -> None:
    def fill(_book: Any, page: Any) -> None:
        page.merge_range("F2:F4", "3-2-501")

    file = write_workbook(tmp_path / "register.xlsx", [HEADER, *ROWS], fill=fill)
    assert told(check(territory, file)) == [(row, "F 户号", "import.merged") for row in (2, 3, 4)]


def test_a_value_in_a_column_without_a_title_is_told(territory: Database, tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "register.xlsx", [HEADER, [*ROWS[0], "", "电话错"]])
    assert told(check(territory, file)) == [(2, "I", "import.untitled")]


def test_a_header_that_is_not_known_is_told(territory: Database, tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "register.xlsx", [[], [*HEADER[:3], "备注"], GOOD[:4]])
    assert told(check(territory, file)) == [(2, None, "import.column_unknown")]
    bare = check(territory, write_workbook(tmp_path / "bare.xlsx", []))
    assert {key for _, _, key in told(bare)} == {"import.column_missing"}


def add(name: str, rows: list[list[Any]], *, hidden: bool = False) -> Fill:
    def fill(book: Any, first: Any) -> None:
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        if hidden:
            sheet.activate()
            first.hide()

    return fill


@pytest.mark.parametrize(
    ("fill", "found"),
    [
        (add("Other", [["other"]]), "first"),
        (add("Other", [["other"]], hidden=True), "other"),
        (add("居民", [["named"]]), "named"),
        (add("Residents", [["named"]]), "named"),
    ],
    ids=["first", "seen", "named-zh", "named-en"],
)
def test_the_sheet_of_the_importer_or_the_first_that_is_seen(tmp_path: Path, fill: Fill, found: str) -> None:
    file = write_workbook(tmp_path / "a.xlsx", [["first"]], fill=fill)
    assert [row for _, row, _ in lines(file, "Residents", "居民")] == [[found]]


@pytest.mark.parametrize("name", ["register.csv", "register", "register.xls", "register.XLSX"])
def test_the_content_decides_and_not_the_name(territory: Database, tmp_path: Path, name: str) -> None:
    assert check(territory, write_workbook(tmp_path / name, [HEADER, *ROWS])).created == 4


def test_csv_under_the_name_of_a_workbook_is_csv(territory: Database, tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "gb18030"):
        assert check(territory, write_csv(tmp_path / "a.xlsx", [HEADER, *ROWS], encoding)).created == 4


SHEET = "xl/worksheets/sheet1.xml"
CELL = '<c r="{0}{1}" t="inlineStr"><is><t>{1}</t></is></c>'


def test_a_hundred_thousand_rows_are_not_held_at_once(tmp_path: Path) -> None:
    cells = "".join(
        f'<row r="{n}">{"".join(CELL.format(letter, n) for letter in "AB")}</row>' for n in range(2, 100_002)
    )
    file = write_workbook(tmp_path / "register.xlsx", [HEADER[:2]])
    sheet = part(file, SHEET).replace(b"</sheetData>", cells.encode() + b"</sheetData>")
    with_parts(file, {SHEET: sheet})
    reader = FormReader(file, detect_kind(file, RESIDENTS), RESIDENTS, FaultLog(), "en")
    steps: list[int] = []
    tracemalloc.start()
    try:
        count = sum(1 for _ in reader.rows(steps.append))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 100_000
    assert peak < 4 << 20
    assert len(steps) == 5
    assert steps == sorted(steps)
    assert 0 < steps[0] < steps[-1] <= file.stat().st_size


def test_columns_are_called_as_a_spreadsheet_calls_them() -> None:
    assert [column_letters(at) for at in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


def test_the_command_tells_faults_and_counts_of_a_workbook(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "linli.db")
    database = open_database(f"sqlite:///{tmp_path / 'linli.db'}")
    import_grids(database, write_cut(tmp_path / "dist"))
    monkeypatch.setenv("LINLI_DATABASE__URL", f"sqlite:///{tmp_path / 'linli.db'}")
    monkeypatch.setenv("LINLI_LANG", "zh_CN.UTF-8")
    run, config = CliRunner(), str(tmp_path / "place" / "linli.toml")
    assert run.invoke(application(), ["init", str(tmp_path / "place")]).exit_code == 0
    command = ["import", "residents", "--dry-run", "--config", config]
    good = write_workbook(tmp_path / "good.xlsx", [HEADER, *ROWS])
    done = run.invoke(application(), [*command, str(good)])
    assert (done.exit_code, "将登记 4 名居民" in done.output) == (0, True), done.output
    odd = [*GOOD[:4], 330482201003050016, *GOOD[5:]]
    done = run.invoke(application(), [*command, str(write_workbook(tmp_path / "bad.xlsx", [HEADER, odd]))])
    assert done.exit_code == 1
    assert "bad.xlsx 第 2 行“E 身份证号”列：电子表格将此格存为数字" in done.output
    assert not people(database)
