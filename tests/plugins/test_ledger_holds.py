"""What is held is spent once, or comes back."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import select

from linli import model as t
from linli.errors import Conflict, Invalid, NotFound, Refusal
from linli_plugins.ledger import accounts, holds, models, posting
from linli_plugins.ledger.hashing import hold_hash
from tests.plugins.ledger_place import ISSUE, Ledger


async def kept(book: Ledger, amount: int, name: str = "wang") -> str:
    """Hold an amount of somebody's account."""
    return await book.do(lambda ctx: holds.hold_back(ctx, book.ids[name], amount))


async def test_what_is_held_is_spent_once_or_given_back(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    first, second = await kept(book, 5), await kept(book, 5)
    assert await book.balances() == {ISSUE: -10, "wang": 10, "zhao": 0}
    assert (await book.row("wang")).held == 10
    for late in (partial(kept, book, 1), partial(book.move, 1, "wang", "zhao")):
        with pytest.raises(Refusal) as told:
            await late()
        assert told.value.code == "INSUFFICIENT_BALANCE"
    await book.do(lambda ctx: holds.capture(ctx, first, "redeem", book.ids["zhao"]))
    await book.do(lambda ctx: holds.release(ctx, second))
    for hold in (first, second):
        with pytest.raises(Conflict):
            await book.do(partial(holds.release, hold_id=hold))
    assert await book.balances() == {ISSUE: -10, "wang": 5, "zhao": 5}
    assert (await book.row("wang")).held == 0
    assert await book.findings() == []


async def test_what_is_refused_leaves_no_hold(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    for amount in (11, 2**53 - 1):
        with pytest.raises(Refusal):
            await kept(book, amount)
    with pytest.raises(ValueError, match="no hold"):
        await kept(book, 0)
    assert await book.do(lambda ctx: ctx.connection.execute(select(models.hold.c.id)).all()) == []
    assert (await book.row("wang")).held == 0


async def test_many_who_hold_at_once_never_hold_more_than_there_is(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    done = await asyncio.gather(*(kept(book, 3) for _ in range(12)), return_exceptions=True)
    assert len([one for one in done if isinstance(one, str)]) == 3
    assert all(isinstance(one, str | Refusal) for one in done), done
    assert (await book.row("wang")).held == 9
    assert await book.findings() == []


async def test_who_hands_over_and_who_pays_back_never_wait_for_each_other(book: Ledger) -> None:
    await asyncio.gather(book.move(100, ISSUE, "wang"), book.move(100, ISSUE, "zhao"))
    there = [(await kept(book, 1), "zhao") for _ in range(20)]
    back = [(await kept(book, 1, "zhao"), "wang") for _ in range(20)]

    async def hand(hold: str, into: str) -> None:
        await book.do(lambda ctx: holds.capture(ctx, hold, "redeem", book.ids[into]))

    moves = (book.move(1, *pair) for pair in [("wang", "zhao"), ("zhao", "wang")] * 10)
    await asyncio.gather(*(hand(*one) for one in (*there, *back)), *moves)
    assert await book.balances() == {ISSUE: -200, "wang": 100, "zhao": 100}
    assert await book.findings() == []


async def test_what_took_a_hold_is_not_reversed(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    held = await kept(book, 10)
    captured = await book.do(lambda ctx: holds.capture(ctx, held, "redeem", book.ids["zhao"]))
    with pytest.raises(Invalid):
        await book.do(partial(posting.reverse, journal_id=captured, reason="录入有误"))
    assert await book.balances() == {ISSUE: -10, "wang": 0, "zhao": 10}


async def test_a_reversal_takes_nothing_that_is_held(book: Ledger) -> None:
    given = await book.move(10, ISSUE, "wang")
    held = await kept(book, 1)
    back = partial(posting.reverse, journal_id=given, reason="录入有误")
    with pytest.raises(Refusal) as told:
        await book.do(back)
    assert told.value.code == "INSUFFICIENT_BALANCE"
    assert await book.balances() == {ISSUE: -10, "wang": 10, "zhao": 0}
    await book.do(lambda ctx: holds.release(ctx, held))
    await book.do(back)
    assert await book.balances() == {ISSUE: 0, "wang": 0, "zhao": 0}


async def test_an_account_with_something_held_is_not_closed(book: Ledger) -> None:
    # One that may stand below nothing, so that something can be held where nothing is.
    owner = accounts.Owner(resident_id=(await book.row("wang")).resident_id)
    made = await book.do(lambda ctx: accounts.open_account(ctx, book.book, "credit", owner, lower_limit=-10))
    book.ids["credit"] = made.id
    held = await kept(book, 10, "credit")
    close = partial(accounts.close_account, account_id=made.id)
    with pytest.raises(Invalid):
        await book.do(close)
    await book.do(lambda ctx: holds.release(ctx, held))
    await book.do(close)
    with pytest.raises(NotFound):
        await book.do(close)
    with pytest.raises(Refusal):
        await kept(book, 1, "credit")


async def test_no_limit_stands_against_what_is_given_back(book: Ledger) -> None:
    owner = accounts.Owner(resident_id=(await book.row("wang")).resident_id)
    made = await book.do(lambda ctx: accounts.open_account(ctx, book.book, "capped", owner, upper_limit=100))
    book.ids["capped"] = made.id
    await book.move(100, ISSUE, "capped")
    held = await kept(book, 50, "capped")
    with pytest.raises(Refusal) as told:
        await book.move(1, ISSUE, "capped")
    assert told.value.key == "ledger.too_much"
    await book.do(lambda ctx: holds.release(ctx, held))
    assert (await book.row("capped")).held == 0


async def test_the_audit_tells_of_each_hold_and_release(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    held = await kept(book, 4)
    await book.do(lambda ctx: holds.release(ctx, held))
    told = select(t.audit.c.action, t.audit.c.object_id, t.audit.c.detail).order_by(t.audit.c.id)
    rows = await book.do(lambda ctx: ctx.connection.execute(told.where(t.audit.c.object_id == held)).all())
    detail = {"hash": hold_hash(held, book.ids["wang"], 4)}
    assert [tuple(row) for row in rows] == [
        ("ledger.hold", held, detail),
        ("ledger.release", held, detail),
    ]
