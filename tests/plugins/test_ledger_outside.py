"""What was done to sealed books is found twice: by `linli verify`, and by a script that knows no Linli."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from linli import model as t
from linli.context import Context
from linli.model.types import instant_text
from linli.traces.heads import read_heads, write_head
from linli.traces.sealer import current_head, seal_pending
from linli.verify import export_audit, snapshot, verify_audit
from linli_plugins.ledger import holds, models
from linli_plugins.ledger.hashing import digest
from linli_plugins.ledger.reading import export_books, journals
from linli_plugins.ledger.verifying import verify_books
from tests.house.source import ROOT
from tests.plugins.ledger_place import ISSUE, Ledger, unguarded
from tests.plugins.motto_place import linli

SCRIPT = ROOT / "scripts" / "verify_books.py"
GUARDED = ("ledger__journal", "ledger__entry", "ledger__hold", "core_audit", "core_seal")
Tamper = Callable[[Context, str], object]


@dataclass(frozen=True)
class Verdict:
    """What both verifiers say."""

    faults: set[str]
    notes: set[str]
    status: int
    printed: str


async def sealed(book: Ledger) -> None:
    """Three holds, open, released and captured, and four journals, all sealed under a signed head."""
    await book.move(100, ISSUE, "wang", reason="“志愿” \\ 服务\n", detail={"lines": [], "小时": [1, None]})
    kept = [await book.do(lambda ctx: holds.hold_back(ctx, book.ids["wang"], 5)) for _ in range(3)]
    await book.do(lambda ctx: holds.release(ctx, kept[1]))
    await book.do(lambda ctx: holds.capture(ctx, kept[2], "redeem", book.ids["zhao"]))
    await book.move(30, "wang", "zhao")
    await book.move(7, "zhao", "wang")
    heads = book.place.deployment.heads
    await book.do(lambda ctx: seal_pending(ctx.connection, all_ages=True))
    head = await book.do(lambda ctx: current_head(ctx.connection))
    assert head is not None
    write_head(heads.path, head, heads.key)


def judge(book: Ledger, folder: Path) -> Verdict:
    """Export the books and have both verifiers look."""
    heads = book.place.deployment.heads
    books, audit, key = folder / "books.jsonl", folder / "audit.jsonl", folder / "head.hex"
    with snapshot(book.place.deployment.database) as connection:
        found = [*verify_books(connection), *verify_audit(connection, read_heads(heads))]
        with books.open("w", encoding="utf-8") as file:
            export_books(connection, file)
        with audit.open("w", encoding="utf-8") as file:
            export_audit(connection, file)
    key.write_text(heads.key.hex())
    done = script(folder, books, audit, "--heads", heads.log, "--heads", heads.path, "--head-key", key)
    faults = {one.key for one in found if one.fault}
    return Verdict(faults, {one.key for one in found} - faults, done.returncode, done.stdout + done.stderr)


def script(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command: Sequence[str | Path] = [sys.executable, "-I", SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=60)


def an_entry(ctx: Context, last: str) -> None:
    """Both sides of a journal and all balances, so that every sum is right."""
    changed = (
        "UPDATE ledger__entry SET amount = CASE WHEN amount > 0 THEN 8 ELSE -8 END WHERE journal_id = :id"
    )
    ctx.connection.execute(text(changed), {"id": last})


def an_entry_and_the_hash(ctx: Context, last: str) -> None:
    an_entry(ctx, last)
    (stored,) = [one for one in journals(ctx.connection) if one.values["id"] == last]
    made = update(models.journal).where(models.journal.c.id == last).values(hash=digest(stored.text))
    ctx.connection.execute(made)


def one_entry_away(ctx: Context, last: str) -> None:
    ctx.connection.execute(
        text("DELETE FROM ledger__entry WHERE line = 1 AND journal_id = :id"), {"id": last}
    )


def a_journal_away(ctx: Context, last: str) -> None:
    """The last one, with the balances as they were before it."""
    a, e = models.account.c, models.entry.c
    gone = select(e.amount).where(e.journal_id == last, e.account_id == a.id).scalar_subquery()
    touched = a.id.in_(select(e.account_id).where(e.journal_id == last))
    ctx.connection.execute(update(models.account).where(touched).values(balance=a.balance - gone))
    for table, column in (("ledger__entry", "journal_id"), ("ledger__journal", "id")):
        ctx.connection.execute(text(f"DELETE FROM {table} WHERE {column} = :id"), {"id": last})


def the_tail(ctx: Context, last: str) -> None:
    """The last journal and all that tells of it inside the database."""
    a_journal_away(ctx, last)
    row = ctx.connection.execute(select(t.audit.c.id).where(t.audit.c.object_id == last)).scalar_one()
    for table, column in (("core_seal", "audit_id"), ("core_audit", "id")):
        ctx.connection.execute(text(f"DELETE FROM {table} WHERE {column} = :id"), {"id": row})


def a_balance(ctx: Context, last: str) -> None:
    change = (
        "UPDATE ledger__account SET balance = balance + 1 WHERE id IN (SELECT account_id FROM {} WHERE {})"
    )
    ctx.connection.execute(text(change.format("ledger__entry", "journal_id = :id")), {"id": last})


def a_hold(ctx: Context, _last: str) -> None:
    """The open one keeps more, and so does its account."""
    h, a = models.hold.c, models.account.c
    ctx.connection.execute(update(models.hold).where(h.state == "open").values(amount=h.amount + 1))
    ctx.connection.execute(update(models.account).where(a.held > 0).values(held=a.held + 1))


def a_hold_away(ctx: Context, _last: str) -> None:
    """The open one, and what its account says is held."""
    ctx.connection.execute(text("DELETE FROM ledger__hold WHERE state = 'open'"))
    ctx.connection.execute(text("UPDATE ledger__account SET held = 0"))


def a_hold_open_again(ctx: Context, _last: str) -> None:
    """The one that was released, so that its account keeps twice as much."""
    ctx.connection.execute(text("UPDATE ledger__hold SET state = 'open' WHERE state = 'released'"))
    ctx.connection.execute(text("UPDATE ledger__account SET held = 2 * held"))


def a_hold_given_back(ctx: Context, _last: str) -> None:
    """One that the audit does not say was given back."""
    ctx.connection.execute(text("UPDATE ledger__hold SET state = 'released' WHERE state = 'open'"))
    ctx.connection.execute(text("UPDATE ledger__account SET held = 0"))


def a_hold_not_handed_over(ctx: Context, _last: str) -> None:
    """The captured one is open again, though its journal stands."""
    again = "UPDATE ledger__hold SET state = 'open', closed_by_id = NULL WHERE state = 'captured'"
    ctx.connection.execute(text(again))
    ctx.connection.execute(text("UPDATE ledger__account SET held = 2 * held"))


def what_is_held(ctx: Context, _last: str) -> None:
    ctx.connection.execute(text("UPDATE ledger__account SET held = 0"))


@pytest.mark.parametrize(
    ("tamper", "fault", "sentence"),
    [
        (an_entry, "ledger.changed", "was changed after it was written"),
        (an_entry_and_the_hash, "ledger.hash_differs", "has another hash in the audit"),
        (one_entry_away, "ledger.unbalanced", "does not sum to nothing"),
        (a_journal_away, "ledger.missing", "is missing; the audit tells of it"),
        (the_tail, "verify.audit_truncated", "The chain ends at number 7, but number 8 was signed"),
        (a_balance, "ledger.balance_differs", "its entries sum to"),
        (a_hold, "ledger.hold_differs", "has another hash in the audit"),
        (a_hold_away, "ledger.hold_missing", "is missing; the audit tells of it"),
        (a_hold_open_again, "ledger.hold_differs", "The release of hold"),
        (a_hold_given_back, "ledger.hold_differs", "is not in the audit"),
        (a_hold_not_handed_over, "ledger.hold_differs", "did not take what hold"),
        (what_is_held, "ledger.held_differs", "is not the sum of its open holds"),
    ],
)
async def test_what_was_done_to_sealed_books_is_found_by_both(
    book: Ledger, tmp_path: Path, tamper: Tamper, fault: str, sentence: str
) -> None:
    await sealed(book)
    sound = judge(book, tmp_path)
    assert (sound.faults, sound.status) == (set(), 0), sound

    def meddle(ctx: Context) -> None:
        last = ctx.connection.execute(
            select(models.journal.c.id).order_by(models.journal.c.id.desc()).limit(1)
        ).scalar_one()
        for table in GUARDED:
            for statement in unguarded(ctx.connection.dialect.name, table):
                ctx.connection.execute(text(statement))
        tamper(ctx, last)

    await book.do(meddle)
    found = judge(book, tmp_path)
    assert fault in found.faults
    assert found.status == 1
    assert sentence in found.printed, found.printed


async def test_what_no_head_covers_yet_is_named(book: Ledger, tmp_path: Path) -> None:
    await sealed(book)
    assert "0 journal(s) are younger than the newest signed head." in judge(book, tmp_path).printed
    await book.move(1, "wang", "zhao")
    at = select(models.journal.c.at).order_by(models.journal.c.id.desc()).limit(1)
    since = instant_text(await book.do(lambda ctx: ctx.connection.execute(at).scalar_one()))
    found = judge(book, tmp_path)
    assert (found.notes, found.status) == ({"ledger.unsealed", "verify.audit_unsealed"}, 0), found
    assert f"1 journal(s) are younger than the newest signed head, since {since[:19]}" in found.printed


async def test_the_command_exports_what_the_script_reads(book: Ledger, tmp_path: Path) -> None:
    await sealed(book)
    done = linli(tmp_path, "ledger", "export", "bundle", site=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "10 lines of books and 8 of the audit" in done.stdout
    bundle = tmp_path / "bundle"
    read = script(bundle, "books.jsonl", "audit.jsonl", "--heads", "heads.jsonl")
    assert read.returncode == 0, read
    assert "4 journals, 3 accounts." in read.stdout
    (bundle / "books.jsonl").write_text("{}\n")
    assert script(bundle, "books.jsonl", "audit.jsonl").returncode == 2


async def test_balances_are_rebuilt_from_sound_entries_only(book: Ledger, tmp_path: Path) -> None:
    await sealed(book)
    await book.do(lambda ctx: a_balance(ctx, _first(ctx)))
    await book.do(lambda ctx: what_is_held(ctx, ""))
    done = linli(tmp_path, "ledger", "rebuild", site=tmp_path)
    assert done.returncode == 0, done.stdout
    assert f"Account {book.ids['wang']} said 73 and says 72 now" in done.stdout
    assert "held were 0 and are 5" in done.stdout
    assert await book.balances() == {ISSUE: -100, "wang": 72, "zhao": 28}
    told = select(t.audit.c.object_id, t.audit.c.detail).where(t.audit.c.action == "ledger.rebuild")
    rows = await book.do(lambda ctx: ctx.connection.execute(told).all())
    assert (book.ids["wang"], {"stored": 73, "counted": 72, "held": 0, "kept": 5}) in [
        tuple(row) for row in rows
    ]
    assert await book.findings() == []

    def meddle(ctx: Context) -> None:
        for table in GUARDED:
            for statement in unguarded(ctx.connection.dialect.name, table):
                ctx.connection.execute(text(statement))
        an_entry(ctx, _first(ctx))

    await book.do(meddle)
    refused = linli(tmp_path, "ledger", "rebuild", site=tmp_path)
    assert refused.returncode == 1
    assert "is not as it was written" in refused.stdout
    assert (await book.balances())["wang"] == 72


def _first(ctx: Context) -> str:
    first = select(models.journal.c.id).order_by(models.journal.c.id).limit(1)
    return str(ctx.connection.execute(first).scalar_one())


async def test_what_the_database_finds_in_order_is_not_carried_over(book: Ledger) -> None:
    """Not where a journal has a detail; a changed one is looked at in any case."""
    await sealed(book)

    def meddle(ctx: Context) -> tuple[list[str], list[str], list[str]]:
        every = [one.values["id"] for one in journals(ctx.connection)]
        before = [one.values["id"] for one in journals(ctx.connection, doubtful=True)]
        for statement in unguarded(ctx.connection.dialect.name, "ledger__entry"):
            ctx.connection.execute(text(statement))
        an_entry(ctx, every[-1])
        return every, before, [one.values["id"] for one in journals(ctx.connection, doubtful=True)]

    every, before, after = await book.do(meddle)
    assert (before, after) == (every[:1], [every[0], every[-1]])
