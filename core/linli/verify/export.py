"""The audit and its seals as JSON lines, for a verifier outside this program."""

import json
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy import Connection

from linli.model.types import instant_text
from linli.verify.audit import audited, sealed_rows, unsealed_rows


def export_audit(connection: Connection, file: TextIO) -> int:
    """Write one line a seal, in order, then one a row that is not sealed yet; return how many lines.

    A line is `{"seal": {number, audit_id, previous, link, at} | null, "audit": {columns} | null}`; instants
    are in UTC with milliseconds and `Z`. `scripts/verify_audit.py` reads it. The connection must see one
    moment (`linli.verify.snapshot`).
    """
    lines = 0
    for row in sealed_rows(connection):
        seal = {"number": row.number, "audit_id": row.audit_id, "previous": row.previous, "link": row.link}
        lines += _write(file, seal | {"at": row.sealed_at}, None if row.id is None else audited(row))
    for row in unsealed_rows(connection):
        lines += _write(file, None, audited(row))
    return lines


def _write(file: TextIO, seal: dict[str, Any] | None, audit: dict[str, Any] | None) -> int:
    line = {"seal": seal, "audit": audit}
    file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=_plain) + "\n")
    return 1


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    raise TypeError(f"an audit row holds a {type(value).__name__}")
