"""Identifiers: UUIDv7 inside, `<type>_<uuid>` outside."""

import os
import re
import time
from typing import Final

PUBLIC_ID: Final = re.compile(
    r"(?P<type>[a-z][a-z0-9_]*)_(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
)


def uuid7(now: float | None = None) -> str:
    """Return a new UUIDv7 (RFC 9562) in canonical lower case; `now` is seconds since the epoch."""
    nanos = time.time_ns() if now is None else int(now * 1_000_000_000)
    millis, rest = divmod(nanos, 1_000_000)
    # The twelve bits after the version hold the fraction of the millisecond (RFC 9562, 6.2, method 3), so
    # that two events of one deed sort in the order in which they happened.
    value = (millis & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | (rest * 4096 // 1_000_000) << 64
    value |= 0x2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def public_id(node_type: str, uuid: str) -> str:
    """Return the id that clients see, such as `resident_0190…`."""
    return f"{node_type}_{uuid}"


def split_public_id(value: str) -> tuple[str, str] | None:
    """Return (type, uuid) of a public id, or None where it has not that form."""
    match = PUBLIC_ID.fullmatch(value)
    return (match["type"], match["uuid"]) if match else None
