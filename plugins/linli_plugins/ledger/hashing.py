"""The hash of a journal: SHA-256 over the canonical JSON of its columns and its lines; and that of a hold."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from json.encoder import encode_basestring
from typing import Any, Final

from linli.model.types import instant_text

from .models import journal

LINE: Final = ("line", "account_id", "amount", "balance")
Line = tuple[int, str, int, int]
"""The values of an entry, in the order of `LINE`."""

LINES: Final = "lines"
NAMES: Final = tuple(sorted({column.name for column in journal.c} - {"hash"} | {LINES}))
CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def journal_hash(row: Mapping[str, Any], lines: Sequence[Line]) -> str:
    """Return the hash of a journal; `hash` itself is left out, lines stand in the order of their numbers."""
    texts = [f'[{line},"{account}",{amount},{balance}]' for line, account, amount, balance in lines]
    return digest(journal_text(row, ",".join(texts)))


def journal_text(row: Mapping[str, Any], lines: str) -> str:
    """Return the canonical JSON of a journal: keys sorted, no blanks; `lines` is the inside of a list."""
    parts = [f'"{name}":[{lines}]' if name == LINES else f'"{name}":{_plain(row[name])}' for name in NAMES]
    return "{" + ",".join(parts) + "}"


def hold_hash(hold_id: str, account_id: str, amount: int) -> str:
    """Return the hash of a hold, over what never changes of it."""
    return digest(CANONICAL.encode({"id": hold_id, "account_id": account_id, "amount": amount}))


def digest(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return encode_basestring(value)
    if value == {}:
        return "{}"
    return CANONICAL.encode(instant_text(value) if isinstance(value, datetime) else value)
