"""The ledger: nothing is lost, nothing is made of nothing, nothing is spent twice, nothing is changed."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from linli.context import Context
from linli.errors import AlreadyExists, Invalid, NotFound, Refusal
from linli.verbs.inputs import NodeRef
from linli_plugins.ledger import accounts, holds, models, posting
from tests.plugins.ledger_place import ISSUE, Ledger
from tests.policies.seeds import seeded

CLIENTS, EACH = 16, 60
STEPS = 300
FACT = NodeRef("project", "01a2082a-47ed-756b-a28e-5c2123fea200")


async def test_a_journal_moves_what_it_says_and_sums_to_nothing(book: Ledger) -> None:
    await book.move(100, ISSUE, "wang")
    await book.move(30, "wang", "zhao")
    assert await book.balances() == {ISSUE: -100, "wang": 70, "zhao": 30}
    assert await book.findings() == []


async def test_nobody_spends_what_is_not_there(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    with pytest.raises(Refusal) as told:
        await book.move(11, "wang", "zhao")
    assert (told.value.code, told.value.key, told.value.path) == (
        "INSUFFICIENT_BALANCE",
        "ledger.not_enough",
        ("amount",),
    )
    assert await book.balances() == {ISSUE: -10, "wang": 10, "zhao": 0}


@pytest.mark.parametrize("amount", [models.LARGEST + 1, 2**63, 10**30])
async def test_an_amount_beyond_all_reason_is_refused_and_nothing_wraps(book: Ledger, amount: int) -> None:
    with pytest.raises(Refusal):
        await book.move(amount, ISSUE, "wang")
    await book.move(models.LARGEST, ISSUE, "wang")
    with pytest.raises(Refusal) as told:
        await book.move(1, "zhao", "wang")
    assert told.value.code == "INSUFFICIENT_BALANCE"
    assert await book.findings() == []


@pytest.mark.parametrize("amounts", [(1,), (1, -2), (0, 0), (5, -5, 0)])
async def test_legs_that_are_no_journal_are_a_mistake_of_the_program(
    book: Ledger, amounts: tuple[int, ...]
) -> None:
    legs = [posting.Leg(one, amount) for one, amount in zip(book.ids.values(), amounts, strict=False)]
    with pytest.raises(ValueError, match="no journal"):
        await book.do(lambda ctx: posting.post(ctx, posting.Journal(book.book.id, "test", legs)))


async def test_one_fact_is_booked_once_for_each_kind(book: Ledger) -> None:
    await book.move(5, ISSUE, "wang", "earn", source=FACT)
    with pytest.raises(AlreadyExists):
        await book.move(5, ISSUE, "wang", "earn", source=FACT)
    await book.move(2, "wang", "zhao", "give", source=FACT)
    assert (await book.balances())["wang"] == 3


async def test_an_account_of_another_book_is_not_found(book: Ledger) -> None:
    def other(ctx: Context) -> str:
        ref = accounts.open_book(ctx, book.book.grid_id, "时间银行", "hours", [ISSUE])
        return accounts.own_account(ctx, ref.id, ISSUE)

    book.ids["hours"] = await book.do(other)
    with pytest.raises(NotFound):
        await book.move(1, ISSUE, "hours")


async def test_a_refusal_that_is_caught_has_moved_nothing(book: Ledger) -> None:
    await book.move(10, ISSUE, "wang")
    ids = book.ids
    short = posting.transfer(book.book.id, "test", 5, out_of=ids["zhao"], into=ids["wang"])
    enough = posting.transfer(book.book.id, "test", 5, out_of=ids["wang"], into=ids["zhao"])

    def one_or_the_other(ctx: Context) -> None:
        with pytest.raises(Refusal):
            posting.post(ctx, short)
        posting.post(ctx, enough)

    await book.do(one_or_the_other)
    assert await book.balances() == {ISSUE: -10, "wang": 5, "zhao": 5}
    assert await book.findings() == []


@pytest.mark.parametrize("detail", [{"share": 0.5}, {"n": {1: "a"}}, {"large": 2**60}])
async def test_a_detail_that_would_not_come_back_as_it_was_is_a_mistake(book: Ledger, detail: Any) -> None:
    with pytest.raises(ValueError, match="detail"):
        await book.move(1, ISSUE, "wang", detail=detail)


async def test_a_journal_is_reversed_once_and_a_reversal_never(book: Ledger) -> None:
    made = await book.move(10, ISSUE, "wang")
    opposite = await book.do(lambda ctx: posting.reverse(ctx, made, "录入有误"))
    assert (await book.balances())["wang"] == 0
    with pytest.raises(AlreadyExists):
        await book.do(lambda ctx: posting.reverse(ctx, made, "录入有误"))
    with pytest.raises(Invalid):
        await book.do(lambda ctx: posting.reverse(ctx, opposite, "录入有误"))


async def test_what_was_spent_cannot_be_reversed_away(book: Ledger) -> None:
    made = await book.move(10, ISSUE, "wang")
    await book.move(1, "wang", "zhao")
    with pytest.raises(Refusal) as told:
        await book.do(lambda ctx: posting.reverse(ctx, made, "录入有误"))
    assert told.value.key == "ledger.not_enough"


async def test_sixteen_clients_spend_exactly_what_is_there(book: Ledger) -> None:
    await book.move(100, ISSUE, "wang")
    refusals = []

    async def client() -> None:
        for _ in range(EACH):
            try:
                await book.move(1, "wang", "zhao")
            except Refusal as refusal:
                refusals.append(refusal.key)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    assert await book.balances() == {ISSUE: -100, "wang": 0, "zhao": 100}
    assert refusals == ["ledger.not_enough"] * (CLIENTS * EACH - 100)
    assert await book.findings() == []


async def test_transfers_in_both_directions_never_wait_for_each_other(book: Ledger) -> None:
    await asyncio.gather(book.move(1000, ISSUE, "wang"), book.move(1000, ISSUE, "zhao"))
    ways = [("wang", "zhao"), ("zhao", "wang")] * 30
    await asyncio.gather(*(book.move(1, out_of, into) for out_of, into in ways))
    assert (await book.balances())["wang"] == 1000


async def test_a_random_history_keeps_every_invariant(book: Ledger) -> None:
    generator = seeded("ledger")
    open_holds: list[tuple[str, str]] = []
    journals: list[str] = []

    async def step() -> None:
        match generator.randrange(6):
            case 0:
                journals.append(await book.move(generator.randint(1, 50), ISSUE, "wang"))
            case 1 | 2:
                out_of, into = generator.sample(["wang", "zhao"], 2)
                journals.append(await book.move(generator.randint(1, 30), out_of, into))
            case 3:
                name, amount = generator.choice(["wang", "zhao"]), generator.randint(1, 20)
                held = await book.do(lambda ctx: holds.hold_back(ctx, book.ids[name], amount))
                open_holds.append((held, "zhao" if name == "wang" else "wang"))
            case 4 if open_holds:
                one, into = open_holds.pop(generator.randrange(len(open_holds)))
                await book.do(lambda ctx: holds.capture(ctx, one, "redeem", book.ids[into]))
            case 5 if open_holds and generator.randrange(2):
                one, _ = open_holds.pop(generator.randrange(len(open_holds)))
                await book.do(lambda ctx: holds.release(ctx, one))
            case _ if journals:
                last = generator.choice(journals)
                await book.do(lambda ctx: posting.reverse(ctx, last, "test"))

    for _ in range(STEPS // CLIENTS):
        done = await asyncio.gather(*(step() for _ in range(CLIENTS)), return_exceptions=True)
        assert [one for one in done if isinstance(one, BaseException) and not isinstance(one, Refusal)] == []
    assert await book.findings() == []
    assert sum((await book.balances()).values()) == 0


async def test_a_second_account_of_one_person_is_a_conflict(book: Ledger) -> None:
    owner = accounts.Owner(resident_id=(await book.row("wang")).resident_id)
    with pytest.raises(DBAPIError, match=r"uq_ledger__account_resident_id|UNIQUE"):
        await book.do(lambda ctx: accounts.open_account(ctx, book.book, "member", owner))


async def test_an_account_is_closed_when_it_is_empty(book: Ledger) -> None:
    await book.move(1, ISSUE, "wang")
    with pytest.raises(Invalid):
        await book.do(lambda ctx: accounts.close_account(ctx, book.ids["wang"]))
    await book.do(lambda ctx: accounts.close_account(ctx, book.ids["zhao"]))
    with pytest.raises(NotFound):
        await book.move(1, "wang", "zhao")


async def test_a_balance_is_seen_by_whose_it_is(book: Ledger) -> None:
    await book.move(7, ISSUE, "wang")
    query = "{ bookAccounts { nodes { kind balance book { name unit } resident { name } } } }"
    mine = await book.place.data("wang", query)
    assert mine["bookAccounts"]["nodes"] == [
        {
            "kind": "member",
            "balance": "7",
            "book": {"name": "邻里积分", "unit": "points"},
            "resident": {"name": "王一"},
        }
    ]
    for who in ("north", "n1", None):
        assert (await book.place.data(who, query))["bookAccounts"]["nodes"] == []
    public = await book.place.data(None, "{ books { nodes { name accounts { totalCount } } } }")
    assert public["books"]["nodes"] == [{"name": "邻里积分", "accounts": {"totalCount": 0}}]
