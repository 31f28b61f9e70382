#!/usr/bin/env python3
"""Verify exported books without Linli: nothing of it is imported, Python 3.10 or newer is enough.

    verify_books.py books.jsonl audit.jsonl [--heads audit-head.json.log ...] [--head-key FILE]

It stands beside `verify_audit.py`, by which the audit itself is verified first. BOOKS is what `linli ledger
export` wrote: one JSON object a line, {"account": {id, book_id, kind, balance}} or {"journal": {columns,
lines}, "hash": …}; each of the lines is the list [line, account_id, amount, balance afterwards].

  hash of a journal   SHA-256 of the object `journal` as JSON: keys sorted, no blanks, UTF-8
  sums                the amounts of a journal sum to nothing, those of an account to its balance
  running balances    from nothing, each entry of an account goes on from the balance of another
  audit               exactly one entry with the action `ledger.post` tells of each journal, with its hash

Give heads that were kept elsewhere than the database: without them a cut tail cannot be noticed.

Exit status: 0 all is in order, 1 something was found, 2 the files cannot be read.
"""

import argparse
import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

POSTED = "ledger.post"


def main() -> int:
    """Verify what the command line names and print a sentence for each finding."""
    parser = argparse.ArgumentParser(description="Verify exported books.")
    parser.add_argument("books", type=Path, help="the exported books, JSON lines")
    parser.add_argument("audit", type=Path, help="the audit exported at the same moment, JSON lines")
    parser.add_argument("--heads", type=Path, action="append", default=[], help="a file of signed heads")
    parser.add_argument("--head-key", type=Path, help="the file of the head keys, 64 hex digits a line")
    options = parser.parse_args()
    count = 0
    try:
        for sentence in verify(options):
            print(sentence)
            count += 1
    except (OSError, ValueError, LookupError, TypeError) as error:
        print(f"The files cannot be read: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(f"{count} finding(s)." if count else "The books are in order.")
    return 1 if count else 0


def beside() -> Any:
    """Return the module of the script `verify_audit.py` in the same folder."""
    place = Path(__file__).resolve().with_name("verify_audit.py")
    spec = importlib.util.spec_from_file_location("verify_audit", place)
    if spec is None or spec.loader is None:
        raise OSError(f"{place} is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def verify(options: argparse.Namespace) -> Iterator[str]:
    """Yield a sentence for each thing found in the audit, then in the books."""
    audit = beside()
    signers = options.head_key.read_text().split() if options.head_key else []
    keys = [bytes.fromhex(one) for one in signers]
    heads = [json.loads(line) for file in options.heads for line in audit.lines(file)]
    if heads and not keys:
        print("Note: without --head-key the signatures of the heads were not checked.")
    if not heads:
        print("Note: without --heads a tail that was cut off, or an audit made anew, cannot be noticed.")
    told = Told(max((head["number"] for head in heads), default=0))
    yield from audit.verify_signatures(heads, keys)
    yield from audit.verify_chain(told.heard(map(json.loads, audit.lines(options.audit))), heads)
    books = Books(audit, told)
    for line in audit.lines(options.books):
        yield from books.read(json.loads(line))
    yield from books.end()
    told.tell_window()


@dataclass
class Told:
    """What the audit tells of journals, and which of it could still be cut off without being noticed.

    `head` is the greatest number that a head was signed for.
    """

    head: int
    hashes: dict[str, list[str]] = field(default_factory=dict)
    young: list[str] = field(default_factory=list)

    def heard(self, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Pass the audit's rows on and keep what they tell of journals."""
        for row in rows:
            seal, audit = row["seal"], row["audit"]
            if audit is not None and audit["action"] == POSTED:
                self.hashes.setdefault(audit["object_id"], []).append(audit["detail"]["hash"])
                if seal is None or seal["number"] > self.head:
                    self.young.append(audit["at"])
            yield row

    def tell_window(self) -> None:
        """Say how many journals no signed head covers yet, and since when."""
        since = f", since {min(self.young)}" if self.young else ""
        print(f"{len(self.young)} journal(s) are younger than the newest signed head{since}.")


@dataclass
class Books:
    """Journals and accounts as they are read, and what has been counted of them."""

    audit: Any
    told: Told
    journals: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    open: dict[str, dict[int, int]] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)

    def read(self, line: dict[str, Any]) -> Iterator[str]:
        """Take one line in and yield a sentence for each thing wrong with it."""
        if "account" in line:
            self.balances[line["account"]["id"]] = line["account"]["balance"]
            return
        self.journals += 1
        journal, place = line["journal"], f"Journal {line['journal']['id']}"
        if self.audit.sha256(self.audit.compact(journal)) != line["hash"]:
            yield f"{place} was changed after it was written."
        if len(journal["lines"]) < 2 or sum(amount for _, _, amount, _ in journal["lines"]):
            yield f"{place} does not sum to nothing."
        told = self.told.hashes.pop(journal["id"], [])
        if not told:
            yield f"{place} is not in the audit."
        elif told != [line["hash"]]:
            yield f"{place} has another hash in the audit."
        for _, account, amount, balance in journal["lines"]:
            self._go_on(account, amount, balance)

    def _go_on(self, account: str, amount: int, balance: int) -> None:
        """Join an entry to the balances that are still loose, in whatever order entries come."""
        self.sums[account] = self.sums.get(account, 0) + amount
        loose = self.open.setdefault(account, {0: 1})
        for value, by in ((balance - amount, -1), (balance, 1)):
            loose[value] = loose.get(value, 0) + by
            if not loose[value]:
                del loose[value]

    def end(self) -> Iterator[str]:
        """Yield a sentence for each thing that is known only when all has been read."""
        for account, balance in self.balances.items():
            total = self.sums.get(account, 0)
            if total != balance:
                yield f"Account {account} says {balance}, its entries sum to {total}."
            if self.open.get(account, {0: 1}) != {total: 1}:
                yield f"The running balances of account {account} do not go on from each other."
        for account in self.sums.keys() - self.balances.keys():
            yield f"Account {account} is missing."
        for journal in self.told.hashes:
            yield f"Journal {journal} is missing; the audit tells of it."
        print(f"{self.journals} journals, {len(self.balances)} accounts.")


if __name__ == "__main__":
    sys.exit(main())
