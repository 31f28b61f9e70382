"""What is wrong with a file, cell by cell; a fault never repeats a personal value."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from linli.messages import Language, Messages, Translator

KEPT = 200  # a file with a million bad rows is described by its first two hundred

Progress = Callable[[str, int, int], None]
"""Called with a stage, what is done and the total, as long work goes on; the total may be 0 if unknown."""


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend in a file. `row` is the line, the header being 1; 0 means the whole file.

    `column` is the column's name as the file has it; `key` that of the message that says why.
    """

    file: str
    row: int
    column: str | None
    key: str
    params: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, messages: Messages, language: Language) -> str:
        """Return place and reason in a language."""
        reason = messages.text(self.key, language, **self.params)
        place = "import.at_file" if not self.row else "import.at_cell" if self.column else "import.at_row"
        return messages.text(
            place, language, file=self.file, row=self.row, column=self.column or "", reason=reason
        )


class FaultLog:
    """The faults of one file or folder: all are counted, the first ones are kept."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._faults: list[Fault] = []
        self.count = 0

    def add(self, fault: Fault) -> None:
        """Note a fault."""
        self.count += 1
        if len(self._faults) < self._kept:
            self._faults.append(fault)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults that were kept, in the order of the file."""
        return tuple(self._faults)


def fault_lines(texts: Translator, faults: Sequence[Fault], count: int) -> Iterator[str]:
    """Yield one sentence for each fault that was kept, and how many there are in all."""
    for fault in faults:
        yield fault.sentence(texts.messages, texts.language)
    if count:
        yield texts.text("import.faults", count=count)
