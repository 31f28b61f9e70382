"""What a hand in the database has done to the books is refused, or found."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.context import Context
from linli_plugins.ledger import holds, models, posting
from tests.plugins.ledger_place import ISSUE, Ledger, unguarded
from tests.plugins.motto_place import linli_here


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger__entry SET amount = amount + 1",
        "DELETE FROM ledger__entry",
        "UPDATE ledger__journal SET kind = 'gift'",
        "DELETE FROM ledger__journal",
        "UPDATE ledger__hold SET amount = amount + 1",
        "DELETE FROM ledger__account",
        "UPDATE ledger__account SET book_id = id",
    ],
)
async def test_the_database_refuses_that_what_is_booked_is_changed(book: Ledger, change: str) -> None:
    await book.move(10, ISSUE, "wang")
    await book.do(lambda ctx: holds.hold_back(ctx, book.ids["wang"], 5))
    with pytest.raises(DBAPIError, match="stay as they are"):
        await book.do(lambda ctx: ctx.connection.execute(text(change)))


async def test_a_balance_that_was_changed_by_hand_is_found(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    change = text("UPDATE ledger__account SET balance = 11 WHERE balance = 10")
    await book.do(lambda ctx: ctx.connection.execute(change))
    assert [one.key for one in await book.findings()] == ["ledger.balance_differs"]


@pytest.mark.parametrize(
    ("table", "change", "found"),
    [
        ("ledger__entry", "UPDATE ledger__entry SET amount = 11 WHERE amount = 10", "ledger.unbalanced"),
        ("ledger__entry", "UPDATE ledger__entry SET balance = 11 WHERE balance = 10", "ledger.changed"),
        ("ledger__journal", "UPDATE ledger__journal SET reason = 'x'", "ledger.changed"),
        ("ledger__journal", "UPDATE ledger__journal SET hash = 'x'", "ledger.hash_differs"),
        ("ledger__entry", "DELETE FROM ledger__entry", "ledger.unbalanced"),
        ("ledger__hold", "UPDATE ledger__hold SET amount = 2", "ledger.hold_differs"),
        ("ledger__hold", "UPDATE ledger__hold SET state = 'captured'", "ledger.hold_differs"),
    ],
)
async def test_what_a_hand_in_the_database_changed_is_found(
    book: Ledger, table: str, change: str, found: str
) -> None:
    await book.move(10, ISSUE, "wang")
    await book.do(lambda ctx: holds.hold_back(ctx, book.ids["wang"], 3))

    def meddle(ctx: Context) -> None:
        for statement in unguarded(ctx.connection.dialect.name, table):
            ctx.connection.execute(text(statement))
        ctx.connection.execute(text(change))

    await book.do(meddle)
    assert found in {one.key for one in await book.findings()}


async def test_a_journal_that_was_removed_whole_is_found_by_the_audit(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")

    def cut(ctx: Context) -> None:
        for table in ("ledger__entry", "ledger__journal"):
            for statement in unguarded(ctx.connection.dialect.name, table):
                ctx.connection.execute(text(statement))
            ctx.connection.execute(text(f"DELETE FROM {table}"))
        ctx.connection.execute(text("UPDATE ledger__account SET balance = 0"))

    await book.do(cut)
    assert [one.key for one in await book.findings()] == ["ledger.missing"]


async def test_hook_checks_linli_verify_looks_at_the_books(book: Ledger, tmp_path: Path) -> None:
    await book.move(10, ISSUE, "wang")
    sound = await linli_here(tmp_path, "verify")
    assert "Books: in order" in sound.stdout, sound.stdout
    change = text("UPDATE ledger__account SET balance = 11 WHERE balance = 10")
    await book.do(lambda ctx: ctx.connection.execute(change))
    told = await linli_here(tmp_path, "verify")
    assert told.exit_code == 1
    assert "says 11, its entries sum to 10" in told.stdout, told.stdout


async def test_what_is_given_back_may_stand_above_an_upper_limit(book: Ledger) -> None:
    limit = models.account.update().where(models.account.c.id == book.ids["wang"])
    await book.do(lambda ctx: ctx.connection.execute(limit.values(upper_limit=10)))
    await book.move(10, ISSUE, "wang")
    spent = await book.move(10, "wang", "zhao")
    await book.move(10, ISSUE, "wang")
    await book.do(lambda ctx: posting.reverse(ctx, spent, "录入有误"))
    assert (await book.balances())["wang"] == 20
    assert await book.findings() == []
