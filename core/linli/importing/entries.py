"""Rows of a register of residents, each read by itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from linli.importing import cells
from linli.importing.columns import place_columns
from linli.importing.csv_lines import Line, Position, csv_lines, open_text
from linli.importing.faults import Fault, FaultLog
from linli.messages import Language

READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "name": cells.read_name,
    "grid_code": cells.read_code,
    "birth_date": cells.read_birth_date,
    "phone": cells.read_phone,
    "id_number": cells.read_id_number,
    "household": cells.read_label,
    "relation": cells.read_relation,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of a register; `row` is the line where the person's row begins."""

    row: int
    name: str
    grid_code: str
    birth_date: date | None = None
    phone: str | None = None
    id_number: str | None = None
    household: str | None = None
    is_head: bool = False


class EntryReader:
    """Reads a file whose encoding is known; what is wrong goes into the log."""

    def __init__(self, file: Path, encoding: str, log: FaultLog, language: Language) -> None:
        self._file = file
        self._encoding = encoding
        self._log = log
        self._language = language
        self.labels: Mapping[str, str] = {}

    def entries(self, position: Position) -> Iterator[Entry]:
        """Return the sound rows."""
        with open_text(self._file, self._encoding) as stream:
            lines = csv_lines(stream, self._file.name, self._log, position)
            _, header = next(lines, (1, []))
            places = place_columns(header, self._file.name, self._log, self._language)
            if places is not None:
                self.labels = {name: header[at].strip() for name, at in places.items()}
                yield from self._sound(lines, places, len(header))

    def fault(self, row: int, field: str | None, key: str, **params: object) -> None:
        """Note what is wrong with a row; `field` is named as the file names it."""
        label = self.labels.get(field) if field else None
        self._log.add(Fault(self._file.name, row, label, key, params))

    def _sound(self, lines: Iterator[Line], places: Mapping[str, int], width: int) -> Iterator[Entry]:
        for number, row in lines:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != width:
                self.fault(number, None, "import.ragged", found=len(row), wanted=width)
                continue
            values = self._values(number, row, places)
            if values is not None and self._agrees(number, values):
                yield Entry(number, **values)

    def _values(self, number: int, row: Sequence[str], places: Mapping[str, int]) -> dict[str, Any] | None:
        values: dict[str, Any] = {}
        sound = True
        for field, at in places.items():
            try:
                values["is_head" if field == "relation" else field] = READERS[field](row[at].strip())
            except cells.BadCell as bad:
                self.fault(number, field, bad.key, **bad.params)
                sound = False
        return values if sound else None

    def _agrees(self, number: int, values: Mapping[str, Any]) -> bool:
        id_number, birth = values.get("id_number"), values.get("birth_date")
        if id_number and birth and cells.birth_date_of(id_number) != birth:
            self.fault(number, "birth_date", "import.birth_differs")
            return False
        return True
