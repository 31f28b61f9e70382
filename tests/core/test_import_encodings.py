"""Which encoding a file is in: told for certain, or refused with the line that makes it uncertain."""

from pathlib import Path

import pytest

from linli.importing.columns import RESIDENTS
from linli.importing.encodings import GB18030, UTF_8, Undecidable, detect_encoding

REGISTER = "姓名,网格编码\n王小明,330482001001\n𬱖㛃,330482001001\n"
ENGLISH = "name,grid_code\n王小明,330482001001\n张丽华,330482001001\n"
TRADITIONAL = "name,grid_code\n王小明,330482001001\n張麗華,330482001001\n"


def detected(file: Path, content: bytes) -> str | tuple[int, str]:
    file.write_bytes(content)
    try:
        return detect_encoding(file, RESIDENTS.is_known_header)
    except Undecidable as reason:
        return reason.row, reason.key


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (REGISTER.encode(), UTF_8),
        (REGISTER.encode("utf-8-sig"), UTF_8),
        (REGISTER.encode("gb18030"), GB18030),
        (ENGLISH.encode("gb18030"), GB18030),
        (REGISTER.replace("\n", "\r\n").encode("gb18030"), GB18030),
        (REGISTER.replace("\n", "\r").encode("gb18030"), GB18030),
        (b"name,grid_code\nJohn,330482001001\n", UTF_8),
        ("姓名,网格编码\nJosé,330482001001\n".encode(), UTF_8),
        (b"", UTF_8),
        ("姓名,网格编码\n买买提·艾力,330482001001\n〇一,1\n".encode("gb18030"), GB18030),
    ],
)
def test_it_is_told_for_certain(tmp_path: Path, content: bytes, encoding: str) -> None:
    assert detected(tmp_path / "register.csv", content) == encoding
    assert (tmp_path / "register.csv").read_bytes() == content


@pytest.mark.parametrize(
    ("content", "row", "key"),
    [
        (REGISTER.encode("utf-16"), 1, "import.wide_encoding"),
        (REGISTER.encode("utf-32"), 1, "import.wide_encoding"),
        (ENGLISH.encode("utf-16-le"), 1, "import.not_csv"),
        (TRADITIONAL.encode("big5"), 2, "import.unsure_encoding"),
        ("name,grid_code\n田中さくら,1\n".encode("shift-jis"), 2, "import.unsure_encoding"),
        (b"name,grid_code\n\xff\xff\xff,1\n", 2, "import.not_of_encoding"),
        (REGISTER.encode() + "李四,1\n".encode("gb18030"), 4, "import.mixed_encodings"),
        (REGISTER.encode("gb18030") + "李四,1\n".encode(), 4, "import.mixed_encodings"),
        (REGISTER.encode("utf-8-sig") + "李四,1\n".encode("gb18030"), 4, "import.mixed_encodings"),
        (b"name,grid_code\nJos\xc3\xa9,1\n", 2, "import.unsure_encoding"),
        ("name,grid_code\n㛃𬱖,1\n".encode("gb18030"), 2, "import.unsure_encoding"),
        (b"PK\x03\x04\x14\x00\x00", 1, "import.not_csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 1, "import.not_csv"),
        (b"\x7fELF\x02\x01", 1, "import.not_csv"),
        (b"<svg onload=alert(1)>", 1, "import.not_csv"),
        (b" <!DOCTYPE html><html>", 1, "import.not_csv"),
        (b"name,grid_code\nJo\0hn,1\n", 2, "import.not_csv"),
    ],
)
def test_what_is_not_certain_is_refused(tmp_path: Path, content: bytes, row: int, key: str) -> None:
    assert detected(tmp_path / "register.csv", content) == (row, key)
