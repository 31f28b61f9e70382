"""Which encoding a file is in: UTF-8 or GB18030, or refused; a guess that may be wrong is never stored."""

import codecs
import io
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

UTF_8: Final = "utf-8-sig"  # with its mark or without
GB18030: Final = "gb18030"

WIDE: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
OTHER_KINDS: Final = (
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"%PDF",
    b"MZ",
    b"\x7fELF",
    b"\x89PNG",
    b"\xff\xd8\xff",
)
MARKUP: Final = (b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script")

# What Chinese text shows that was in another encoding and can be read as GB18030 all the same.
FOREIGN: Final = ("HIRAGANA", "KATAKANA", "CYRILLIC", "GREEK", "BOX DRAWINGS", "BOPOMOFO")
COMMON_SHARE: Final = 0.6


class Undecidable(Exception):  # noqa: N818 - a state, not a mistake
    """A file that cannot be read for certain, such as one in neither encoding.

    `row` is the first line that shows it, 0 if it is the file as a whole.
    """

    def __init__(self, row: int, key: str, **params: object) -> None:
        super().__init__(row, key)
        self.row = row
        self.key = key
        self.params = params


@dataclass
class _Lines:
    """Lines of one kind: how many, and the first of them."""

    count: int = 0
    first: int = 0

    def note(self, number: int) -> None:
        self.count += 1
        self.first = self.first or number


class _Census:
    """What the lines of a file are that are not plain ASCII."""

    def __init__(self) -> None:
        self.utf8, self.gb18030, self.either, self.foreign = _Lines(), _Lines(), _Lines(), _Lines()
        self._chinese = self._common = 0

    def count(self, number: int, line: bytes) -> str | None:
        """Count a line; return its text if it can only be GB18030."""
        as_utf8, as_gb18030 = _decoded(line, "utf-8"), _decoded(line, GB18030)
        if as_utf8 is not None and (as_gb18030 is None or any(char >= "\u2e80" for char in as_utf8)):
            self.utf8.note(number)
        elif as_utf8 is not None:
            self.either.note(number)
        elif as_gb18030 is None:
            raise Undecidable(number, "import.not_of_encoding")
        else:
            self.gb18030.note(number)
            self._weigh(number, as_gb18030)
            return as_gb18030
        return None

    def _weigh(self, number: int, text: str) -> None:
        chinese = [char for char in text if char >= "\u2e80" and char.isalpha()]
        self._chinese += len(chinese)
        self._common += sum(char in common_characters() for char in chinese)
        if any(unicodedata.name(char, "").startswith(FOREIGN) for char in text if not char.isascii()):
            self.foreign.note(number)

    def decide(self, *, marked: bool, proved: bool) -> str:
        """Return the encoding of the file."""
        if self.gb18030.count and (marked or self.utf8.count):
            fewer = (
                min(self.gb18030, self.utf8, key=lambda lines: lines.count)
                if self.utf8.count
                else self.gb18030
            )
            raise Undecidable(fewer.first, "import.mixed_encodings")
        if self.gb18030.count:
            if self.foreign.count:
                raise Undecidable(self.foreign.first, "import.unsure_encoding")
            if not proved and self._common < COMMON_SHARE * max(self._chinese, 1):
                raise Undecidable(self.gb18030.first, "import.unsure_encoding")
            return GB18030
        if self.either.count and not (marked or self.utf8.count):
            raise Undecidable(self.either.first, "import.unsure_encoding")
        return UTF_8


def detect_encoding(file: Path, is_header: Callable[[str], bool]) -> str:
    """Return `utf-8-sig` or `gb18030`.

    `is_header` says of the first line whether it holds a Chinese column that is known; if it does, GB18030
    needs no other proof.

    Raises:
        Undecidable: the file is in neither, in both, or not a text at all.
    """
    with file.open("rb") as stream:
        head = stream.read(1024)
    _refuse_other_kinds(head)
    census, proved = _Census(), False
    for number, line in _lines(file):
        if b"\0" in line:
            raise Undecidable(number, "import.not_csv")
        if not line.isascii():
            text = census.count(number, line)
            proved = proved or (number == 1 and text is not None and is_header(text))
    return census.decide(marked=head.startswith(codecs.BOM_UTF8), proved=proved)


def _refuse_other_kinds(head: bytes) -> None:
    for mark, name in WIDE:
        if head.startswith(mark):
            raise Undecidable(1, "import.wide_encoding", name=name)
    if head.startswith(OTHER_KINDS) or head.lstrip().lower().startswith(MARKUP):
        raise Undecidable(1, "import.not_csv")


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    # Latin-1 keeps every byte, and a reader of text knows all ends of lines.
    with io.TextIOWrapper(file.open("rb"), "latin-1") as stream:
        for number, line in enumerate(stream, 1):
            yield number, line.encode("latin-1")


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


@cache
def common_characters() -> frozenset[str]:
    """Return the 3,755 characters of level 1 of GB 2312."""
    rows = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return frozenset("".join(pair.decode("gb2312", "ignore") for pair in rows))
