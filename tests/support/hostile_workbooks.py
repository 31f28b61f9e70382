"""Workbooks that somebody made to do harm, or that an accident has spoilt: each changes a sound one."""

import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from linli.importing.workbook_process import COMPOUND, PACKED, PARTS, UNPACKED
from tests.support.workbooks import part, with_parts, with_size, write_workbook

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
TYPES = "[Content_Types].xml"
MEGABYTE = 1 << 20
SEED = 20261123
Make = Callable[[Path], Path]


def with_sheet(file: Path, change: Callable[[bytes], bytes], name: str = SHEET) -> Path:
    return with_parts(file, {name: change(part(file, name))})


def bomb(file: Path) -> Path:
    """More than is allowed, in a fifth of a megabyte."""
    return with_parts(file, {"xl/media.xml": b" " * (UNPACKED + 1)})


def many_parts(file: Path) -> Path:
    return with_parts(file, {f"xl/{number}.xml": b"" for number in range(PARTS)})


def dense(file: Path) -> Path:
    """Within the total, and denser than any sheet is."""
    return with_sheet(
        file, lambda sheet: sheet.replace(b"<sheetData>", b" " * (9 * MEGABYTE) + b"<sheetData>")
    )


def large(file: Path) -> Path:
    noise = random.Random(SEED).randbytes(PACKED)
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("xl/media/image.png", noise)
    return file


def lying_small(file: Path) -> Path:
    """The part declares a few bytes, with their checksum, and would unpack to much more."""
    with_sheet(file, lambda sheet: sheet + b" " * (3 * MEGABYTE))
    return with_size(file, SHEET, 40, zlib.crc32(part(file, SHEET)[:40]))


def lying_checksum(file: Path) -> Path:
    return with_size(file, SHEET, len(part(file, SHEET)), 1)


def entities(file: Path) -> Path:
    """A billion laughs: each entity is ten of the one before."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    document = f'<!DOCTYPE sst [<!ENTITY l0 "{"ha" * 20}">{laughs}]>'.encode()
    return with_sheet(
        file,
        lambda text: text.replace(b"<sst", document + b"<sst").replace("王小明".encode(), b"&l9;"),
        STRINGS,
    )


def outside_entity(file: Path) -> Path:
    document = b'<!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    return with_sheet(
        file,
        lambda text: text.replace(b"<sst", document + b"<sst").replace("王小明".encode(), b"&x;"),
        STRINGS,
    )


def undeclared_entities(file: Path) -> Path:
    return with_sheet(file, lambda text: text.replace("王小明".encode(), b"&l9;"), STRINGS)


def wide_characters(file: Path) -> Path:
    return with_sheet(file, lambda text: text.decode().replace("UTF-8", "UTF-16").encode("utf-16"), STRINGS)


def far_cell(file: Path) -> Path:
    """Two cells, which a reader that keeps a table for them pays with a terabyte."""
    return with_sheet(
        file,
        lambda sheet: sheet.replace(
            b"</sheetData>", b'<row r="1048576"><c r="GR1048576"><v>1</v></c></row></sheetData>'
        ),
    )


def wide_sheet(file: Path) -> Path:
    return write_workbook(file, [["姓名"] * 201])


def echo(file: Path) -> Path:
    """One long text that a million cells repeat."""
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(4, 200_000))
    with_sheet(file, lambda sheet: sheet.replace(b"</sheetData>", cells + b"</sheetData>"))
    text = random.Random(SEED).randbytes(100_000).hex().encode()
    return with_sheet(file, lambda sst: sst.replace("姓名".encode(), text), STRINGS)


def truncated(file: Path) -> Path:
    file.write_bytes(file.read_bytes()[:-200])
    return file


def not_a_zip(file: Path) -> Path:
    file.write_bytes(b"PK\x03\x04" + random.Random(SEED).randbytes(5000))
    return file


def no_sheet(file: Path) -> Path:
    hidden = b'name="Sheet1" state="hidden"'
    return with_sheet(file, lambda book: book.replace(b'name="Sheet1"', hidden), "xl/workbook.xml")


def macros(file: Path) -> Path:
    return with_parts(file, {"xl/vbaProject.bin": b"x"})


def macro_type(file: Path) -> Path:
    return with_sheet(
        file,
        lambda types: types.replace(
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        ),
        TYPES,
    )


def compound(*names: str) -> Make:
    """A file of the older kind: a header, and a directory with these streams."""

    def make(file: Path) -> Path:
        directory = b"".join(name.encode("utf-16-le").ljust(64, b"\0") + bytes(64) for name in names)
        header = COMPOUND + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        file.write_bytes(header.ljust(512, b"\0") + directory.ljust(1024, b"\0"))
        return file

    return make


def archive(*names: str) -> Make:
    def make(file: Path) -> Path:
        with zipfile.ZipFile(file, "w") as packed:
            for name in names:
                packed.writestr(name, b"x")
        return file

    return make


def bad_flag(file: Path) -> Path:
    """A part that a password of the archive protects."""
    content = bytearray(file.read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(signature) + at] |= 1
    file.write_bytes(content)
    return file
