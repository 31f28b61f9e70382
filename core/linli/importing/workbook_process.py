"""A process of its own that opens one workbook: whatever a hostile file does, it does it here.

It is started by `linli.importing.workbook`, reads the file on its standard input, and answers with lines of
JSON: `{"rows": …}`, then `[number, texts, marks]` for each row that is not blank, then `{"end": true}`; or
`{"fault": key, …}`. A mark says of a cell, by its index, why its text is not to be trusted.
"""

import io
import re
import sys
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO, Final

import orjson
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

MEGABYTE: Final = 1 << 20
PACKED: Final = 20 * MEGABYTE
UNPACKED: Final = 200 * MEGABYTE
PARTS: Final = 2_000
RATIO: Final = 200  # of what a part unpacks to; real sheets stay below a hundred
ALWAYS_ALLOWED: Final = 8 * MEGABYTE  # a small part may be as dense as it likes
MEMORY: Final = 1536 * MEGABYTE
SECONDS: Final = 120  # of computing, not of waiting
COLUMNS: Final = 200
EXACT: Final = 10**15  # a spreadsheet keeps fifteen digits of a number

COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # older workbooks, and newer ones behind a password
KEPT_PARTS: Final = (".xml", ".rels")
ERROR_CELL: Final = re.compile(rb"""(<(?:\w+:)?c\s(?:[^<>]*?\s)?t\s*=\s*)(["'])e\2""")
DECLARATION: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
UTF_16: Final = (b"\xfe\xff", b"\xff\xfe", b"\0", b"<\0")
ERRORS: Final = re.compile(r"#(?:N/A|DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)")
Range = tuple[tuple[int, int], tuple[int, int]]


class Refused(Exception):  # noqa: N818 - a state, not a mistake
    """A workbook that is not read; `key` says why."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key = key
        self.params = params


def repacked(content: bytes) -> BinaryIO:
    """Return the parts of a workbook in a new archive, each unpacked within its bounds and counted.

    The reader after this one sees only what was counted here, so a header that lies cannot reach it.
    """
    if len(content) > PACKED:
        raise Refused("import.workbook_size", limit=PACKED // MEGABYTE)
    if content.startswith(COMPOUND):
        sealed = "EncryptedPackage".encode("utf-16-le") in content
        raise Refused("import.workbook_encrypted" if sealed else "import.workbook_kind")
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(copy, "w") as plain:
        parts = packed.infolist()
        _check_parts(parts)
        for part in parts:
            if part.filename.lower().endswith(KEPT_PARTS):
                plain.writestr(part.filename, _unpacked(packed, part))
    copy.seek(0)
    return copy


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    names = {part.filename.lower() for part in parts}
    if len(parts) > PARTS or len(names) < len(parts) or sum(part.file_size for part in parts) > UNPACKED:
        raise Refused("import.workbook_bomb", limit=UNPACKED // MEGABYTE)
    for part in parts:
        if part.file_size > max(ALWAYS_ALLOWED, RATIO * part.compress_size):
            raise Refused("import.workbook_bomb", limit=UNPACKED // MEGABYTE)
        if part.flag_bits & 1:
            raise Refused("import.workbook_encrypted")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Refused("import.workbook_macros")
    if "xl/workbook.xml" not in names:
        raise Refused("import.workbook_kind")


def _unpacked(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """Return a part: no more than it declares, and told if its checksum is another."""
    content = packed.read(part)
    if content.startswith(UTF_16) or DECLARATION.search(content):
        # No spreadsheet writes either, and entities that unfold to gigabytes are declared so.
        raise Refused("import.workbook_damaged")
    if part.filename == "[Content_Types].xml" and b"macroEnabled" in content:
        raise Refused("import.workbook_macros")
    # The reader gives errors as blank cells; as text they can be told.
    has_errors = b'"e"' in content or b"'e'" in content
    return ERROR_CELL.sub(rb"\1\2str\2", content) if has_errors else content


def chosen_sheet(book: CalamineWorkbook, names: Collection[str]) -> CalamineSheet:
    """Return the sheet that has one of these names, or else the first one that can be seen."""
    shown = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    if not shown:
        raise Refused("import.workbook_no_sheet")
    sheet = book.get_sheet_by_name(next((name for name in shown if name.strip() in names), shown[0]))
    if sheet.end and sheet.end[1] >= COLUMNS:
        raise Refused("import.workbook_columns", found=sheet.end[1] + 1, limit=COLUMNS)
    return sheet


def sheet_rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[str], Mapping[str, str]]]:
    """Yield (number of the row, texts of its cells, marks) of all rows with something in them."""
    shift = [""] * (sheet.start[1] if sheet.start else 0)
    merged = _merged_rows(sheet.merged_cell_ranges or ())
    for number, row in enumerate(sheet.iter_rows(), 1):
        texts, marks = shift.copy(), {}
        for value in row:
            text, mark = (value, None) if type(value) is str and value[:1] != "#" else cell_text(value)
            if mark:
                marks[str(len(texts))] = mark
            texts.append(text)
        spans = merged.get(number - 1, ())
        if any(texts) and not _is_heading(texts, spans):
            marks |= {str(at): "import.merged" for first, last in spans for at in range(first, last + 1)}
            yield number, texts, marks


def cell_text(value: Any) -> tuple[str, str | None]:
    """Return a cell's text, and the key of the message that says what is doubtful about it."""
    match value:
        case str():
            return value, "import.error_value" if ERRORS.fullmatch(value) else None
        case bool():
            return str(value).upper(), None
        case int() | float():
            return _number(value)
        case datetime():
            midnight = value.time() == time()
            return (value.date().isoformat() if midnight else value.isoformat(" ")), "import.text_as_date"
        case date() | time():
            return value.isoformat(), "import.text_as_date"
    return str(value), "import.text_as_date"  # a length of time


def _number(value: float) -> tuple[str, str | None]:
    if abs(value) >= EXACT:
        return f"{value:.0f}", "import.digits_lost"
    return f"{Decimal(f'{value:.15g}'):f}", None


def _merged_rows(ranges: Collection[Range]) -> dict[int, list[tuple[int, int]]]:
    """Return, by row, the first and last column of each merged range that reaches into it."""
    rows: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, right) in ranges:
        for row in range(top, bottom + 1):
            rows.setdefault(row, []).append((left, right))
    return rows


def _is_heading(texts: list[str], spans: Collection[tuple[int, int]]) -> bool:
    """Whether all that a row says stands in one wide merged cell: a title, or the name of a group."""
    filled = [at for at, text in enumerate(texts) if text]
    return len(filled) == 1 and any(first == filled[0] < last for first, last in spans)


def _limit() -> None:
    """Take a bounded share of memory and time, where the system can say so."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not there on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _lines(content: bytes, names: Collection[str]) -> Iterator[object]:
    try:
        book = CalamineWorkbook.from_filelike(repacked(content))
        sheet = chosen_sheet(book, names)
        yield {"rows": sheet.end[0] + 1 if sheet.end else 0}
        yield from sheet_rows(sheet)
        yield {"end": True}
    except Refused as refused:
        yield {"fault": refused.key, "params": refused.params}
    except MemoryError:
        yield {"fault": "import.workbook_memory", "params": {}}
    except PasswordError:
        yield {"fault": "import.workbook_encrypted", "params": {}}
    except (CalamineError, zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, EOFError):
        yield {"fault": "import.workbook_damaged", "params": {}}


def main() -> None:
    """Answer for the workbook on standard input; the arguments are names that its sheet may have."""
    _limit()
    with suppress(BrokenPipeError):
        for line in _lines(sys.stdin.buffer.read(PACKED + 1), sys.argv[1:]):
            sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
