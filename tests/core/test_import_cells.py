"""Each bad cell of a register is named with file, row, column and reason, never with its value."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import update

from linli import model as t
from linli.clock import now, today
from linli.database.database import Database, open_database
from linli.importing.faults import Fault
from linli.importing.grids import import_grids
from linli.importing.residents import ImportOptions, ResidentReport, import_residents
from linli.vault import Vault
from tests.support.imports import everything, people, spoken, write_csv, write_cut

WATER = "330482001001"
GOOD = {
    "姓名": "王小明",
    "网格编码": WATER,
    "出生日期": "2010-03-05",
    "手机号": "13800005678",
    "身份证号": "330482201003050016",
    "户号": "3-2-501",
    "与户主关系": "户主",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Database:
    """A territory that no test changes; faults are found before anything reaches a database."""
    folder = tmp_path_factory.mktemp("cells")
    shutil.copyfile(sqlite_template, folder / "linli.db")
    database = open_database(f"sqlite:///{folder / 'linli.db'}")
    import_grids(database, write_cut(folder / "dist"))
    with database.begin() as connection:
        connection.execute(update(t.grid).where(t.grid.c.code == "330482101202").values(valid_to=now()))
        connection.execute(update(t.grid).where(t.grid.c.code == "330482101006").values(code="0101"))
    return database


def enter(database: Database, file: Path, rows: list[list[str]], encoding: str = "utf-8") -> ResidentReport:
    options = ImportOptions(language="zh-CN")
    return import_residents(database, Vault(b"k" * 32), write_csv(file, rows, encoding), options=options)


def only(report: ResidentReport) -> Fault:
    assert (report.fault_count, report.created) == (1, 0), [fault.key for fault in report.faults]
    return report.faults[0]


CELLS = [
    ("姓名", "", "import.empty"),
    ("姓名", "　 ", "import.empty"),
    ("姓名", "王" * 81, "import.too_long"),
    ("姓名", "王\x07明", "import.control_character"),
    ("姓名", "王\u202e明", "import.control_character"),
    ("姓名", "王\ufffd明", "import.broken_text"),
    ("姓名", "王小\n明", "import.control_character"),
    ("网格编码", "", "import.empty"),
    ("网格编码", "330482009009", "import.grid_unknown"),
    ("网格编码", "33048200100", "import.grid_unknown"),
    ("网格编码", "3.30482E+11", "import.scientific"),
    ("网格编码", "330482001001.0", "import.decimal"),
    ("网格编码", "３３０４８２００１００１", "import.full_width"),
    ("网格编码", "101", "import.grid_zeros"),
    ("网格编码", "330482101202", "import.grid_closed"),
    ("网格编码", "330482001", "import.grid_level"),
    ("网格编码", "330482", "import.grid_level"),
    ("网格编码", "9" * 33, "import.too_long"),
    ("出生日期", "2026/2/29", "import.no_such_day"),
    ("出生日期", "31.02.1990", "import.bad_date"),
    ("出生日期", "1990-1/2", "import.bad_date"),
    ("出生日期", "1990", "import.bad_date"),
    ("出生日期", "45000", "import.date_serial"),
    ("出生日期", "32874.5", "import.date_serial"),
    ("出生日期", "2010-03-05T00:00:00+08:00", "import.bad_date"),
    ("出生日期", "2199-01-01", "import.impossible_birth"),
    ("出生日期", "1899-12-31", "import.impossible_birth"),
    ("出生日期", "2010-03-06", "import.birth_differs"),
    ("手机号", "1.38E+10", "import.scientific"),
    ("手机号", "１３８００００５６７８", "import.full_width"),
    ("手机号", "13800005678.0", "import.decimal"),
    ("手机号", "1380000567", "import.bad_phone"),
    ("手机号", "12000005678", "import.bad_phone"),
    ("手机号", "无", "import.bad_phone"),
    ("手机号", "13800005678/13900005678", "import.bad_phone"),
    ("身份证号", "330482201003050017", "import.id_check_digit"),
    ("身份证号", "3.30E+17", "import.scientific"),
    ("身份证号", "330482201003050000", "import.id_rounded"),
    ("身份证号", "33048220100305001", "import.id_length"),
    ("身份证号", "330482100305001", "import.id_old"),
    ("身份证号", "３３０４８２２０１００３０５００１６", "import.full_width"),
    ("身份证号", "33048220100305O016", "import.id_form"),
    ("身份证号", "护照E12345678", "import.id_form"),
    ("户号", "2003/2/5", "import.label_as_date"),
    ("户号", "3月2日", "import.label_as_date"),
    ("户号", "2-Mar", "import.label_as_date"),
    ("户号", "室" * 81, "import.too_long"),
]


@pytest.mark.parametrize(("column", "value", "key"), CELLS)
def test_a_bad_cell_is_named_where_it_stands(
    place: Database, tmp_path: Path, column: str, value: str, key: str
) -> None:
    before = everything(place)
    odd = GOOD | {column: value}
    fault = only(enter(place, tmp_path / "register.csv", [list(odd), list(odd.values())]))
    assert (fault.file, fault.row, fault.column, fault.key) == ("register.csv", 2, column, key)
    for sentence in spoken(fault).values():
        assert not value.strip() or value not in sentence
        assert "{" not in sentence
    assert everything(place) == before


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("99048220100305001", "import.id_birth"),
        ("33048220101305001", "import.id_birth"),
        ("33048220100230001", "import.id_birth"),
        ("33048221990101001", "import.id_birth"),
    ],
)
def test_a_number_must_tell_a_possible_place_and_day(
    place: Database, tmp_path: Path, number: str, key: str
) -> None:
    from stdnum.cn import ric

    number += ric.calc_check_digit(f"{number}0")
    odd = GOOD | {"身份证号": number, "出生日期": ""}
    assert only(enter(place, tmp_path / "register.csv", [list(odd), list(odd.values())])).key == key


@pytest.mark.parametrize(
    "value",
    ["2010/3/5", "2010.3.5", "20100305", "2010年3月5日", "2010-03-05 00:00:00", "2010/3/5 0:00", ""],
)
def test_dates_of_birth_are_read_in_these_forms(place: Database, tmp_path: Path, value: str) -> None:
    row = GOOD | {"出生日期": value}
    assert enter(place, tmp_path / "register.csv", [list(row), list(row.values())]).fault_count == 0
    ending(place)


@pytest.mark.parametrize("value", ["'330482201003050016", "\t330482201003050016", "330482 20100305 0016"])
def test_what_keeps_a_spreadsheet_from_rounding_is_taken_off(
    place: Database, tmp_path: Path, value: str
) -> None:
    row = GOOD | {"身份证号": value}
    assert enter(place, tmp_path / "register.csv", [list(row), list(row.values())]).fault_count == 0
    (person,) = people(place)
    assert person[3] == "330*************16"
    ending(place)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("138 0000 5678", "138****5678"),
        ("0573-85012345", "057****2345"),
        ("57385012345", "057****2345"),  # a spreadsheet took the zero, and there is no other number it can be
        ("+86 13800005678", "138****5678"),
        ("400-123-4567", "****67"),
        ("+852 2345 6789", "+85****6789"),
    ],
)
def test_telephone_numbers_are_read_in_these_forms(
    place: Database, tmp_path: Path, value: str, masked: str
) -> None:
    row = GOOD | {"手机号": value}
    assert enter(place, tmp_path / "register.csv", [list(row), list(row.values())]).fault_count == 0
    assert [person[2] for person in people(place)] == [masked]
    ending(place)


def ending(database: Database) -> None:
    """Take out the one person that a test has entered."""
    with database.begin() as connection:
        for table in (t.residence, t.resident, t.household, t.rollup_delta, t.import_run):
            connection.execute(table.delete())


def test_rows_of_the_same_person_are_told(place: Database, tmp_path: Path) -> None:
    nameless = GOOD | {"身份证号": "", "手机号": "", "与户主关系": ""}
    rows = [list(GOOD), *(list(row.values()) for row in (GOOD, GOOD | {"姓名": "别名"}, nameless, nameless))]
    report = enter(place, tmp_path / "register.csv", rows)
    told = [(fault.row, fault.column, fault.key, fault.params.get("first")) for fault in report.faults]
    assert told == [
        (3, "身份证号", "import.id_twice", 2),
        (3, "与户主关系", "import.second_head", 2),
        (5, None, "import.person_twice", 4),
    ]


HEADERS = [
    (["姓 名", " 所属网格 ", "*出生年月日", "联系电话", "公民身份号码", "门牌号", "户主关系"], None),
    (["Name", "Grid Code", "Date of Birth", "Mobile", "ID Number", "Household", "Relation to head"], None),
    (["\u3000姓名（必填）", "网格编号", "生日", "手机", "身份证", "户", "与户主的关系"], None),
    (["姓名", "出生日期", "手机号", "身份证号", "户号", "与户主关系", "备注"], ["grid_code", "备注"]),
    (["姓名", "姓名", "网格编码", "手机号", "身份证号", "户号", "与户主关系"], ["姓名"]),
    (["姓名", "网格编码", "手机号", "电话", "身份证号", "户号", "与户主关系"], ["电话"]),
    (["姓名", "网格编码", "出生日期", "手机号", "身份证号", "户号", ""], ["#7"]),
]


@pytest.mark.parametrize(("header", "named"), HEADERS)
def test_columns_are_known_by_many_names_or_refused(
    place: Database, tmp_path: Path, header: list[str], named: list[str] | None
) -> None:
    report = enter(place, tmp_path / "register.csv", [header, list(GOOD.values())])
    if named is None:
        assert report.created == 1
        ending(place)
        return
    assert {fault.row for fault in report.faults} == {1}
    shown = {"网格编码" if name == "grid_code" else name for name in named}
    assert {fault.params["name"] for fault in report.faults} == shown


def test_a_missing_column_is_named_in_the_readers_language(place: Database, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "register.csv", [["name"], ["Wang"]])
    (fault,) = import_residents(place, Vault(b"k" * 32), file).faults
    assert "grid_code" in spoken(fault)["en"]


@pytest.mark.parametrize(
    ("content", "row", "key"),
    [
        ("姓名,网格编码\n王,330482001001,x\n", 2, "import.ragged"),
        ('姓名,网格编码\n王,330482001001\n"李,330482001001\n', 3, "import.broken_quotes"),
        ('姓名,网格编码\n"王"x,330482001001\n', 2, "import.broken_quotes"),
        (f"姓名,网格编码\n{'王' * 200_000},330482001001\n", 2, "import.cell_too_long"),
        ("", 1, "import.column_missing"),
    ],
)
def test_what_is_no_sound_csv_is_told(
    place: Database, tmp_path: Path, content: str, row: int, key: str
) -> None:
    file = tmp_path / "register.csv"
    file.write_text(content, encoding="utf-8")
    report = import_residents(place, Vault(b"k" * 32), file)
    assert (report.faults[0].row, report.faults[0].key) == (row, key)
    assert not people(place)


@pytest.mark.parametrize(
    ("encoding", "row", "key"), [("utf-16", 1, "import.wide_encoding"), ("big5", 2, "import.unsure_encoding")]
)
def test_an_encoding_that_is_not_certain_is_told(
    place: Database, tmp_path: Path, encoding: str, row: int, key: str
) -> None:
    rows = [["name", "grid_code"], ["張麗華", WATER]]
    fault = only(enter(place, tmp_path / "register.csv", rows, encoding))
    assert (fault.row, fault.column, fault.key) == (row, None, key)


def test_somebody_born_today_is_read(place: Database, tmp_path: Path) -> None:
    row = GOOD | {"身份证号": "", "出生日期": today().isoformat()}
    assert enter(place, tmp_path / "register.csv", [list(row), list(row.values())]).created == 1
    ending(place)
