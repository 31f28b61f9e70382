"""Nobody decides in an own matter or books much alone, and who has left is forgotten."""

import pytest
from sqlalchemy import select

from linli import model as t
from linli.clock import today
from linli_plugins.credit_bank.daily import finish_leaving
from linli_plugins.credit_bank.models import activity
from linli_plugins.ledger.models import journal
from tests.plugins.credit_bank.place import CreditPlace

TODAY = str(today())


async def _agreed(bank: CreditPlace) -> tuple[str, str]:
    """Open a bank of the street, agree, and return ids of bank and agreement."""
    other = await bank.do("street", "openCreditBank", grid=bank.place.ids["town"])
    given = {"bank": bank.bank, "otherBank": other["id"], "cap": 100}
    proposed = await bank.do("north", "proposeAgreement", **given)
    await bank.do("street", "acceptAgreement", agreement=proposed["id"])
    return other["id"], proposed["id"]


async def test_points_go_along_with_the_person_and_to_nobody_else(bank: CreditPlace) -> None:
    other, agreed = await _agreed(bank)
    for who in ("wang", "li"):
        await bank.join(who)
        there = await bank.do(who, "joinCreditBank", bank=other, termsVersion=1)
        bank.members[f"{who}_there"] = there["id"]
        bank.place.tokens[f"{who}_there"] = bank.place.tokens[who]
    await bank.earn("wang", 9)
    await bank.do("wang", "movePoints", agreement=agreed, member=bank.members["wang"], points=9)
    assert (await bank.balance("wang_there"), await bank.balance("li_there")) == (9, 0)


async def test_either_bank_ends_an_agreement_and_nobody_else(bank: CreditPlace) -> None:
    _, agreed = await _agreed(bank)
    for who in ("wang", "n1", "south"):
        assert await bank.refused(who, "endAgreement", agreement=agreed) == "FORBIDDEN"
    assert (await bank.do("street", "endAgreement", agreement=agreed))["state"] == "ENDED"


async def test_an_organisation_gives_none_of_its_points_away(bank: CreditPlace) -> None:
    await bank.join("keeper", member=bank.place.ids["shop"])
    await bank.join("wang")
    await bank.earn("keeper", 9)
    gift = {"member": bank.members["keeper"], "toNumber": 2, "points": 1}
    assert await bank.refused("keeper", "givePoints", **gift) == "INVALID_INPUT"


@pytest.mark.case(68, 71)
async def test_who_decides_an_award_is_not_among_those_who_get_it(bank: CreditPlace) -> None:
    for who in ("wang", "li"):
        await bank.join(who)
    with bank.place.deployment.database.begin() as connection:  # north2 turns out to be li
        li = connection.execute(select(t.account).where(t.account.c.name == "li")).one()
        moved = t.account.update().where(t.account.c.name == "li").values(resident_id=None)
        connection.execute(moved)
        named = t.account.update().where(t.account.c.name == "north2")
        connection.execute(named.values(resident_id=li.resident_id, version=t.account.c.version + 1))
    lines = [{"member": bank.members[who]} for who in ("wang", "li")]
    given = {"measure": bank.measures["patrol"], "title": "巡逻", "doneOn": TODAY, "lines": lines}
    assert await bank.refused("north2", "prepareAward", **given) == "FORBIDDEN"
    prepared = await bank.do("north", "prepareAward", **given)
    yes = {"award": prepared["id"], "approve": True}
    assert await bank.refused("north2", "decideAward", **yes) == "FORBIDDEN"
    assert (await bank.do("street", "decideAward", **yes))["state"] == "BOOKED"


@pytest.mark.case(68)
async def test_an_appeal_above_the_limit_passes_two_pairs_of_eyes(bank: CreditPlace) -> None:
    await bank.join("wang")
    done = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": TODAY}
    entry = await bank.do("n1", "recordActivity", **done)
    raised = await bank.do("wang", "raiseAppeal", activity=entry["id"], text="漏记")
    yes = {"appeal": raised["id"], "uphold": True, "points": 11, "decision": "核实"}
    assert await bank.refused("north", "decideAppeal", **yes) == "INVALID_INPUT"
    await bank.do("north", "receiveAppeal", appeal=raised["id"])
    assert await bank.refused("north", "decideAppeal", **yes) == "FORBIDDEN"
    assert (await bank.do("north2", "decideAppeal", **yes))["state"] == "UPHELD"


async def test_social_workers_hand_over_and_see_no_redemptions(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.earn("wang", 3)
    held = await bank.do("wang", "redeemOffer", member=bank.members["wang"], offer=bank.offers["Haircut"])
    query = "{ creditRedemptions { totalCount } }"
    assert (await bank.place.data("social", query))["creditRedemptions"]["totalCount"] == 0
    mutation = """mutation ($input: HandOverRedemptionInput!) {
        handOverRedemption(input: $input) { creditRedemption { id } errors { code } } }"""
    code = {"redemption": held["id"], "code": held["secret"]["code"]}
    payload = await bank.place.deed("social", mutation, **code)
    assert payload == {"creditRedemption": None, "errors": []}
    assert (await bank.place.data("north", "{ creditRedemptions { nodes { state } } }"))[
        "creditRedemptions"
    ] == {"nodes": [{"state": "HANDED_OVER"}]}


async def test_no_account_of_who_has_left_remains_in_the_banks_rows(bank: CreditPlace) -> None:
    await bank.join("wang")
    claim = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": TODAY}
    made = await bank.do("wang", "claimActivity", **claim, note="夜里转了两圈")
    await bank.do("north", "decideActivity", activity=made["id"], approve=True)
    await bank.join("li")
    await bank.do("wang", "givePoints", member=bank.members["wang"], toNumber=2, points=1)
    await bank.earn("wang", 6)
    wanted = {"member": bank.members["wang"], "offer": bank.offers["Haircut"]}
    held = await bank.do("wang", "redeemOffer", **wanted)
    await bank.do("wang", "cancelRedemption", redemption=held["id"])
    await bank.do("wang", "leaveCreditBank", member=bank.members["wang"])
    assert bank.operate(finish_leaving, days=31) == 1
    with bank.place.deployment.database.begin() as connection:
        wang = connection.execute(select(t.account.c.id).where(t.account.c.name == "wang")).scalar_one()
        journals = connection.execute(select(journal)).all()
    assert wang not in repr(journals)
    assert wang not in repr(bank.everything())
    assert "夜里转了两圈" not in repr(bank.everything())


async def test_who_recorded_for_an_organisation_stays_known_when_it_has_left(bank: CreditPlace) -> None:
    await bank.join("keeper", member=bank.place.ids["shop"])
    done = {"member": bank.members["keeper"], "measure": bank.measures["patrol"], "doneOn": TODAY}
    await bank.do("n1", "recordActivity", **done)
    await bank.do("keeper", "claimActivity", **done, note="夜里转了两圈")
    await bank.do("keeper", "leaveCreditBank", member=bank.members["keeper"])
    assert bank.operate(finish_leaving, days=31) == 1
    with bank.place.deployment.database.begin() as connection:
        n1 = connection.execute(select(t.account.c.id).where(t.account.c.name == "n1")).scalar_one()
    assert [row.recorded_by for row in bank.place.rows(activity)] == [n1, None]
