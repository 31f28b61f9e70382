"""Excel workbooks: templates to fill in, and rows to hand out. No cell of them is ever a formula."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range_abs

from linli.clock import PLACE_ZONE
from linli.importing.forms import SheetColumn, SheetForm
from linli.messages import Language, Translator

LAST_ROW: Final = 1_048_575  # counted from 0
WIDTH: Final = 18  # characters
WIDE: Final = 60
EXACT: Final = 10**15  # a spreadsheet keeps fifteen digits of a number
EARLIEST_YEAR: Final = 1900

TEXT: Final = {"num_format": 49}  # the spreadsheets' own format of texts, @
DAY: Final = {"num_format": "yyyy-mm-dd"}
MOMENT: Final = {"num_format": "yyyy-mm-dd hh:mm:ss"}
HEADER: Final = {**TEXT, "bold": True, "bg_color": "#DDE8F0", "border": 1}
REQUIRED: Final = {**HEADER, "bg_color": "#F7D9A8"}
SAMPLE: Final = {**TEXT, "italic": True, "font_color": "#808080"}
WRAPPED: Final = {**TEXT, "text_wrap": True, "valign": "top"}


class _Sheet:
    """One sheet, written row by row, downwards."""

    def __init__(self, book: Any, name: str) -> None:
        self._book = book
        self._formats: dict[int, Any] = {}
        self.sheet = book.add_worksheet(name)

    def style(self, style: dict[str, Any]) -> Any:
        if id(style) not in self._formats:
            self._formats[id(style)] = self._book.add_format(style)
        return self._formats[id(style)]

    def write(self, row: int, values: Iterable[object], style: dict[str, Any] = TEXT) -> None:
        """Write a row of values; texts, and numbers that a spreadsheet would round, go as texts."""
        for at, value in enumerate(values):
            if self._cell(row, at, value, style):
                raise ValueError(f"row {row + 1}, column {at + 1} is more than a workbook can hold")

    def _cell(self, row: int, at: int, value: object, style: dict[str, Any]) -> Any:
        match value:
            case None:
                return 0
            case bool():
                return self.sheet.write_boolean(row, at, value)
            case int() | float() | Decimal() if _is_exact(value):
                return self.sheet.write_number(row, at, value)
            case datetime() if value.year >= EARLIEST_YEAR:
                local = value.astimezone(PLACE_ZONE).replace(tzinfo=None) if value.tzinfo else value
                return self.sheet.write_datetime(row, at, local, self.style(MOMENT))
            case date() if value.year >= EARLIEST_YEAR:
                return self.sheet.write_datetime(row, at, value, self.style(DAY))
        return self.sheet.write_string(row, at, str(value), self.style(style))


def write_rows(file: Path, form: SheetForm, rows: Iterable[Sequence[object]], language: Language) -> None:
    """Write a workbook with one sheet: the form's header, and rows of values in the order of its columns.

    Texts stay texts whatever they begin with, and columns of text hold nothing else. Moments are written in
    the time of the place. A file of the same name is replaced once the new one is whole.

    Raises:
        ValueError: a row has more or fewer values than there are columns, there are more rows than a sheet
            can hold, or a text is too long; no file is written.
    """
    with _workbook(file) as book:
        sheet = _Sheet(book, form.titles[language])
        _head(sheet, form.columns, [column.titles[language] for column in form.columns])
        for at, row in enumerate(rows, 1):
            pairs = zip(row, form.columns, strict=True)
            sheet.write(at, [_as_text(value) if column.text else value for value, column in pairs])


def write_template(file: Path, form: SheetForm, texts: Translator) -> None:
    """Write a workbook to fill in: header, sample row, lists to choose from, and a sheet that explains.

    The sample row is passed over by the import as long as it is left as it is. A file of the same name is
    replaced.
    """
    mark, help_name, language = texts.text("template.required"), texts.text("template.sheet"), texts.language
    with _workbook(file) as book:
        sheet = _Sheet(book, form.titles[language])
        titles = [column.titles[language] + mark * column.required for column in form.columns]
        _head(sheet, form.columns, titles)
        sheet.write(1, [column.sample[language] for column in form.columns], SAMPLE)
        table = _explained(form, texts)
        _help(_Sheet(book, help_name), table)
        choosing = [at for at, column in enumerate(form.columns) if column.choices]
        for place, at in enumerate(choosing, len(table[0]) - len(choosing)):
            cells = xl_range_abs(1, place, len(form.columns[at].choices), place)
            offered = {"validate": "list", "source": f"='{help_name}'!{cells}"}
            sheet.sheet.data_validation(1, at, LAST_ROW, at, offered)


def _head(sheet: _Sheet, columns: Sequence[SheetColumn], titles: Sequence[str]) -> None:
    sheet.sheet.freeze_panes(1, 0)
    for at, (column, title) in enumerate(zip(columns, titles, strict=True)):
        sheet.sheet.set_column(at, at, WIDTH, sheet.style(TEXT) if column.text else None)
        sheet.sheet.write_string(0, at, title, sheet.style(REQUIRED if column.required else HEADER))


def _explained(form: SheetForm, texts: Translator) -> list[list[str | None]]:
    """Return the rows of the sheet that explains: a line for each column, then the choices, side by side."""
    language = texts.language
    choosing = [column for column in form.columns if column.choices]
    head = [texts.text(key) for key in ("template.column", "template.needed", "template.help")]
    table: list[list[str | None]] = [[*head, *(column.titles[language] for column in choosing)]]
    notes = [
        [
            column.titles[language],
            texts.text("template.yes") if column.required else "",
            column.help[language],
        ]
        for column in form.columns
    ]
    notes += [["", "", texts.text(key)] for key in ("template.sample", "template.text")]
    longest = max((len(column.choices) for column in choosing), default=0)
    for at in range(max(len(notes), longest)):
        offered = [column.choices[at][language] if at < len(column.choices) else None for column in choosing]
        table.append([*(notes[at] if at < len(notes) else [None] * len(head)), *offered])
    return table


def _help(sheet: _Sheet, table: Sequence[Sequence[str | None]]) -> None:
    sheet.sheet.set_column(0, len(table[0]) - 1, WIDTH)
    sheet.sheet.set_column(2, 2, WIDE)
    sheet.write(0, table[0], HEADER)
    for at, row in enumerate(table[1:], 1):
        sheet.write(at, row, WRAPPED)


def _is_exact(number: float | Decimal) -> bool:
    return math.isfinite(number) and -EXACT < number < EXACT


def _as_text(value: object) -> str | None:
    return None if value is None else str(value)


@contextmanager
def _workbook(file: Path) -> Iterator[Any]:
    """Write a workbook beside its place, and put it there when it is whole."""
    with TemporaryDirectory(prefix=".linli-", dir=file.parent) as folder:
        whole = Path(folder) / file.name
        # After a fault it is closed too, or files would stay open; nothing of it leaves the folder.
        with Workbook(whole, {"constant_memory": True, "tmpdir": folder}) as book:
            yield book
        whole.replace(file)
