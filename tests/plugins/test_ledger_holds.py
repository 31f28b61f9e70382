"""What is held is spent once, or comes back."""

from functools import partial

import pytest
from sqlalchemy import select

from linli.errors import Conflict, Invalid, Refusal
from linli_plugins.ledger import accounts, holds, models, posting
from tests.plugins.ledger_place import ISSUE, Ledger


async def test_what_is_held_is_spent_once_or_given_back(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    at = await book.row("wang")
    first, second = [await book.do(lambda ctx: holds.hold_back(ctx, at, 5)) for _ in range(2)]
    assert await book.balances() == {ISSUE: -10, "held": 10, "wang": 0, "zhao": 0}
    with pytest.raises(Refusal):
        await book.do(lambda ctx: holds.hold_back(ctx, at, 1))
    await book.do(lambda ctx: holds.capture(ctx, first, "redeem", book.ids["zhao"]))
    await book.do(lambda ctx: holds.release(ctx, second, "cancel"))
    for late in (first, second):
        with pytest.raises(Conflict):
            await book.do(partial(holds.release, hold_id=late, kind="cancel"))
    assert await book.balances() == {ISSUE: -10, "held": 0, "wang": 5, "zhao": 5}
    assert await book.findings() == []


async def test_what_belongs_to_a_hold_is_not_reversed(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    at = await book.row("wang")
    held = await book.do(lambda ctx: holds.hold_back(ctx, at, 10))
    (opened,) = await book.do(
        lambda ctx: ctx.connection.execute(select(models.hold.c.opened_by_id)).scalars().all()
    )
    captured = await book.do(lambda ctx: holds.capture(ctx, held, "redeem", book.ids["zhao"]))
    for one in (opened, captured):
        with pytest.raises(Invalid):
            await book.do(partial(posting.reverse, journal_id=one, reason="录入有误"))
    assert await book.balances() == {ISSUE: -10, "held": 0, "wang": 0, "zhao": 10}


async def test_an_account_with_something_held_is_not_closed(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    at = await book.row("wang")
    held = await book.do(lambda ctx: holds.hold_back(ctx, at, 10))
    with pytest.raises(Invalid):
        await book.do(lambda ctx: accounts.close_account(ctx, book.ids["wang"]))
    await book.do(lambda ctx: holds.release(ctx, held, "cancel"))
    assert (await book.balances())["wang"] == 10


async def test_no_limit_stands_against_what_comes_back(book: Ledger) -> None:
    owner = accounts.Owner(resident_id=(await book.row("wang")).resident_id)
    made = await book.do(lambda ctx: accounts.open_account(ctx, book.book, "capped", owner, upper_limit=100))
    book.ids["capped"] = made.id
    await book.move(100, ISSUE, "capped")
    with pytest.raises(Refusal) as told:
        await book.move(1, ISSUE, "capped")
    assert told.value.key == "ledger.too_much"
    at = await book.row("capped")
    held = await book.do(lambda ctx: holds.hold_back(ctx, at, 50))
    await book.move(50, ISSUE, "capped")
    await book.do(lambda ctx: holds.release(ctx, held, "cancel"))
    assert (await book.balances())["capped"] == 150
