"""How points are earned: claims, four eyes, check-ins, goods, and awards to many."""

from datetime import UTC, datetime, timedelta

import pytest

from linli.clock import today
from linli_plugins.credit_bank.models import activity
from tests.plugins.credit_bank.place import CreditPlace

TODAY = str(today())


async def test_a_claim_is_decided_by_staff_and_booked_once(bank: CreditPlace) -> None:
    await bank.join("wang")
    claim = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": TODAY}
    assert await bank.refused("li", "claimActivity", **claim, note="巡逻两小时") == "FORBIDDEN"
    made = await bank.do("wang", "claimActivity", **claim, quantity=2, note="巡逻两小时，王大爷同行")
    assert (made["state"], await bank.balance("wang")) == ("CLAIMED", 0)
    yes = {"activity": made["id"], "approve": True}
    for who in ("wang", "n1", "social"):
        assert await bank.refused(who, "decideActivity", **yes) == "FORBIDDEN"
    assert await bank.refused("south", "decideActivity", **yes) == "NOT_FOUND"
    assert (
        await bank.refused("north", "decideActivity", activity=made["id"], approve=False) == "INVALID_INPUT"
    )
    assert (await bank.do("north", "decideActivity", **yes))["state"] == "BOOKED"
    assert await bank.refused("north2", "decideActivity", **yes) == "INVALID_INPUT"
    assert await bank.balance("wang") == 4


@pytest.mark.case(68)
async def test_above_the_limit_a_second_person_decides(bank: CreditPlace) -> None:
    await bank.join("wang")
    many = {"member": bank.members["wang"], "measure": bank.measures["goods"], "doneOn": TODAY, "quantity": 4}
    made = await bank.do("north", "recordActivity", **many)
    assert (made["state"], made["points"]) == ("RECORDED", 12)
    yes = {"activity": made["id"], "approve": True}
    assert await bank.refused("north", "decideActivity", **yes) == "FORBIDDEN"
    assert (await bank.do("north2", "decideActivity", **yes))["state"] == "BOOKED"


async def test_a_line_can_ask_for_a_second_person_however_few_the_points(bank: CreditPlace) -> None:
    await bank.join("wang")
    visit = {"member": bank.members["wang"], "measure": bank.measures["visit"], "doneOn": TODAY}
    made = await bank.do("north", "recordActivity", **visit)
    assert (made["state"], made["points"]) == ("RECORDED", 5)
    no = {"activity": made["id"], "approve": False, "reason": "没有记录"}
    refused = await bank.do("north2", "decideActivity", **no)
    assert (refused["state"], refused["decision"]) == ("REFUSED", "没有记录")
    assert await bank.balance("wang") == 0


@pytest.mark.case(68, 71)
async def test_staff_neither_records_nor_decides_in_an_own_matter(bank: CreditPlace) -> None:
    """Li is a resident of n1 and works there: the right to record does not reach the own membership."""
    await bank.join("li")
    own = {"member": bank.members["li"], "measure": bank.measures["patrol"], "doneOn": TODAY}
    assert await bank.refused("li", "recordActivity", **own) == "FORBIDDEN"


async def test_a_check_in_takes_a_code_a_time_and_each_member_once(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.join("li")
    now = datetime.now(UTC)
    given = {"measure": bank.measures["patrol"], "title": "周一巡逻", "opensAt": now.isoformat()}
    given["closesAt"] = (now + timedelta(hours=2)).isoformat()
    assert await bank.refused("wang", "openCheckIn", **given) == "FORBIDDEN"
    assert (
        await bank.refused("north", "openCheckIn", **(given | {"closesAt": now.isoformat()}))
        == "INVALID_INPUT"
    )
    opened = await bank.do("north", "openCheckIn", **given)
    code = opened["secret"]["code"]
    query = "query ($id: ID!) { node(id: $id) { ... on CheckIn { title secret { code } } } }"
    assert (await bank.place.data("wang", query, id=opened["id"]))["node"]["secret"] is None
    here = {"session": opened["id"], "member": bank.members["wang"], "code": code}
    assert await bank.refused("li", "checkIn", **here) == "FORBIDDEN"
    assert await bank.refused("wang", "checkIn", **(here | {"code": "ABCDEFGH"})) == "INVALID_INPUT"
    assert (await bank.do("wang", "checkIn", **here))["state"] == "BOOKED"
    assert await bank.refused("wang", "checkIn", **here) == "ALREADY_EXISTS"
    assert (await bank.do("li", "checkIn", **(here | {"member": bank.members["li"]})))["points"] == 2
    await bank.do("north", "closeCheckIn", session=opened["id"])
    await bank.join("keeper", member=bank.place.ids["shop"])
    assert (
        await bank.refused("keeper", "checkIn", **(here | {"member": bank.members["keeper"]})) == "NOT_FOUND"
    )


async def test_goods_that_are_given_stand_on_the_shelf(bank: CreditPlace) -> None:
    await bank.join("wang")
    given = {
        "member": bank.members["wang"],
        "doneOn": TODAY,
        "quantity": 3,
        "offer": bank.offers["Detergent"],
    }
    assert (
        await bank.refused("n1", "recordActivity", **given, measure=bank.measures["patrol"])
        == "INVALID_INPUT"
    )
    no_stock = given | {"offer": bank.offers["Haircut"]}
    assert (
        await bank.refused("n1", "recordActivity", **no_stock, measure=bank.measures["goods"])
        == "INVALID_INPUT"
    )
    await bank.do("n1", "recordActivity", **given, measure=bank.measures["goods"])
    query = "query ($id: ID!) { node(id: $id) { ... on CreditOffer { stock } } }"
    assert (await bank.place.data(None, query, id=bank.offers["Detergent"]))["node"]["stock"] == 5


async def test_an_award_is_prepared_by_one_and_booked_by_another(bank: CreditPlace) -> None:
    for who in ("wang", "li"):
        await bank.join(who)
    lines = [{"member": bank.members[who], "quantity": 2} for who in ("wang", "li")]
    given = {"measure": bank.measures["patrol"], "title": "秋季巡逻", "doneOn": TODAY, "lines": lines}
    assert await bank.refused("n1", "prepareAward", **given) == "FORBIDDEN"
    twice = given | {"lines": [*lines, lines[0]]}
    assert await bank.refused("north", "prepareAward", **twice) == "INVALID_INPUT"
    prepared = await bank.do("north", "prepareAward", **given)
    assert (prepared["state"], prepared["people"], prepared["points"]) == ("PREPARED", 2, 8)
    yes = {"award": prepared["id"], "approve": True}
    assert await bank.refused("north", "decideAward", **yes) == "FORBIDDEN"
    assert (await bank.do("north2", "decideAward", **yes))["state"] == "BOOKED"
    assert await bank.refused("north2", "decideAward", **yes) == "INVALID_INPUT"
    assert (await bank.balance("wang"), await bank.balance("li")) == (4, 4)
    more = given | {"lines": [{"member": bank.members["wang"], "quantity": 3}]}
    capped = await bank.do("north", "prepareAward", **more)
    assert capped["points"] == 2  # the day's cap of 6 counts awards too


async def test_who_leaves_before_an_award_is_booked_gets_nothing_of_it(bank: CreditPlace) -> None:
    for who in ("wang", "li"):
        await bank.join(who)
    lines = [{"member": bank.members[who]} for who in ("wang", "li")]
    given = {"measure": bank.measures["patrol"], "title": "巡逻", "doneOn": TODAY, "lines": lines}
    prepared = await bank.do("north", "prepareAward", **given)
    await bank.do("li", "leaveCreditBank", member=bank.members["li"])
    booked = await bank.do("north2", "decideAward", award=prepared["id"], approve=True)
    assert (booked["people"], booked["points"]) == (1, 2)
    assert (await bank.balance("wang"), await bank.balance("li")) == (2, 0)


@pytest.mark.case(295)
async def test_every_entry_explains_itself_to_its_owner(bank: CreditPlace) -> None:
    await bank.join("wang")
    done = {
        "member": bank.members["wang"],
        "measure": bank.measures["patrol"],
        "doneOn": TODAY,
        "note": "巡逻",
    }
    await bank.do("n1", "recordActivity", **done, quantity=2)
    query = """{ creditActivities { nodes {
        doneOn quantity computed points note state measure { titleZh titleEn number points } } } }"""
    (told,) = (await bank.place.data("wang", query))["creditActivities"]["nodes"]
    assert told["measure"] == {"titleZh": "平安巡逻", "titleEn": "Patrol", "number": 1, "points": 2}
    assert (told["quantity"], told["points"], told["note"]) == (2, 4, "巡逻")
    for who in ("zhao", "south", None):
        assert (await bank.place.data(who, query))["creditActivities"]["nodes"] == []
    assert len(bank.place.rows(activity)) == 1
