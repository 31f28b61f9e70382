"""Transfers of many clients in one transaction: each is judged by itself, none harms another."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from linli import model as t
from linli.context import Context
from linli.errors import Forbidden, Refusal
from linli.ids import uuid7
from linli.policy import Actor
from linli_plugins.ledger import accounts, models, posting
from linli_plugins.ledger.poster import TRANSFERRED, Posted, Poster, Transfer
from tests.plugins.ledger_place import ISSUE, Ledger

CLIENTS = 40
WHO = Actor(account_id=uuid7(), name="client")


def asked(book: Ledger, amount: int, out_of: str = "wang", into: str = "zhao", **more: Any) -> Transfer:
    ids = (book.book.id, book.ids[out_of], book.ids[into])
    given = {"kind": "give", "permit": lambda *_: None, "path": ("amount",), **more}
    return Transfer(WHO, "giveCredits", *ids, amount, **given)


def poster(book: Ledger) -> Poster:
    return Poster(book.place.deployment.database, most=16)


async def count(book: Ledger, statement: Any) -> int:
    found = select(func.count()).select_from(statement.subquery())
    done: int = await book.do(lambda ctx: ctx.connection.execute(found).scalar_one())
    return done


def refused(code: str) -> Any:
    return select(t.audit.c.id).where(t.audit.c.outcome == "refused", t.audit.c.reason.startswith(code))


async def test_many_spend_exactly_what_is_there(book: Ledger) -> None:
    await book.move(25, ISSUE, "wang")
    at = poster(book)
    gave = [at.transfer(asked(book, 1, key=uuid7(), reason="互助", detail={"n": n})) for n in range(CLIENTS)]
    done = await asyncio.gather(*gave, return_exceptions=True)
    posted = [one for one in done if isinstance(one, Posted)]
    told = {(one.code, one.key, one.path) for one in done if isinstance(one, Refusal)}
    assert (len(posted), told) == (25, {("INSUFFICIENT_BALANCE", "ledger.not_enough", ("amount",))})
    assert await book.balances() == {ISSUE: -25, "wang": 0, "zhao": 25}
    assert (await book.row("wang")).version == 27
    events = select(t.event.c.id).where(t.event.c.topic == TRANSFERRED)
    keys = select(t.idempotency.c.key).where(t.idempotency.c.verb == "giveCredits")
    assert (await count(book, events), await count(book, keys)) == (25, 25)
    assert await book.findings() == []


async def test_a_repetition_is_recognised_and_another_body_refused(book: Ledger) -> None:
    await book.move(100, ISSUE, "wang")
    at = poster(book)
    twice = await asyncio.gather(*(at.transfer(asked(book, 5, key="one")) for _ in range(2)))
    later = await at.transfer(asked(book, 5, key="one"))
    assert [one.replayed for one in (*twice, later)] == [False, True, True]
    assert {one.journal_id for one in (*twice, later)} == {twice[0].journal_id}
    back = {"out_of": "zhao", "into": "wang"}
    for more in ({"amount": 6}, {"amount": 5, "reason": "另一事"}, {"amount": 5, **back}):
        with pytest.raises(Refusal) as told:
            await at.transfer(asked(book, key="one", **more))
        assert (told.value.code, told.value.path) == ("IDEMPOTENCY_MISMATCH", ("idempotencyKey",))
    assert (await book.balances())["zhao"] == 5


async def test_two_processes_that_meet_at_one_key_post_once(book: Ledger) -> None:
    await book.move(100, ISSUE, "wang")
    await book.move(100, ISSUE, "zhao")
    one, other = poster(book), poster(book)
    for number in range(12):
        given = [asked(book, 1, key=f"k{number}"), asked(book, 1, "zhao", ISSUE, key=f"k{number}")]
        done = await asyncio.gather(one.transfer(given[0]), other.transfer(given[1]), return_exceptions=True)
        codes = [getattr(answer, "code", "posted") for answer in done]
        assert sorted(codes) == ["IDEMPOTENCY_MISMATCH", "posted"], done
    assert await count(book, select(models.journal.c.id).where(models.journal.c.kind == "give")) == 12


async def test_one_refusal_leaves_the_others_alone(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    await book.do(lambda ctx: _closed(ctx, book))

    def only_of_wang(_connection: Any, out_of: Any, into: Any) -> None:
        if out_of.id != book.ids["wang"] or into.kind == ISSUE:
            raise Forbidden("book_account:give", "no line allows it", "from")

    wanted = [
        asked(book, 3, permit=only_of_wang),
        asked(book, 3, "zhao", "wang", permit=only_of_wang),
        asked(book, 3, into="gone", permit=only_of_wang),
        asked(book, 30, permit=only_of_wang),
        asked(book, 4, permit=only_of_wang),
    ]
    at = poster(book)
    done = await asyncio.gather(*map(at.transfer, wanted), return_exceptions=True)
    codes = [getattr(one, "code", "posted") for one in done]
    assert codes == ["posted", "FORBIDDEN", "NOT_FOUND", "INSUFFICIENT_BALANCE", "posted"]
    assert (await book.balances())["zhao"] == 7
    assert [await count(book, refused(code)) for code in ("FORBIDDEN", "NOT_FOUND", "LIMIT")] == [1, 1, 0]
    assert await book.findings() == []


async def test_a_fault_is_told_to_all_who_wait_and_nothing_is_written(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")

    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    at = poster(book)
    wanted = [asked(book, 1, key="a"), asked(book, 1, permit=broken), asked(book, 1)]
    done = await asyncio.gather(*map(at.transfer, wanted), return_exceptions=True)
    assert [type(one) for one in done] == [RuntimeError] * 3
    assert await book.balances() == {ISSUE: -10, "wang": 10, "zhao": 0}
    assert (await at.transfer(asked(book, 1, key="a"))).replayed is False
    assert (await book.balances())["zhao"] == 1


async def test_what_cannot_be_stored_does_not_even_queue(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    book.ids["nobody"] = "nobody"
    bad: list[tuple[Transfer, type[Exception]]] = [
        (asked(book, 0), ValueError),
        (asked(book, -1), ValueError),
        (asked(book, 1, reason="\0"), ValueError),
        (asked(book, 1, detail={"text": "\ud800"}), ValueError),
        (asked(book, 1, key="k" * 81), Refusal),
        (asked(book, 1, key="\n"), Refusal),
        (asked(book, 1, into="nobody"), Refusal),
        (replace(asked(book, 1), actor=Actor()), Refusal),
    ]
    at = poster(book)
    wanted = [one for one, _ in bad] + [asked(book, 1, reason="\\u0000 \\\\u0000")]
    *done, good = await asyncio.gather(*map(at.transfer, wanted), return_exceptions=True)
    assert isinstance(good, Posted), good
    assert [isinstance(one, kind) for one, (_, kind) in zip(done, bad, strict=True)] == [True] * len(bad)
    del book.ids["nobody"]
    assert (await book.balances())["zhao"] == 1


def _closed(ctx: Context, book: Ledger) -> None:
    made = accounts.open_account(ctx, book.book, "gone", accounts.NOBODY)
    accounts.close_account(ctx, made.id)
    book.ids["gone"] = made.id


async def test_a_journal_of_the_poster_is_reversed_as_any_other(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    done = await poster(book).transfer(asked(book, 4))
    await book.do(lambda ctx: posting.reverse(ctx, done.journal_id, "录入有误"))
    assert (await book.balances())["wang"] == 10
