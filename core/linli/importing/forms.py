"""Forms: what the columns of a file to import are called, hold and mean.

One declaration serves who fills in (`linli.exporting.workbook.write_template`) and who reads
(`linli.importing.form_rows.FormReader`). Plugins declare their own.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

from linli.importing.faults import Fault, FaultLog
from linli.messages import LANGUAGES, Language

Words = Mapping[Language, str]
"""A text in each language."""

BLANKS: Final = re.compile(r"[\s\u3000\u200b\ufeff_-]+")
MARKS: Final = re.compile(r"^\*|\*$|\((?:必填|选填|可选|required|optional)\)$")
TITLE_ROWS: Final = 10  # how far down the header may begin


def words(en: str, zh: str | None = None) -> Words:
    """Return a text in both languages; one text if it is the same."""
    return MappingProxyType({"en": en, "zh-CN": en if zh is None else zh})


@dataclass(frozen=True)
class SheetColumn:
    """One column of a form.

    Attributes:
        name: by which the importer asks for its texts.
        titles: what its header says; a file may use either language.
        help: one sentence on what belongs there.
        aliases: other headers by which it is known.
        required: whether a file without the column is refused.
        text: whether it holds text such as numbers of persons and codes, which spreadsheets spoil; what they
            have turned into a date is refused, and a template keeps them from doing so.
        choices: what a template offers in a list; the importer checks them itself.
        sample: what stands in the sample row.
    """

    name: str
    titles: Words
    help: Words
    aliases: tuple[str, ...] = ()
    required: bool = False
    text: bool = True
    choices: tuple[Words, ...] = ()
    sample: Words = field(default_factory=lambda: words(""))

    def labels(self) -> tuple[str, ...]:
        """Return all headers by which it is known."""
        return (*self.titles.values(), *self.aliases)


@dataclass(frozen=True)
class SheetForm:
    """A form: what its sheet is called, and its columns in the order of the template."""

    titles: Words
    columns: tuple[SheetColumn, ...]

    def __post_init__(self) -> None:
        claims = [(_plain(label), column.name) for column in self.columns for label in column.labels()]
        known: dict[str, str] = {}
        for label, name in claims:
            if known.setdefault(label, name) != name:
                raise ValueError(f"the columns {known[label]} and {name} of a form are both called {label}")

    def field_of(self, label: str) -> str | None:
        """Return the column that a header's cell names, blanks and marks of a required column aside."""
        return self._known.get(MARKS.sub("", _plain(label)))

    @cached_property
    def _known(self) -> Mapping[str, str]:
        return {_plain(label): column.name for column in self.columns for label in column.labels()}

    def is_known_header(self, line: str) -> bool:
        """Whether a line of CSV holds a Chinese column that is known."""
        cells = re.split(r"[,;\t]", line.replace('"', ""))
        return any(not cell.isascii() and self.field_of(cell) for cell in cells)

    def is_header(self, row: Sequence[str]) -> bool:
        """Whether a row can only be the header: it names two columns, or the only one."""
        return len({self.field_of(cell) for cell in row} - {None}) >= min(2, len(self.columns))

    def samples(self, names: Collection[str]) -> list[dict[str, str]]:
        """Return the template's sample row in each language, as far as a file has the columns."""
        return [
            {column.name: column.sample[language] for column in self.columns if column.name in names}
            for language in LANGUAGES
        ]

    def place(
        self, header: Iterable[tuple[int, str]], at_row: int, file: str, log: FaultLog, language: Language
    ) -> dict[str, int] | None:
        """Return where each column stands; None where one is missing, unknown or there twice."""
        before = log.count
        found: dict[str, int] = {}
        for at, label in header:
            name = self.field_of(label)
            shown = {"name": label.strip() or f"#{at + 1}"}
            if name is None:
                log.add(Fault(file, at_row, None, "import.column_unknown", shown))
            elif name in found:
                log.add(Fault(file, at_row, None, "import.column_twice", shown))
            else:
                found[name] = at
        for column in self.columns:
            if column.required and column.name not in found:
                missing = {"name": column.titles[language]}
                log.add(Fault(file, at_row, None, "import.column_missing", missing))
        return found if log.count == before else None


def _plain(label: str) -> str:
    return BLANKS.sub("", unicodedata.normalize("NFKC", label)).lower()
