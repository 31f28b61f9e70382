#!/usr/bin/env python3
"""Verify an exported audit without Linli: nothing of it is imported, Python 3.10 or newer is enough.

    verify_audit.py audit.jsonl [--heads audit-head.json.log ...] [--head-key FILE]

AUDIT is what `export_audit` wrote: one JSON object a line, {"seal": … | null, "audit": … | null}, sealed rows
in the order of their numbers, then those that are not sealed yet.

  hash of a row   SHA-256 of its columns as JSON, `hash` excepted: keys sorted, no blanks, UTF-8, whole
                  numbers without a fraction
  link of a seal  SHA-256 of the JSON list [number, audit id, hash of the row, link before]; before the
                  first stand 64 zeros
  head            {"number", "link", "at", "signature"}: HMAC-SHA-256 of the JSON list [number, link, at]
                  under a head key, a file of 64 hexadecimal digits a line

Exit status: 0 all is in order, 1 something was found, 2 the files cannot be read.
"""

import argparse
import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

GENESIS = "0" * 64


def main() -> int:
    """Verify what the command line names and print a sentence for each finding."""
    parser = argparse.ArgumentParser(description="Verify an exported audit.")
    parser.add_argument("audit", type=Path, help="the exported audit, JSON lines")
    parser.add_argument("--heads", type=Path, action="append", default=[], help="a file of signed heads")
    parser.add_argument("--head-key", type=Path, help="the file of the head keys, 64 hex digits a line")
    options = parser.parse_args()
    try:
        keys = (
            [bytes.fromhex(one) for one in options.head_key.read_text().split()] if options.head_key else []
        )
        heads = [json.loads(line) for file in options.heads for line in lines(file)]
        found = [*verify_signatures(heads, keys), *verify_chain(map(json.loads, lines(options.audit)), heads)]
    except (OSError, ValueError, LookupError, TypeError) as error:
        print(f"The files cannot be read: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    for sentence in found:
        print(sentence)
    if heads and not keys:
        print("Note: without --head-key the signatures of the heads were not checked.")
    if not heads:
        print("Note: without --heads a chain that was cut at its end, or made anew, cannot be noticed.")
    print(f"{len(found)} finding(s)." if found else "The audit is in order.")
    return 1 if found else 0


def lines(file: Path) -> Iterator[str]:
    """Yield the lines of a file that are not empty."""
    with file.open(encoding="utf-8") as opened:
        for line in opened:
            if line.strip():
                yield line


def verify_signatures(heads: list[dict[str, Any]], keys: list[bytes]) -> Iterator[str]:
    """Yield a sentence for each head whose signature is that of none of the keys."""
    for head in heads if keys else ():
        text = compact([head["number"], head["link"], head["at"]])
        due = [hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for key in keys]
        if not any(hmac.compare_digest(one.encode(), str(head["signature"]).encode()) for one in due):
            yield f"The head of number {head['number']} has a wrong signature."


def verify_chain(rows: Iterator[dict[str, Any]], heads: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each row, link or head that does not fit."""
    number, link, unsealed = 0, GENESIS, 0
    signed: dict[int, set[str]] = {}
    for head in heads:
        signed.setdefault(head["number"], set()).add(head["link"])
    for row in rows:
        seal, audit = row["seal"], row["audit"]
        if seal is None:
            unsealed += 1
            yield from verify_row(audit, f"The unsealed entry {audit['id']}")
            continue
        yield from verify_seal(seal, audit, number, link)
        number, link = seal["number"], seal["link"]
        if signed.get(number, {link}) != {link}:
            yield f"The link of number {number} is not the one that was signed."
    if max(signed, default=0) > number:
        yield f"The chain ends at number {number}, but number {max(signed)} was signed."
    print(f"{number} sealed, {unsealed} not sealed yet.")


def verify_seal(seal: dict[str, Any], audit: dict[str, Any] | None, number: int, link: str) -> Iterator[str]:
    """Yield a sentence for each thing wrong with one seal; `number` and `link` are those before it."""
    place = f"Entry {seal['number']} ({seal['audit_id']})"
    if seal["number"] != number + 1:
        yield f"The numbers {number + 1} to {seal['number'] - 1} are missing."
    elif seal["previous"] != link:
        yield f"The chain is broken before number {seal['number']}."
    if audit is None:
        yield f"{place} was removed."
        return
    yield from verify_row(audit, place)
    text = compact([seal["number"], seal["audit_id"], audit["hash"], seal["previous"]])
    if audit["id"] != seal["audit_id"] or sha256(text) != seal["link"]:
        yield f"{place} does not fit its link."


def verify_row(audit: dict[str, Any], place: str) -> Iterator[str]:
    """Yield a sentence if a row's hash is not that of its columns."""
    columns = {name: whole(value) for name, value in audit.items() if name != "hash"}
    if sha256(compact(columns)) != audit["hash"]:
        yield f"{place} was changed after it was written."


def whole(value: Any) -> Any:
    """Return a value with numbers such as 2.0 as whole numbers: databases differ in how they keep them."""
    if isinstance(value, dict):
        return {name: whole(one) for name, one in value.items()}
    if isinstance(value, list):
        return [whole(one) for one in value]
    if isinstance(value, float):
        number = Decimal(repr(value))
        return int(number) if number == number.to_integral_value() else value
    return value


def compact(value: Any) -> str:
    """Return the canonical JSON of a value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def sha256(text: str) -> str:
    """Return the digest of a text in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
