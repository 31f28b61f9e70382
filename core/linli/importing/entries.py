"""Rows of a register of residents, each read by itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from linli.importing import cells
from linli.importing.columns import RESIDENTS
from linli.importing.csv_lines import Position
from linli.importing.faults import FaultLog
from linli.importing.form_rows import FormReader
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


class EntryReader(FormReader):
    """Reads a file whose kind is known; what is wrong goes into the log."""

    def __init__(self, file: Path, kind: str, log: FaultLog, language: Language) -> None:
        super().__init__(file, kind, RESIDENTS, log, language)

    def entries(self, position: Position) -> Iterator[Entry]:
        """Return the sound rows."""
        for number, texts in self.rows(position):
            values = self._values(number, texts)
            if values is not None and self._agrees(number, values):
                yield Entry(number, **values)

    def _values(self, number: int, texts: Mapping[str, str]) -> dict[str, Any] | None:
        values: dict[str, Any] = {}
        sound = True
        for field, text in texts.items():
            try:
                values["is_head" if field == "relation" else field] = READERS[field](text)
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
