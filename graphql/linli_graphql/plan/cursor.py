"""Cursors: where a page ended, as path and uuid of a visible row, without any personal value."""

import re

CURSOR = re.compile(r"(/(?:[0-9]{1,10}/){1,24})([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})")


class BadCursorError(Exception):
    """The text is not a cursor that a connection made."""


def decode(cursor: str) -> tuple[str, str]:
    """Return (path, uuid) of a cursor.

    Raises:
        BadCursorError: no connection made this text.
    """
    match = CURSOR.fullmatch(cursor)
    if match is None:
        raise BadCursorError
    return match[1], match[2]
