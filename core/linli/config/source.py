"""Where a configuration comes from, so that a fault can name its place in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from linli.config.faults import Fault
from linli.config.lines import KeyPath
from linli.messages import Messages, Translator


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable, the key that it sets, and its text (or that of the file it names)."""

    name: str
    path: tuple[str, ...]
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Source:
    """A file, the lines of its keys, the variables laid over it, and the language of its reader."""

    translator: Translator
    file: Path | None = None
    lines: Mapping[KeyPath, int] = field(default_factory=dict, repr=False)
    variables: tuple[Variable, ...] = field(default=(), repr=False)
    overrides: Mapping[KeyPath, str] = field(default_factory=dict, repr=False)

    def speaking(self, messages: Messages) -> "Source":
        """Return the same places, whose faults are told with these messages in the reader's language."""
        return replace(self, translator=messages.speaking(self.translator.language))

    def fault(self, path: KeyPath, message: str, /, **params: object) -> Fault:
        """Return the fault of the key at `path`: the sentence of `message` behind its place."""
        sentence = self.translator.text(message, key=dotted(path), **params)
        variable, line = self._place(path)
        if variable is not None:
            placed = self.translator.text("config.at_variable", variable=variable, sentence=sentence)
            return Fault(None, None, dotted(path), placed)
        return self.fault_at(line, sentence, dotted(path))

    def variable_fault(self, variable: Variable, path: KeyPath, message: str, /, **params: object) -> Fault:
        """Return the fault of the key at `path` where a variable sets it, or tries to."""
        return replace(self, overrides={path: variable.name}).fault(path, message, **params)

    def fault_at(self, line: int | None, sentence: str, key: str = "") -> Fault:
        """Return a fault whose sentence is already spoken, behind file and line."""
        if self.file is None:
            return Fault(None, None, key, sentence)
        place = "config.at_file" if line is None else "config.at_line"
        placed = self.translator.text(place, file=self.file, line=line, sentence=sentence)
        return Fault(self.file, line, key, placed)

    def _place(self, path: KeyPath) -> tuple[str | None, int | None]:
        parts = [path[:end] for end in range(len(path), 0, -1)]
        variable = next((self.overrides[part] for part in parts if part in self.overrides), None)
        line = next((self.lines[part] for part in parts if part in self.lines), None)
        return variable, line


def dotted(path: KeyPath) -> str:
    """Return a key as people write it: `territory.levels[2]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
