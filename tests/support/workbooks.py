"""Workbooks as offices send them, and as nobody should."""

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

Fill = Callable[[Any, Any], None]
DATED = {"num_format": "yyyy-mm-dd"}


def write_workbook(
    file: Path, rows: Iterable[Sequence[object]], *, fill: Fill | None = None, sheet: str = "Sheet1"
) -> Path:
    """Write a workbook with one sheet; numbers are numbers, dates are dates, texts are never formulas."""
    with Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page, dated = book.add_worksheet(sheet), book.add_format(DATED)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, date | datetime):
                    page.write_datetime(at, column, value, dated)
                elif value != "":
                    page.write(at, column, value)
        if fill:
            fill(book, page)
    return file


def with_parts(file: Path, parts: Mapping[str, bytes | None]) -> Path:
    """Replace parts of a workbook, or add them, or take them out where the content is None."""
    with zipfile.ZipFile(file) as before:
        contents: dict[str, bytes | None] = {name: before.read(name) for name in before.namelist()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        for name, content in {**contents, **parts}.items():
            if content is not None:
                after.writestr(name, content)
    file.write_bytes(packed.getvalue())
    return file


def part(file: Path, name: str) -> bytes:
    """Return one part of a workbook."""
    with zipfile.ZipFile(file) as packed:
        return packed.read(name)


def with_size(file: Path, name: str, size: int, checksum: int) -> Path:
    """Let the headers of a part declare another size and checksum than it has."""
    content = bytearray(file.read_bytes())
    for signature, at_sum, at_name in ((b"PK\x03\x04", 14, 30), (b"PK\x01\x02", 16, 46)):
        start = content.find(signature)
        while content[start + at_name : start + at_name + len(name)] != name.encode():
            start = content.index(signature, start + 4)
        content[start + at_sum : start + at_sum + 4] = checksum.to_bytes(4, "little")
        content[start + at_sum + 8 : start + at_sum + 12] = size.to_bytes(4, "little")
    file.write_bytes(content)
    return file
