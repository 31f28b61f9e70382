#!/usr/bin/env python3
"""Verify exported books without Linli: nothing of it is imported, Python 3.10 or newer is enough.

    verify_books.py books.jsonl audit.jsonl [--heads audit-head.json.log ...] [--head-key FILE]

It stands beside `verify_audit.py`, by which the audit itself is verified first. BOOKS is what `linli ledger
export` wrote: one JSON object a line, {"account": {id, book_id, kind, balance, held}}, {"hold": {id,
account_id, amount, state, closed_by_id}} or {"journal": {columns, lines}, "hash": …}; each of the lines is
the list [line, account_id, amount, balance afterwards]. Holds stand before journals.

  hash of a journal   SHA-256 of the object `journal` as JSON: keys sorted, no blanks, UTF-8
  sums                the amounts of a journal sum to nothing, those of an account to its balance
  running balances    from nothing, each entry of an account goes on from the balance of another
  holds               the open ones of an account sum to what it says is held; a captured one names the
                      journal that took it out of the account, whose source it is
  audit               exactly one entry with the action `ledger.post` tells of each journal, with its hash,
                      one with `ledger.hold` of each hold, with the SHA-256 of {account_id, amount, id}, and
                      one with `ledger.release` of each that was released, with the same

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
HELD = "ledger.hold"
RELEASED = "ledger.release"
NOUNS = {POSTED: "Journal", HELD: "Hold", RELEASED: "The release of hold"}


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
    """What the audit tells of journals and holds, and which journals could be cut off without being noticed.

    `head` is the greatest number that a head was signed for.
    """

    head: int
    hashes: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    young: list[str] = field(default_factory=list)

    def heard(self, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Pass the audit's rows on and keep what they tell of journals and holds."""
        for row in rows:
            seal, audit = row["seal"], row["audit"]
            if audit is not None and audit["action"] in NOUNS:
                about = (audit["action"], audit["object_id"])
                self.hashes.setdefault(about, []).append(audit["detail"]["hash"])
                if audit["action"] == POSTED and (seal is None or seal["number"] > self.head):
                    self.young.append(audit["at"])
            yield row

    def of(self, action: str, ident: str, due: str) -> Iterator[str]:
        """Yield a sentence where the audit does not tell of something once, with the hash that is due."""
        told = self.hashes.pop((action, ident), [])
        if not told:
            yield f"{NOUNS[action]} {ident} is not in the audit."
        elif told != [due]:
            yield f"{NOUNS[action]} {ident} has another hash in the audit."

    def tell_window(self) -> None:
        """Say how many journals no signed head covers yet, and since when."""
        since = f", since {min(self.young)}" if self.young else ""
        print(f"{len(self.young)} journal(s) are younger than the newest signed head{since}.")


@dataclass
class Books:
    """Journals, holds and accounts as they are read, and what has been counted of them."""

    audit: Any
    told: Told
    journals: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    open: dict[str, dict[int, int]] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    captured: dict[str, dict[str, Any]] = field(default_factory=dict)

    def read(self, line: dict[str, Any]) -> Iterator[str]:
        """Take one line in and yield a sentence for each thing wrong with it."""
        if "account" in line:
            account = line["account"]
            self.balances[account["id"]] = account["balance"]
            self._keep(account["id"], -account["held"])
            return
        if "hold" in line:
            yield from self._hold(line["hold"])
            return
        self.journals += 1
        journal, place = line["journal"], f"Journal {line['journal']['id']}"
        if self.audit.sha256(self.audit.compact(journal)) != line["hash"]:
            yield f"{place} was changed after it was written."
        if len(journal["lines"]) < 2 or sum(amount for _, _, amount, _ in journal["lines"]):
            yield f"{place} does not sum to nothing."
        yield from self.told.of(POSTED, journal["id"], line["hash"])
        if journal["source_type"] == "hold":
            yield from self._capture(journal)
        for _, account, amount, balance in journal["lines"]:
            self._go_on(account, amount, balance)

    def _hold(self, hold: dict[str, Any]) -> Iterator[str]:
        """Take a hold in: of which the audit tells, and which ends at most once."""
        due = self.audit.sha256(
            self.audit.compact({name: hold[name] for name in ("account_id", "amount", "id")})
        )
        yield from self.told.of(HELD, hold["id"], due)
        if hold["state"] == "released":
            yield from self.told.of(RELEASED, hold["id"], due)
        if hold["state"] == "open":
            self._keep(hold["account_id"], hold["amount"])
        if (hold["state"] == "captured") != (hold["closed_by_id"] is not None):
            yield f"Hold {hold['id']} is {hold['state']}, which its journal does not say."
        elif hold["closed_by_id"] is not None:
            self.captured[hold["id"]] = hold

    def _capture(self, journal: dict[str, Any]) -> Iterator[str]:
        """Take in a journal whose source is a hold: it took what was held out of its account."""
        hold = self.captured.pop(journal["source_id"], None)
        taken = [(account, -amount) for _, account, amount, _ in journal["lines"]]
        if (
            hold is None
            or hold["closed_by_id"] != journal["id"]
            or (hold["account_id"], hold["amount"]) not in taken
        ):
            yield f"Journal {journal['id']} did not take what hold {journal['source_id']} says."

    def _keep(self, account: str, amount: int) -> None:
        self.held[account] = self.held.get(account, 0) + amount

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
        for account, more in self.held.items():
            if more:
                yield f"What account {account} says is held is not the sum of its open holds."
        for hold in self.captured:
            yield f"The journal that took what hold {hold} kept is missing."
        for action, ident in self.told.hashes:
            yield f"{NOUNS[action]} {ident} is missing; the audit tells of it."
        print(f"{self.journals} journals, {len(self.balances)} accounts.")


if __name__ == "__main__":
    sys.exit(main())
