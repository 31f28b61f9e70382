"""Where each key of a TOML text stands; tomllib reads values and forgets their lines."""

import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

KeyPath = tuple[str | int, ...]

SPACE: Final = re.compile(r"[ \t]*")
FILLER: Final = re.compile(r"(?:[\s,]|#[^\n]*)*")
BARE_KEY: Final = re.compile(r"[^\s.=\]]+")
STRINGS: Final = (
    r'"""(?:\\.|[^\\])*?"{3,5}',  # up to two quotes may stand before the closing three
    r"'''.*?'{3,5}",
    r'"(?:\\.|[^"\\\n])*"',
    r"'[^'\n]*'",
)
STRING: Final = re.compile("|".join(STRINGS), re.DOTALL)
SCALAR: Final = re.compile(r"[^,\]}#\n]*")


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """Return the line, counted from 1, of every key and array item of a valid TOML text."""
    scanner = _Scanner(text)
    with suppress(IndexError, ValueError):  # a fault that lacks its line is still told
        scanner.scan()
    return scanner.lines


class _Scanner:
    """Walks over a text that tomllib has accepted, so it need not judge anything itself."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.counted, self.line = 0, 1
        self.lines: dict[KeyPath, int] = {}
        self.items: dict[KeyPath, int] = {}

    def scan(self) -> None:
        table: KeyPath = ()
        self._skip(FILLER)
        while self.at < len(self.text):
            if self._next_is("[["):
                table = self._array_table()
            elif self._next_is("["):
                self.at += 1
                table = self._key(())
                self._after("]")
            else:
                self._pair(table)
            self._skip(FILLER)

    def _array_table(self) -> KeyPath:
        self.at += 2
        path = self._key((), last_is_array=True)
        self._after("]]")
        return path

    def _pair(self, table: KeyPath) -> None:
        path = self._key(table)
        self._after("=")
        self._skip(SPACE)
        self._value(path)

    def _key(self, path: KeyPath, *, last_is_array: bool = False) -> KeyPath:
        while True:
            self._skip(SPACE)
            path = (*path, self._part())
            self._mark(path)
            self._skip(SPACE)
            dotted = self._next_is(".")
            if not dotted and last_is_array:
                self.items[path] = self.items.get(path, -1) + 1
            if path in self.items:  # a header below an array of tables speaks of its latest item
                path = (*path, self.items[path])
                self._mark(path)
            if not dotted:
                return path
            self.at += 1

    def _part(self) -> str:
        if self.text[self.at] in "\"'":
            return str(tomllib.loads(f"key = {self._take(STRING)}")["key"])
        return self._take(BARE_KEY)

    def _value(self, path: KeyPath) -> None:
        if self._next_is("["):
            self._array(path)
        elif self._next_is("{"):
            self._inline_table(path)
        elif self.text[self.at] in "\"'":
            self._take(STRING)
        else:
            self._take(SCALAR)

    def _array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        self._skip(FILLER)
        while not self._next_is("]"):
            self._mark((*path, index))
            self._value((*path, index))
            index += 1
            self._skip(FILLER)
        self.at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.at += 1
        self._skip(FILLER)
        while not self._next_is("}"):
            self._pair(path)
            self._skip(FILLER)
        self.at += 1

    def _mark(self, path: KeyPath) -> None:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        self.lines.setdefault(path, self.line)

    def _next_is(self, token: str) -> bool:
        return self.text.startswith(token, self.at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"no key, value or space at character {self.at}")
        self.at = match.end()
        return match[0]

    def _after(self, token: str) -> None:
        self.at = self.text.index(token, self.at) + len(token)
