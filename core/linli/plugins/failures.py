"""Exceptions out of a plugin's code, told as one sentence: which plugin, which line, what it said."""

from dataclasses import replace
from pathlib import Path
from traceback import extract_tb

from linli.config.faults import Fault
from linli.config.source import Source


def failure(error: BaseException, folder: Path, source: Source, message: str, /, **params: object) -> Fault:
    """Return the fault of an exception, placed at the innermost line that is the plugin's own."""
    file, line = _innermost(error, folder)
    sentence = source.translator.text(message, error=said(error), **params)
    return replace(source, file=file, lines={}).fault_at(line, sentence)


def _innermost(error: BaseException, folder: Path) -> tuple[Path, int | None]:
    if isinstance(error, SyntaxError) and error.filename:
        return Path(error.filename), error.lineno
    for frame in reversed(extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(folder):
            return Path(frame.filename), frame.lineno
    return folder / "__init__.py", None


def said(error: BaseException) -> str:
    """Return the kind of an exception and the first line of what it says."""
    first = str(error).strip().partition("\n")[0].rstrip(".。")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
