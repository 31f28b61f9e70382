"""Templates and exports: what is written for people can be filled in, read again, and runs nothing."""

import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from linli.commands.main import application
from linli.exporting.workbook import write_rows, write_template
from linli.importing.columns import RESIDENTS
from linli.importing.faults import FaultLog
from linli.importing.form_rows import FormReader, detect_kind
from linli.importing.forms import SheetColumn, SheetForm, words
from linli.importing.grids import import_grids
from linli.importing.residents import import_residents
from linli.importing.workbook import workbook_lines
from linli.messages import LANGUAGES, Language, core_messages
from linli.vault import Vault
from tests.core.deployed import Deployed
from tests.support.imports import people, write_cut
from tests.support.workbooks import part, write_workbook

WATER = "330482001001"
AWARD = SheetForm(
    words("Awards", "积分发放"),
    (
        SheetColumn(
            "member", words("Phone or member", "手机号或会员号"), words("Who.", "对象。"), required=True
        ),
        SheetColumn(
            "activity",
            words("Activity", "活动"),
            words("What for.", "事由。"),
            choices=tuple(words(f"Item {n}, a", f"活动{n}，甲") for n in range(40)),
        ),
        SheetColumn("day", words("Date", "日期"), words("When.", "时间。"), text=False),
        SheetColumn("quantity", words("Quantity", "数量"), words("How many.", "数量。"), text=False),
    ),
)


def lines(file: Path, *names: str) -> list[list[str]]:
    return [row for _, row, _ in workbook_lines(file, names, lambda _done: None)]


def filled(file: Path, form: SheetForm) -> tuple[list[dict[str, str]], FaultLog]:
    log = FaultLog()
    reader = FormReader(file, detect_kind(file, form), form, log, "en")
    return [dict(texts) for _, texts in reader.rows(lambda _done: None)], log


def command(*arguments: str, language: str = "zh_CN.UTF-8") -> Any:
    return CliRunner().invoke(application(), ["template", *arguments], env={"LINLI_LANG": language})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_that_is_filled_in_is_imported(
    place: Deployed, tmp_path: Path, language: Language
) -> None:
    import_grids(place.database, write_cut(tmp_path / "dist"))
    template, vault = tmp_path / "template.xlsx", Vault(b"k" * 32)
    done = command("residents", str(template), "--lang", language)
    assert done.exit_code == 0, done.output
    empty = import_residents(place.database, vault, template)
    assert (empty.rows, empty.fault_count) == (0, 0)
    header, sample = lines(template, *RESIDENTS.titles.values())
    head = RESIDENTS.columns[-1].choices[0][language]
    person = ["王小明", WATER, "1980-01-31", "13800005678", "", "3-2-501", head]
    file = write_workbook(tmp_path / "filled.xlsx", [header, sample, person])
    report = import_residents(place.database, vault, file)
    assert (report.created, report.fault_count) == (1, 0)
    assert people(place.database)[0][0] == "王小明"


def test_a_sample_that_was_changed_is_a_row_like_others(tmp_path: Path) -> None:
    write_template(tmp_path / "a.xlsx", RESIDENTS, core_messages().speaking("zh-CN"))
    header, sample = lines(tmp_path / "a.xlsx")
    file = write_workbook(tmp_path / "b.xlsx", [header, ["李四", *sample[1:]], sample])
    rows, log = filled(file, RESIDENTS)
    assert [row["name"] for row in rows] == ["李四"]
    assert log.count == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_keeps_texts_and_offers_choices(tmp_path: Path, language: Language) -> None:
    file = tmp_path / "a.xlsx"
    write_template(file, AWARD, core_messages(strict=True).speaking(language))
    sheet, styles = part(file, "xl/worksheets/sheet1.xml").decode(), part(file, "xl/styles.xml").decode()
    first = sheet.index('<col min="1" max="2"')
    style = int(sheet[first:].split('style="')[1].split('"')[0])
    formats = styles.split("<cellXfs")[1].split("<xf ")[1:]
    assert 'numFmtId="49"' in formats[style]  # text
    assert '<col min="3" max="4"' in sheet
    help_name = core_messages().text("template.sheet", language)
    assert f"<formula1>'{help_name}'!$D$2:$D$41</formula1>" in sheet
    assert 'sqref="B2:B1048576"' in sheet
    explained = lines(file, help_name)
    assert [row[0] for row in explained[1:5]] == [column.titles[language] for column in AWARD.columns]
    assert [row[3] for row in explained[1:41]] == [c[language] for c in AWARD.columns[1].choices]
    marked = [title for title in lines(file)[0] if title.endswith((" (required)", "（必填）"))]
    assert marked == lines(file)[0][:1]


def test_a_form_of_a_plugin_reads_numbers_days_and_both_languages(tmp_path: Path) -> None:
    header = ["Phone or member", "活动", " date ", "Quantity"]
    rows: list[list[Any]] = [
        header,
        [13800005678, "扫雪", date(2026, 3, 2), 3],
        ["007", "x", "2026-03-02", 1.5],
    ]
    read, log = filled(write_workbook(tmp_path / "a.xlsx", rows), AWARD)
    assert log.count == 0
    assert read == [
        {"member": "13800005678", "activity": "扫雪", "day": "2026-03-02", "quantity": "3"},
        {"member": "007", "activity": "x", "day": "2026-03-02", "quantity": "1.5"},
    ]


INJECTIONS = [
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://x")',
    "\t=1",
    "{=1}",
    "http://x.example",
    "=cmd|' /C calc'!A0",
]


def test_what_is_handed_out_holds_no_formula(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    write_rows(file, AWARD, [[text] * 4 for text in INJECTIONS], "zh-CN")
    assert lines(file)[1:] == [[text] * 4 for text in INJECTIONS]
    with zipfile.ZipFile(file) as packed:
        sheets = [packed.read(name) for name in packed.namelist() if "worksheets/" in name]
    assert len(sheets) == 1
    assert b"<f>" not in sheets[0]
    assert b"hyperlink" not in sheets[0].lower().replace(b"=hyperlink", b"")


def test_values_are_handed_out_exactly(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    moment = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    given: list[list[object]] = [
        ["330482201003050016", None, date(2026, 3, 2), 3],
        [13800005678, "x", moment, Decimal("1.25")],
        ["007", "x", date(1899, 1, 1), 330482201003050016],
        ["007", "x", True, float("nan")],
    ]
    write_rows(file, AWARD, given, "en")
    assert lines(file) == [
        ["Phone or member", "Activity", "Date", "Quantity"],
        ["330482201003050016", "", "2026-03-02", "3"],
        ["13800005678", "x", "2026-03-02 00:30:00", "1.25"],
        ["007", "x", "1899-01-01", "330482201003050016"],
        ["007", "x", "TRUE", "nan"],
    ]


@pytest.mark.parametrize("row", [["x" * 32_768, "", "", ""], ["x"], ["x"] * 5])
def test_what_cannot_be_written_whole_is_not_written(tmp_path: Path, row: list[str]) -> None:
    file = tmp_path / "a.xlsx"
    file.write_text("before")
    with pytest.raises(ValueError, match=r"row 3|argument"):
        write_rows(file, AWARD, [["x"] * 4, row], "en")
    assert file.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


@pytest.mark.parametrize(("name", "word"), [("a.xlsx", "已存在"), ("a.csv", ".xlsx")])
def test_a_file_that_exists_is_left_as_it_is(tmp_path: Path, name: str, word: str) -> None:
    (tmp_path / "a.xlsx").write_text("filled in")
    done = command("residents", str(tmp_path / name))
    assert done.exit_code == 1
    assert word in done.output
    assert (tmp_path / "a.xlsx").read_text() == "filled in"
    assert len(list(tmp_path.iterdir())) == 1


def test_the_template_speaks_the_language_of_the_keyboard(tmp_path: Path) -> None:
    assert command("residents", str(tmp_path / "a.xlsx"), language="en").exit_code == 0
    assert lines(tmp_path / "a.xlsx")[0][0] == "name (required)"


def test_the_form_in_the_guide_is_one(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "plugin-author.md").read_text(encoding="utf-8")
    block = guide[guide.index("## 11.") :].split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(block, names)  # noqa: S102 - our own page
    write_template(tmp_path / "a.xlsx", names["FORM"], core_messages().speaking("en"))
    assert filled(tmp_path / "a.xlsx", names["FORM"])[0] == []
    given = {"grid_code": "…", "text": "…", "day": "2026-03-02"}
    file = write_workbook(tmp_path / "b.xlsx", [list(given), ["…", "…", date(2026, 3, 2)]])
    assert filled(file, names["FORM"])[0] == [given]


def test_a_form_whose_columns_cannot_be_told_apart_is_refused() -> None:
    one, two = (SheetColumn(name, words("Grid code", "网格"), words("")) for name in ("a", "b"))
    with pytest.raises(ValueError, match="a and b"):
        SheetForm(words("x"), (one, two))
