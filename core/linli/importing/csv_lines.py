"""Lines of a CSV file with their numbers; what cannot be read as CSV goes into the log."""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from linli.importing.faults import Fault, FaultLog

Line = tuple[int, list[str]]
Position = Callable[[int], None]
"""Called now and then with the number of bytes read."""

OVERRIDES = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")
REPORT_EVERY = 20_000


def open_text(file: Path, encoding: str) -> IO[str]:
    """Open a file so that every byte survives: those that are not of the encoding become lone surrogates."""
    return io.TextIOWrapper(file.open("rb"), encoding, errors="surrogateescape", newline="")


def csv_lines(stream: IO[str], name: str, log: FaultLog, position: Position) -> Iterator[Line]:
    """Return (number of the line where the row begins, cells); blank lines are passed over."""
    reader = csv.reader(stream, strict=True)
    number = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            log.add(Fault(name, number, None, _reason(error)))
        else:
            if row:
                yield number, row
        number = reader.line_num + 1
        if number % REPORT_EVERY == 0:
            position(stream.buffer.tell())  # type: ignore[attr-defined]  # a TextIOWrapper over a file has it


def _reason(error: csv.Error) -> str:
    return "import.cell_too_long" if "field limit" in str(error) else "import.broken_quotes"


def locate(
    header: Sequence[str], columns: Sequence[str], name: str, log: FaultLog, required: Sequence[str]
) -> dict[str, int] | None:
    """Return where each column stands; None where one is missing, unknown or there twice."""
    before = log.count
    for label in required:
        if label not in header:
            log.add(Fault(name, 1, None, "import.column_missing", {"name": label}))
    for at, label in enumerate(header):
        if label not in columns:
            log.add(Fault(name, 1, None, "import.column_unknown", {"name": label or f"#{at + 1}"}))
        elif label in header[:at]:
            log.add(Fault(name, 1, None, "import.column_twice", {"name": label}))
    return {label: at for at, label in enumerate(header)} if log.count == before else None


def bad_character(text: str) -> str | None:
    """Return the key of the message that says why a text cannot be stored, None if it can."""
    if text.isprintable():
        return "import.broken_text" if "\ufffd" in text else None
    for char in text:
        kind = unicodedata.category(char)
        if kind == "Cs":
            return "import.not_of_encoding"
        if kind in {"Cc", "Zl", "Zp"} or char in OVERRIDES:
            return "import.control_character"
    return None
