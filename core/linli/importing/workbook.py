"""Rows of an Excel workbook as texts, with what is doubtful about a cell; read by a process of its own."""

import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import orjson

from linli.importing.csv_lines import REPORT_EVERY, Position
from linli.importing.encodings import Undecidable
from linli.importing.workbook_process import COMPOUND

READER: Final = ("-P", "-m", "linli.importing.workbook_process")
ARCHIVES: Final = (b"PK\x03\x04", b"PK\x05\x06")
Marks = Mapping[int, str]
"""By the place of a cell, the key of the message that says why its text is not to be trusted."""
MarkedLine = tuple[int, list[str], Marks]


def is_workbook(file: Path) -> bool:
    """Whether a file is a workbook, or another archive, by its first bytes; its name says nothing."""
    with file.open("rb") as stream:
        return stream.read(8).startswith((*ARCHIVES, COMPOUND))


def workbook_lines(file: Path, names: Collection[str], position: Position) -> Iterator[MarkedLine]:
    """Return (number of the row, texts of its cells, marks) of the sheet that has one of these names.

    If none has, it is the first sheet that can be seen. Blank rows are passed over, and headings that stand
    in one merged cell.

    Raises:
        Undecidable: the workbook cannot be read, or is not safe to read.
    """
    size = file.stat().st_size
    with file.open("rb") as content, _reader(content, names) as process:
        answers = iter(process.stdout or ())
        rows = _opened(process, answers)
        for line in answers:
            answer = orjson.loads(line)
            if isinstance(answer, dict):
                _refuse(answer)
                return
            number, texts, marks = answer
            if number % REPORT_EVERY == 0:
                position(size * number // rows)
            yield number, texts, {int(at): key for at, key in marks.items()}
        raise _broken_off(process)


def _opened(process: "subprocess.Popen[bytes]", answers: Iterator[bytes]) -> int:
    """Return how many rows the sheet has, once it is open."""
    first = next(answers, None)
    if first is None:
        raise _broken_off(process)
    answer = orjson.loads(first)
    _refuse(answer)
    return int(answer["rows"])


def _refuse(answer: Mapping[str, object]) -> None:
    params = answer.get("params")
    if isinstance(params, dict):
        raise Undecidable(0, str(answer["fault"]), **params)


def _broken_off(process: "subprocess.Popen[bytes]") -> Undecidable:
    """Return what to say of a process that ended without a word: the system stopped it, or it fell."""
    return Undecidable(0, "import.workbook_memory" if process.wait() < 0 else "import.workbook_damaged")


@contextmanager
def _reader(content: IO[bytes], names: Collection[str]) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, *READER, *names]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    with subprocess.Popen(  # noqa: S603 - our own module; the names are those of a form
        command, stdin=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ
    ) as process:
        try:
            yield process
        finally:
            process.kill()
