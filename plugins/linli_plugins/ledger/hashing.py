"""The hash of a journal: SHA-256 over the canonical JSON of its columns and its lines."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from linli.model.types import instant_text

LINE: Final = ("line", "account_id", "amount", "balance")


def journal_hash(row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> str:
    """Return the hash of a journal; `hash` itself is left out, lines stand in the order of their numbers."""
    plain = {name: _plain(value) for name, value in row.items() if name != "hash"}
    plain["lines"] = [[line[name] for name in LINE] for line in lines]
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    return instant_text(value) if isinstance(value, datetime) else value
