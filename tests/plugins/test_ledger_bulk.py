"""An award to many is one journal: all of them have it, or nobody, under the rules of every journal."""

import pytest
from sqlalchemy import func, select

from linli import model as t
from linli.context import Context
from linli.errors import NotFound, Refusal
from linli.verbs.inputs import NodeRef
from linli_plugins.ledger import accounts, models, posting
from tests.plugins.ledger_place import ISSUE, Ledger

MANY = 300
FACT = NodeRef("project", "01a2082a-47ed-756b-a28e-5c2123fea200")


async def members(book: Ledger, limit: int | None = None) -> list[str]:
    """Open many accounts, the last with an upper limit, and return their ids."""

    def opened(ctx: Context) -> list[str]:
        limits = [None] * (MANY - 1) + [limit]
        return [
            accounts.open_account(ctx, book.book, f"m{number}", accounts.NOBODY, upper_limit=most).id
            for number, most in enumerate(limits)
        ]

    ids = await book.do(opened)
    book.ids |= {f"m{number}": one for number, one in enumerate(ids)}
    return ids


def award(book: Ledger, ids: list[str]) -> posting.Journal:
    """Two points to each, and a tenth to every tenth."""
    legs = [posting.Leg(one, 12 if number % 10 == 0 else 2) for number, one in enumerate(ids)]
    issued = posting.Leg(book.ids[ISSUE], -sum(leg.amount for leg in legs))
    return posting.Journal(book.book.id, "award", [issued, *legs], FACT, "重阳节慰问")


async def counted(book: Ledger) -> tuple[int, int, int]:
    """Return how many journals, entries and audit rows of journals there are."""
    told = select(func.count()).select_from(t.audit).where(t.audit.c.action == posting.POSTED)
    asked = [*(select(func.count()).select_from(one) for one in (models.journal, models.entry)), told]
    journals, entries, rows = await book.do(
        lambda ctx: [ctx.connection.execute(one).scalar_one() for one in asked]
    )
    return journals, entries, rows


async def test_everybody_has_their_part_in_one_journal(book: Ledger) -> None:
    ids = await members(book)
    await book.do(lambda ctx: posting.post(ctx, award(book, ids)))
    await book.do(lambda ctx: posting.reverse(ctx, _only(ctx), "录入有误"))
    assert set((await book.balances()).values()) == {0}
    again = award(book, ids)
    with pytest.raises(Refusal) as told:
        await book.do(lambda ctx: posting.post(ctx, again))
    assert told.value.key == "ledger.booked_already"
    assert await counted(book) == (2, 2 * (MANY + 1), 2)
    assert await book.findings() == []


async def test_one_who_may_not_have_so_much_keeps_it_from_all(book: Ledger) -> None:
    ids = await members(book, limit=1)
    with pytest.raises(Refusal) as told:
        await book.do(lambda ctx: posting.post(ctx, award(book, ids), "points"))
    assert (told.value.code, told.value.key, told.value.path) == (
        *("LIMIT_EXCEEDED", "ledger.too_much"),
        ("points",),
    )
    await book.do(lambda ctx: accounts.close_account(ctx, ids[7]))
    with pytest.raises(NotFound):
        await book.do(lambda ctx: posting.post(ctx, award(book, ids[:20])))
    assert set((await book.balances()).values()) == {0}
    assert await counted(book) == (0, 0, 0)


def _only(ctx: Context) -> str:
    return str(ctx.connection.execute(select(models.journal.c.id)).scalar_one())
