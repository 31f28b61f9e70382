"""Exceptions as rows and logs may keep them: what went wrong, without what people wrote."""

import re
from pathlib import Path
from traceback import extract_tb

from sqlalchemy.exc import DBAPIError

from linli.errors import Refusal

MOST = 300
# A number long enough to name somebody, and whatever is not ASCII: names, addresses.
PERSONAL = re.compile(r"\d{4,}|[^\x20-\x7e]+")


def fault_text(error: BaseException, caller: str | None = None) -> str:
    """Return an exception's type, place and first line, without values that could name a person.

    The place is the innermost line in the folder of what `caller`, a file of ours, has called; without it,
    in the folder of where the exception was caught.
    """
    return f"{type(error).__name__}{_place(error, caller)}: {_said(error)}"[:MOST]


def _said(error: BaseException) -> str:
    if isinstance(error, Refusal):
        return f"{error.code} {error.key}"
    if isinstance(error, DBAPIError):
        return _said_by_driver(error)
    return PERSONAL.sub("…", str(error).strip().partition("\n")[0])


def _said_by_driver(error: DBAPIError) -> str:
    """Name the state and the constraint: the driver's own sentence may quote the values of a row."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return " ".join(str(part) for part in (type(error.orig).__name__, state, constraint) if part)


def _place(error: BaseException, caller: str | None) -> str:
    frames = extract_tb(error.__traceback__)
    called = [number + 1 for number, frame in enumerate(frames) if frame.filename == caller]
    inner = frames if caller is None else frames[called[-1] if called else len(frames) :]
    if not inner:
        return ""
    folder = Path(inner[0].filename).parent
    last = [frame for frame in inner if Path(frame.filename).is_relative_to(folder)][-1]
    return f" at {Path(last.filename).name}:{last.lineno}"
