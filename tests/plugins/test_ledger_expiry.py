"""What was not spent in time lapses by the published rule: the oldest first, once, and never too early."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from linli.context import Context
from linli_plugins.ledger import accounts, holds, models, posting
from linli_plugins.ledger.expiry import EXPIRED, Move, Rule, expire, lapsing
from tests.plugins.ledger_model import naive
from tests.plugins.ledger_place import ISSUE, Ledger

T = TypeVar("T")
FIRST = date(2024, 1, 1)
YEAR = Rule(12, FIRST)
DAYS = st.dates(date(2019, 1, 1), date(2031, 12, 31))


@st.composite
def histories(draw: st.DrawFn) -> list[Move]:
    """Entries in the order of their days, some of which undo an earlier one, whole and once."""
    moves: list[Move] = []
    day, undone = draw(DAYS), set[str]()
    for number in range(draw(st.integers(0, 14))):
        day += timedelta(days=draw(st.integers(0, 400)))
        open_moves = [one for one in moves if one.id not in undone and one.undoes is None]
        total = sum(one.amount for one in moves)
        undo: bool = draw(st.booleans())
        if open_moves and undo:
            other = draw(st.sampled_from(open_moves))
            if total - other.amount >= 0:
                undone.add(other.id)
                moves.append(Move(str(number), day, -other.amount, other.id))
                continue
        least = -min(total, 6)
        amount = draw(st.integers(least, 8).filter(bool))
        moves.append(Move(str(number), day, amount))
    return moves


rules = st.recursive(
    st.builds(Rule, st.none() | st.integers(1, 40), DAYS),
    lambda before: st.builds(Rule, st.none() | st.integers(1, 40), DAYS, before),
    max_leaves=3,
)


@given(histories(), rules, DAYS)
def test_what_lapses_is_what_a_count_point_by_point_gives(moves: list[Move], rule: Rule, day: date) -> None:
    found = lapsing(moves, rule, day)
    assert found == naive(moves, rule, day)
    assert 0 <= found <= sum(move.amount for move in moves)


@given(DAYS, rules, st.integers(1, 40), DAYS)
def test_a_new_rule_never_shortens_what_an_old_one_promised(
    earned: date, before: Rule, months: int, since: date
) -> None:
    promised, now = before.lapses(earned), Rule(months, since, before).lapses(earned)
    if earned < since:
        assert now is None or (promised is not None and now >= promised)
    else:
        assert now == Rule(months, since).lapses(earned)
    assert now is None or now > max(earned, min(since, now))


def test_a_month_ends_with_its_last_day() -> None:
    assert Rule(1, FIRST).lapses(date(2024, 1, 31)) == date(2024, 2, 29)
    assert Rule(12, FIRST).lapses(date(2020, 5, 1)) == date(2025, 1, 1)


async def on(book: Ledger, day: date, work: Callable[[Context], T]) -> T:
    """Do something on a day."""
    at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    return await book.do(lambda ctx: work(replace(ctx, at=at)))


async def lapse(book: Ledger, day: date, rule: Rule = YEAR) -> int:
    """Let lapse what is due, one account at a time, and return how many journals that made."""
    journals, after, turns = 0, None, 0
    while turns == 0 or after is not None:
        done = await on(book, day, partial(expire, book=book.book, rule=rule, day=day, after=after, batch=1))
        journals, after, turns = journals + done.journals, done.after, turns + 1
    return journals


@pytest.fixture
async def lapsing_book(book: Ledger) -> Ledger:
    """A hundred points of January 2024, fifty of March, of which thirty were given away in April."""
    book.ids[EXPIRED] = await book.do(
        lambda ctx: (
            ctx.place(
                "book_account", book.book.grid_id, {"book_id": book.book.id, "kind": EXPIRED, "balance": 0}
            ).id
        )
    )
    for day, amount, out_of, into in (
        (date(2024, 1, 10), 100, ISSUE, "wang"),
        (date(2024, 3, 5), 50, ISSUE, "wang"),
        (date(2024, 4, 1), 30, "wang", "zhao"),
    ):
        moved = posting.transfer(book.book.id, "test", amount, out_of=book.ids[out_of], into=book.ids[into])
        await on(book, day, partial(posting.post, given=moved))
    return book


async def test_the_oldest_lapses_first_and_once(lapsing_book: Ledger) -> None:
    book = lapsing_book
    assert await lapse(book, date(2025, 1, 9)) == 0
    assert await lapse(book, date(2025, 1, 10)) == 1
    assert await lapse(book, date(2025, 1, 10)) == 0
    due = {ISSUE: -150, "wang": 50, "zhao": 30, EXPIRED: 70}
    assert await book.balances() == due
    assert await lapse(book, date(2025, 4, 1)) == 2
    assert await book.balances() == {ISSUE: -150, "wang": 0, "zhao": 0, EXPIRED: 150}
    assert await book.findings() == []
    kept = (
        select(models.journal.c.kind, models.journal.c.detail).order_by(models.journal.c.id.desc()).limit(1)
    )
    row = await book.do(lambda ctx: ctx.connection.execute(kept).one())
    assert tuple(row) == ("expire", {"day": "2025-04-01", "months": 12, "since": "2024-01-01"})


async def test_what_is_held_keeps_its_age_and_what_lapsed_in_error_is_given_back(
    lapsing_book: Ledger,
) -> None:
    book = lapsing_book
    wang = book.ids["wang"]
    held = await on(book, date(2024, 5, 1), lambda ctx: holds.hold_back(ctx, wang, 20))
    assert await lapse(book, date(2025, 1, 10)) == 1
    assert (await book.balances())[EXPIRED] == 50
    await on(book, date(2025, 1, 11), lambda ctx: holds.release(ctx, held))
    assert await lapse(book, date(2025, 1, 12)) == 1
    assert (await book.balances())[EXPIRED] == 70
    newest = select(models.journal.c.id).order_by(models.journal.c.id.desc()).limit(1)
    last = await book.do(lambda ctx: ctx.connection.execute(newest).scalar_one())
    await on(book, date(2025, 1, 13), lambda ctx: posting.reverse(ctx, last, "录入有误"))
    assert await lapse(book, date(2025, 1, 14)) == 0
    assert (await book.balances())["wang"] == 70
    assert await book.findings() == []


async def test_a_book_that_was_not_told_of_expiry_has_nowhere_for_it_to_go(book: Ledger) -> None:
    await book.move(1, ISSUE, "wang")
    with pytest.raises(LookupError):
        await lapse(book, date(2099, 1, 1))
    await book.do(lambda ctx: accounts.close_account(ctx, book.ids["zhao"]))
    assert (await book.balances())["wang"] == 1
