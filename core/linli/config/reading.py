"""Reading a TOML file from bytes: encoding, syntax, lines; each failure is one sentence."""

import codecs
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from linli.config.faults import ConfigError, Fault
from linli.config.lines import key_lines
from linli.config.source import Source
from linli.messages import Translator

PLACE: Final = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")
FULL_WIDTH: Final = re.compile("[“”‘’＝［］｛｝，．：＃＂＇]")
REASONS: Final = (
    ("Cannot overwrite", "config.syntax_twice"),
    ("Cannot declare", "config.syntax_twice"),
    ("Duplicate inline", "config.syntax_twice"),
    ("Expected '=' after a key", "config.syntax_equals"),
    ("Invalid value", "config.syntax_value"),
    ("Unclosed", "config.syntax_unclosed"),
    ("Unterminated", "config.syntax_unclosed"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a TOML file and where they stand."""

    data: Mapping[str, object]
    source: Source


def read_toml(file: Path, translator: Translator, *, missing: str = "config.no_file") -> Document:
    """Return the document of `file`, or raise the one fault that hides all others; `missing` is a message."""
    source = Source(translator, file)
    try:
        raw = file.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError([source.fault((), missing)]) from error
    except OSError as error:
        raise ConfigError([source.fault((), "config.unreadable", reason=error.strerror)]) from error
    text = _decoded(raw, source)
    data = _parsed(text, source)
    return Document(data, replace(source, lines=key_lines(text)))


def _decoded(raw: bytes, source: Source) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ConfigError([source.fault((), "config.utf16")])
    if raw.startswith(codecs.BOM_UTF8):
        raise ConfigError([_at_line(source, 1, "config.bom")])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        message = "config.gbk" if _decodes(raw, "gb18030") else "config.not_utf8"
        line_start = raw.rfind(b"\n", 0, error.start) + 1
        fault = _at_line(
            source,
            raw.count(b"\n", 0, error.start) + 1,
            message,
            byte=error.start - line_start + 1,
            value=f"0x{raw[error.start]:02X}",
        )
        raise ConfigError([fault]) from error


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _parsed(text: str, source: Source) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError([source.fault((), "config.too_deep")]) from error
    except ValueError as error:
        raise ConfigError([_syntax_fault(str(error), text, source)]) from error


def _syntax_fault(reason: str, text: str, source: Source) -> Fault:
    lines = text.split("\n")
    place = PLACE.search(reason)
    if place is None:
        return source.fault((), "config.invalid_toml", reason=reason)
    last = len(text.rstrip("\n").split("\n"))
    number = int(place["line"]) if place["line"] else last
    sign = FULL_WIDTH.search(lines[number - 1].partition("#")[0])
    if sign is not None:
        return _at_line(source, number, "config.full_width", sign=sign[0])
    bare = PLACE.sub("", reason)
    for start, message in REASONS:
        if bare.startswith(start):
            return _at_line(source, number, message)
    column = place["column"] or len(lines[number - 1]) + 1
    return _at_line(source, number, "config.syntax", column=column, reason=bare)


def _at_line(source: Source, line: int, message: str, /, **params: object) -> Fault:
    return source.fault_at(line, source.translator.text(message, **params))
