"""The one door for files to import: CSV or Excel, told by the content, read by a form."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Final

from linli.importing.csv_lines import Position, csv_lines, open_text
from linli.importing.encodings import detect_encoding
from linli.importing.faults import Fault, FaultLog
from linli.importing.forms import TITLE_ROWS, SheetColumn, SheetForm
from linli.importing.workbook import MarkedLine, Marks, is_workbook, workbook_lines
from linli.messages import Language

WORKBOOK: Final = "workbook"
ONLY_TEXT_COLUMNS: Final = "import.text_as_date"
FormRow = tuple[int, Mapping[str, str]]
"""Number of the row, and the texts of its cells by the names of the form's columns."""


def detect_kind(file: Path, form: SheetForm) -> str:
    """Return `WORKBOOK`, or the encoding of a CSV file.

    Raises:
        Undecidable: the encoding is not certain.
    """
    return WORKBOOK if is_workbook(file) else detect_encoding(file, form.is_known_header)


class FormReader:
    """Reads a file whose kind is known (see `detect_kind`); what is wrong goes into the log."""

    def __init__(self, file: Path, kind: str, form: SheetForm, log: FaultLog, language: Language) -> None:
        self._file = file
        self._kind = kind
        self._form = form
        self._log = log
        self._language = language
        self._labels: Mapping[str, str] = {}

    def rows(self, position: Position) -> Iterator[FormRow]:
        """Return the rows below the header, cells stripped of blanks at their ends.

        Blank rows and the unchanged sample are passed over, rows with a cell that is not to be trusted are
        told.

        Raises:
            Undecidable: it is a workbook that cannot be read.
        """
        at_row, header, below = self._header(self._lines(position))
        places = self._places(at_row, header)
        if places is None:
            return
        self._labels = {name: self._label(header, at) for name, at in places.items()}
        columns = {places[column.name]: column for column in self._form.columns if column.name in places}
        untitled = [at for at in range(len(header)) if at not in columns]
        samples = self._form.samples(places)
        for number, row, marks in below:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                self.fault(number, None, "import.ragged", found=len(row), wanted=len(header))
            elif not (marks or untitled) or self._is_sound(number, row, marks, columns, untitled):
                texts = {name: row[at].strip() for name, at in places.items()}
                if texts not in samples:
                    yield number, texts

    def fault(self, row: int, name: str | None, key: str, **params: object) -> None:
        """Note what is wrong with a row; the column is named as the file names it."""
        label = self._labels.get(name) if name else None
        self._log.add(Fault(self._file.name, row, label, key, params))

    def _lines(self, position: Position) -> Iterator[MarkedLine]:
        if self._kind == WORKBOOK:
            yield from workbook_lines(self._file, tuple(self._form.titles.values()), position)
            return
        with open_text(self._file, self._kind) as stream:
            for number, row in csv_lines(stream, self._file.name, self._log, position):
                yield number, row, {}

    def _header(self, lines: Iterator[MarkedLine]) -> tuple[int, Sequence[str], Iterator[MarkedLine]]:
        """Return number and cells of the header, and the lines below it; titles may stand above."""
        first = list(islice(lines, TITLE_ROWS))
        for at, (number, row, _) in enumerate(first):
            if self._form.is_header(row):
                return number, row, chain(first[at + 1 :], lines)
        number, row, _ = first[0] if first else (1, [], {})
        return number, row, chain(first[1:], lines)

    def _places(self, at_row: int, header: Sequence[str]) -> dict[str, int] | None:
        """Return where each column stands; a workbook may have empty ones without a title."""
        titled = [at for at, label in enumerate(header) if label.strip() or self._kind != WORKBOOK]
        labels = [(at, header[at]) for at in titled]
        return self._form.place(labels, at_row, self._file.name, self._log, self._language)

    def _label(self, header: Sequence[str], at: int) -> str:
        label = header[at].strip()
        return f"{column_letters(at)} {label}" if self._kind == WORKBOOK else label

    def _is_sound(
        self,
        number: int,
        row: Sequence[str],
        marks: Marks,
        columns: Mapping[int, SheetColumn],
        untitled: Sequence[int],
    ) -> bool:
        before = self._log.count
        for at, key in marks.items():
            if at in columns and (columns[at].text or key != ONLY_TEXT_COLUMNS):
                self.fault(number, columns[at].name, key)
        for at in untitled:
            if row[at].strip():
                self._log.add(Fault(self._file.name, number, column_letters(at), "import.untitled"))
        return self._log.count == before


def column_letters(at: int) -> str:
    """Return the letters by which a spreadsheet calls a column: A for 0, AA for 26."""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
