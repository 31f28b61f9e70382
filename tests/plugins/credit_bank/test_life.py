"""A credit bank from joining to leaving, over the service, and what each of the people may not do."""

from datetime import timedelta

import pytest

from linli.clock import today
from linli_plugins.credit_bank.daily import expire_redemptions, finish_leaving
from tests.plugins.credit_bank.place import CreditPlace

TODAY = str(today())


async def test_nobody_is_made_a_member_without_consent(bank: CreditPlace) -> None:
    wang, bank_id = bank.place.ids["wang"], bank.bank
    assert (
        await bank.refused("north", "joinCreditBank", bank=bank_id, member=wang, termsVersion=1)
        == "FORBIDDEN"
    )
    assert await bank.refused("wang", "joinCreditBank", bank=bank_id, termsVersion=2) == "INVALID_INPUT"
    li = bank.place.ids["li"]
    assert (
        await bank.refused("wang", "joinCreditBank", bank=bank_id, member=li, termsVersion=1) == "NOT_FOUND"
    )
    joined = await bank.do("wang", "joinCreditBank", bank=bank_id, termsVersion=1)
    assert (joined["number"], joined["state"], joined["account"]["balance"]) == (1, "ACTIVE", "0")
    assert await bank.refused("wang", "joinCreditBank", bank=bank_id, termsVersion=1) == "ALREADY_EXISTS"
    assert await bank.refused("zhao", "joinCreditBank", bank=bank_id, termsVersion=1) == "INVALID_INPUT"


async def test_consent_on_paper_is_entered_by_staff_and_says_so(bank: CreditPlace) -> None:
    wang = bank.place.ids["wang"]
    given = {"bank": bank.bank, "member": wang, "termsVersion": 1, "onPaper": True}
    assert await bank.refused("n1", "joinCreditBank", **given) == "FORBIDDEN"
    assert await bank.refused("south", "joinCreditBank", **given) == "NOT_FOUND"
    made = await bank.do("north", "joinCreditBank", **given)
    data = await bank.place.data(
        "wang", "query ($id: ID!) { node(id: $id) { ... on CreditMember { consent } } }", id=made["id"]
    )
    assert data["node"]["consent"] == "PAPER"


async def test_an_organisation_joins_by_who_runs_it(bank: CreditPlace) -> None:
    shop = bank.place.ids["shop"]
    assert (
        await bank.refused("wang", "joinCreditBank", bank=bank.bank, member=shop, termsVersion=1)
        == "FORBIDDEN"
    )
    member = await bank.join("keeper", member=shop)
    await bank.do("n1", "recordActivity", member=member, measure=bank.measures["goods"], doneOn=TODAY)
    assert await bank.balance("keeper") == 3
    visit = {"member": member, "measure": bank.measures["visit"], "doneOn": TODAY}
    assert await bank.refused("n1", "recordActivity", **visit) == "INVALID_INPUT"  # for residents only


async def test_earning_spending_and_handing_over(bank: CreditPlace) -> None:
    await bank.join("wang")
    done = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": TODAY}
    assert await bank.refused("wang", "recordActivity", **done) == "FORBIDDEN"
    assert await bank.refused("south", "recordActivity", **done) == "NOT_FOUND"
    recorded = await bank.do("n1", "recordActivity", **done, quantity=2)
    assert (recorded["state"], recorded["points"]) == ("BOOKED", 4)
    wanted = {"member": bank.members["wang"], "offer": bank.offers["Detergent"]}
    assert await bank.refused("north", "redeemOffer", **wanted) == "FORBIDDEN"
    held = await bank.do("wang", "redeemOffer", **wanted)
    assert held["state"] == "HELD"
    assert await bank.balance("wang") == 0
    code = {"redemption": held["id"], "code": held["secret"]["code"]}
    assert await bank.refused("wang", "handOverRedemption", **code) == "FORBIDDEN"
    assert await bank.refused("north", "handOverRedemption", **(code | {"code": "WRONG"})) == "INVALID_INPUT"
    handed = await bank.do("north", "handOverRedemption", **code)
    assert handed["state"] == "HANDED_OVER"
    assert await bank.refused("north", "handOverRedemption", **code) == "INVALID_INPUT"
    assert await bank.refused("wang", "cancelRedemption", redemption=held["id"]) == "INVALID_INPUT"


async def test_the_code_is_seen_by_the_member_alone(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.earn("wang", 3)
    held = await bank.do("wang", "redeemOffer", member=bank.members["wang"], offer=bank.offers["Haircut"])
    query = "{ creditRedemptions { nodes { id state secret { code } } } }"
    (seen,) = (await bank.place.data("north", query))["creditRedemptions"]["nodes"]
    assert (seen["id"], seen["secret"]) == (held["id"], None)
    for who in ("zhao", "south", None):
        assert (await bank.place.data(who, query))["creditRedemptions"]["nodes"] == []


async def test_what_is_cancelled_or_not_fetched_comes_back(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.earn("wang", 9)
    wanted = {"member": bank.members["wang"], "offer": bank.offers["Detergent"]}
    first, second = [await bank.do("wang", "redeemOffer", **wanted) for _ in range(2)]
    assert await bank.refused("wang", "redeemOffer", **wanted) == "LIMIT_EXCEEDED"  # sold out
    assert await bank.refused("li", "cancelRedemption", redemption=first["id"]) == "NOT_FOUND"
    await bank.do("wang", "cancelRedemption", redemption=first["id"])
    assert await bank.balance("wang") == 5
    assert bank.operate(expire_redemptions, days=30) == 0
    assert bank.operate(expire_redemptions, days=31) == 1
    assert await bank.balance("wang") == 9
    assert bank.operate(expire_redemptions, days=31) == 0
    query = """query ($id: ID!) {
        node(id: $id) { ... on CreditOffer { stock } ... on CreditRedemption { state } } }"""
    assert (await bank.place.data(None, query, id=bank.offers["Detergent"]))["node"]["stock"] == 2
    assert (await bank.place.data("wang", query, id=second["id"]))["node"]["state"] == "EXPIRED"


async def test_nobody_redeems_more_than_is_on_the_shelf(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.earn("wang", 15)
    wanted = {"member": bank.members["wang"], "offer": bank.offers["Detergent"]}
    assert await bank.refused("wang", "redeemOffer", **wanted, quantity=3) == "LIMIT_EXCEEDED"
    await bank.do("wang", "redeemOffer", **wanted, quantity=2)
    assert await bank.refused("wang", "redeemOffer", **wanted) == "LIMIT_EXCEEDED"
    assert await bank.balance("wang") == 7


@pytest.mark.case(293)
async def test_leaving_leaves_time_to_spend_and_then_a_number_without_a_name(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.earn("wang", 9)
    assert await bank.refused("north", "leaveCreditBank", member=bank.members["wang"]) == "FORBIDDEN"
    left = await bank.do("wang", "leaveCreditBank", member=bank.members["wang"])
    assert left["state"] == "LEAVING"
    claim = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": TODAY}
    assert await bank.refused("wang", "claimActivity", **claim, note="巡逻") == "INVALID_INPUT"
    held = await bank.do("wang", "redeemOffer", member=bank.members["wang"], offer=bank.offers["Haircut"])
    assert bank.operate(finish_leaving, days=31) == 0  # something waits to be fetched
    await bank.do("north", "handOverRedemption", redemption=held["id"], code=held["secret"]["code"])
    assert bank.operate(finish_leaving, days=30) == 0
    assert bank.operate(finish_leaving, days=31) == 1
    wang = bank.place.ids["wang"].partition("_")[2]
    assert wang not in repr(bank.everything())
    assert (await bank.place.data("wang", "{ creditMembers(where: { closed: true }) { totalCount } }"))[
        "creditMembers"
    ]["totalCount"] == 0
    again = await bank.do("wang", "joinCreditBank", bank=bank.bank, termsVersion=1)
    assert (again["number"], again["account"]["balance"]) == (2, "0")


async def test_what_is_undecided_when_a_member_has_left_is_withdrawn(bank: CreditPlace) -> None:
    await bank.join("wang")
    visit = {"member": bank.members["wang"], "measure": bank.measures["visit"], "doneOn": TODAY}
    timely = await bank.do("wang", "claimActivity", **visit, note="探访刘奶奶")
    claimed = await bank.do("wang", "claimActivity", **visit, note="探访赵爷爷")
    recorded = await bank.do("n1", "recordActivity", **visit)
    await bank.do("wang", "leaveCreditBank", member=bank.members["wang"])
    await bank.do("north", "decideActivity", activity=timely["id"], approve=True)
    assert await bank.balance("wang") == 5  # what was done before still counts, and can be spent
    assert bank.operate(finish_leaving, days=31) == 1
    query = "query ($id: ID!) { node(id: $id) { ... on CreditActivity { state } } }"
    for one in (claimed, recorded):
        node = (await bank.place.data("north", query, id=one["id"]))["node"]
        assert node == {"state": "WITHDRAWN"}
        for given in ({"approve": True}, {"approve": False, "reason": "没有记录"}):
            code = await bank.refused("north2", "decideActivity", activity=one["id"], **given)
            assert code == "INVALID_INPUT"
    node = (await bank.place.data("north", query, id=timely["id"]))["node"]
    assert node == {"state": "BOOKED"}


async def test_who_moves_away_is_given_time_too(bank: CreditPlace) -> None:
    await bank.join("wang")
    close = """mutation ($input: CloseResidentInput!) {
        closeResident(input: $input) { resident { id } errors { code } } }"""
    await bank.place.done("north", close, resident=bank.place.ids["wang"], reason="MOVED_AWAY")
    await bank.place.relay()
    query = "query ($id: ID!) { node(id: $id) { ... on CreditMember { state leavesOn } } }"
    node = (await bank.place.data("north", query, id=bank.members["wang"]))["node"]
    assert node == {"state": "LEAVING", "leavesOn": str(today() + timedelta(days=30))}
