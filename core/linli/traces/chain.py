"""The chain over the audit: how rows are linked, and the signed head that is kept outside the database."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli.keys import MasterKey
from linli.model.types import instant_text

GENESIS = "0" * 64  # the link before the first


def link_hash(number: int, audit_id: str, audit_hash: str, previous: str) -> str:
    """Return the link of a sealed row: SHA-256 over the canonical JSON of these four, as a list."""
    text = json.dumps([number, audit_id, audit_hash, previous], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link of the chain, at some instant."""

    number: int
    link: str
    at: datetime


def head_key(deployment_key: bytes) -> bytes:
    """Return the key that signs heads; an auditor may hold it, since it opens nothing else."""
    return MasterKey(deployment_key).head


def head_line(head: Head, key: bytes) -> str:
    """Return a head with its signature, one line of JSON without the line break."""
    body = {"number": head.number, "link": head.link, "at": instant_text(head.at)}
    return json.dumps(body | {"signature": _signature(body, key)}, separators=(",", ":"))


def read_head_line(line: str, keys: Sequence[bytes]) -> Head | None:
    """Return the head of a line, None where it is none or the signature is that of none of the keys."""
    try:
        body = json.loads(line)
        signature = str(body.pop("signature"))
        due = (_signature(body, key) for key in keys)
        if not any(hmac.compare_digest(signature.encode(), one.encode()) for one in due):
            return None
        return Head(int(body["number"]), str(body["link"]), datetime.fromisoformat(body["at"]))
    except (ValueError, LookupError, AttributeError, TypeError):
        return None


def _signature(body: Mapping[str, Any], key: bytes) -> str:
    text = json.dumps([body["number"], body["link"], body["at"]], separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
