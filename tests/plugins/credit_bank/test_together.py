"""Many at once: nothing is sold twice, nothing is spent twice, one key has one effect."""

import asyncio
from typing import Any

from linli.clock import today
from linli_plugins.credit_bank.checks import verify_booked, verify_held
from linli_plugins.credit_bank.models import redemption
from linli_plugins.ledger.verifying import verify_books
from tests.plugins.credit_bank.place import NODES, CreditPlace, mutation

CLIENTS, EACH = 16, 60
BUYERS = 50
TIMES = 100


async def _answer(bank: CreditPlace, who: str, verb: str, **data: Any) -> Any:
    """Do a deed again as long as it only met others; return its node or the code of its refusal."""
    for _ in range(200):
        payload = await bank.place.deed(who, mutation(verb, NODES[verb]), **data)
        if not payload["errors"]:
            return payload[NODES[verb]]
        if payload["errors"][0]["code"] != "CONFLICT":
            return payload["errors"][0]["code"]
    return "CONFLICT"


def _check(bank: CreditPlace) -> None:
    with bank.place.deployment.database.begin() as connection:
        found = [*verify_books(connection), *verify_booked(connection), *verify_held(connection)]
    assert [one for one in found if one.fault] == []


async def test_sixteen_clients_spend_a_balance_of_100_and_not_one_point_more(bank: CreditPlace) -> None:
    for who in ("wang", "li"):
        await bank.join(who)
    await bank.earn("wang", 96)
    patrol = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": str(today())}
    await bank.do("n1", "recordActivity", **patrol, quantity=2)
    offer = {"bank": bank.bank, "kind": "SERVICE", "titleZh": "磨刀", "titleEn": "Sharpening"}
    made = await bank.do("north", "publishOffer", **offer, points=1, valuation="一次一分")
    wanted = {"member": bank.members["wang"], "offer": made["id"]}

    async def spend() -> list[Any]:
        return [await _answer(bank, "wang", "redeemOffer", **wanted) for _ in range(EACH)]

    answers = [one for some in await asyncio.gather(*(spend() for _ in range(CLIENTS))) for one in some]
    held = [one for one in answers if isinstance(one, dict)]
    assert len(held) == 100
    assert {one for one in answers if isinstance(one, str)} == {"INSUFFICIENT_BALANCE"}
    assert await bank.balance("wang") == 0
    _check(bank)


async def test_fifty_want_the_last_one_and_one_gets_it(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.earn("wang", 99)
    offer = {"bank": bank.bank, "kind": "GOODS", "titleZh": "台灯", "titleEn": "Lamp", "stock": 1}
    made = await bank.do("north", "publishOffer", **offer, points=1, valuation="一盏一分")
    wanted = {"member": bank.members["wang"], "offer": made["id"]}
    answers = await asyncio.gather(*(_answer(bank, "wang", "redeemOffer", **wanted) for _ in range(BUYERS)))
    assert sum(isinstance(one, dict) for one in answers) == 1
    assert await bank.balance("wang") == 98
    _check(bank)


async def test_one_key_sent_a_hundred_times_has_one_effect_and_equal_answers(bank: CreditPlace) -> None:
    for who in ("wang", "li"):
        await bank.join(who)
    await bank.earn("wang", 9)
    gift = {"member": bank.members["wang"], "toNumber": 2, "points": 2, "idempotencyKey": "gift-1"}
    answers = await asyncio.gather(*(_answer(bank, "wang", "givePoints", **gift) for _ in range(TIMES)))
    assert [one["id"] for one in answers] == [bank.members["wang"]] * TIMES
    assert (await bank.balance("wang"), await bank.balance("li")) == (7, 2)
    other = await _answer(bank, "wang", "givePoints", **(gift | {"points": 3}))
    assert other == "IDEMPOTENCY_MISMATCH"
    assert await bank.balance("wang") == 7
    _check(bank)


async def test_one_redemption_is_handed_over_or_cancelled_and_never_both(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.earn("wang", 9)
    for _ in range(3):
        wanted = {"member": bank.members["wang"], "offer": bank.offers["Haircut"]}
        held = await bank.do("wang", "redeemOffer", **wanted)
        code = {"redemption": held["id"], "code": held["secret"]["code"]}
        both = await asyncio.gather(
            _answer(bank, "north", "handOverRedemption", **code),
            _answer(bank, "wang", "cancelRedemption", redemption=held["id"]),
            _answer(bank, "north2", "handOverRedemption", **code),
        )
        assert sum(isinstance(one, dict) for one in both) == 1
    states = {row.state for row in bank.place.rows(redemption)}
    assert states <= {"handed_over", "cancelled"}
    _check(bank)


async def test_two_who_move_points_in_opposite_directions_never_wait_in_a_ring(bank: CreditPlace) -> None:
    other = await bank.do("street", "openCreditBank", grid=bank.place.ids["town"])
    given = {"bank": bank.bank, "otherBank": other["id"], "cap": 1000}
    agreed = await bank.do("north", "proposeAgreement", **given)
    await bank.do("street", "acceptAgreement", agreement=agreed["id"])
    await bank.join("wang")
    there = await bank.do("wang", "joinCreditBank", bank=other["id"], termsVersion=1)
    await bank.earn("wang", 30)
    move = {"agreement": agreed["id"], "points": 1}
    await bank.do("wang", "movePoints", **move | {"points": 15}, member=bank.members["wang"])
    ways = (bank.members["wang"], there["id"])
    answers = await asyncio.gather(
        *(_answer(bank, "wang", "movePoints", **move, member=ways[number % 2]) for number in range(20))
    )
    assert all(isinstance(one, dict) for one in answers)
    assert await bank.balance("wang") == 15
    _check(bank)


async def test_a_cap_holds_for_many_records_at_once(bank: CreditPlace) -> None:
    await bank.join("wang")
    done = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": str(today())}
    answers = await asyncio.gather(*(_answer(bank, "n1", "recordActivity", **done) for _ in range(12)))
    assert sum(one["points"] for one in answers if isinstance(one, dict)) == 6
    assert await bank.balance("wang") == 6
    _check(bank)
