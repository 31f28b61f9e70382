"""Lanxi's schemes as its people use them: love bank, micro-charity market, "my turn to run the house"."""

import pytest

from linli.clock import today
from tests.regions.place import RegionPlace

REGION = "lanxi"
DAY = {"doneOn": str(today())}
BOOK = "微公益超市：捐赠图书一册"


@pytest.fixture(scope="module")
def bank(place: RegionPlace) -> str:
    """The community's love bank."""
    return str(place.do("north", "openCreditBank", grid=place.ids["north"])["id"])


def member(place: RegionPlace, bank: str, who: str) -> str:
    return str(place.do(who, "joinCreditBank", bank=bank, termsVersion=1)["id"])


def test_the_bank_bears_the_places_name_and_says_that_it_is_none_of_money(
    place: RegionPlace, bank: str
) -> None:
    query = "{ creditBanks { nodes { id name terms grid { name } } } }"
    (shown,) = place.data(None, query)["creditBanks"]["nodes"]
    assert (shown["id"], shown["name"], shown["grid"]["name"]) == (bank, "爱心银行", "north")
    assert "微公益超市" in shown["terms"]
    assert "不是金融机构" in shown["terms"]
    market = [title for title in place.offers() if title.startswith("微公益超市")]
    assert len(market) == 4


def test_what_one_gives_to_the_market_another_takes_from_it(place: RegionPlace, bank: str) -> None:
    giver, taker = member(place, bank, "li"), member(place, bank, "chen")
    measures, book = place.measures(), place.offers()[BOOK]
    helped = {"member": taker, "measure": measures["market_help"], **DAY}
    no = {"chen": "FORBIDDEN", "li": "NOT_FOUND", "south": "NOT_FOUND"}
    place.each_refused(no, "recordActivity", **helped)
    assert place.do("n1", "recordActivity", **helped)["points"] == 2
    wanted = {"member": taker, "offer": book}
    assert place.refused("chen", "redeemOffer", **wanted) == "LIMIT_EXCEEDED"  # an empty shelf
    place.each_refused({"n1": "FORBIDDEN", "chen": "FORBIDDEN"}, "stockOffer", offer=book, change=1)
    given = {"member": giver, "measure": measures["goods_given"], "offer": book, **DAY}
    place.do("n1", "recordActivity", **given)
    held = place.do("chen", "redeemOffer", **wanted)
    code = {"redemption": held["id"], "code": held["secret"]["code"]}
    place.each_refused({"chen": "FORBIDDEN", "li": "NOT_FOUND"}, "handOverRedemption", **code)
    wrong = code | {"code": "WRONG"}
    assert place.refused("north", "handOverRedemption", **wrong) == "INVALID_INPUT"
    assert place.do("north", "handOverRedemption", **code)["state"] == "HANDED_OVER"
    assert (place.balance("li"), place.balance("chen")) == (1, 1)
    gift = {"member": taker, "toNumber": 1, "points": 1}
    place.each_refused({"li": "NOT_FOUND", "north": "FORBIDDEN"}, "givePoints", **gift)
    place.do("chen", "givePoints", **gift)
    assert (place.balance("li"), place.balance("chen")) == (2, 0)
    assert place.refused("chen", "givePoints", **gift) == "INSUFFICIENT_BALANCE"  # not enough points


def test_residents_run_the_house_by_turns_and_earn_by_it(place: RegionPlace, bank: str) -> None:
    branch = {"grid": place.ids["north"], "name": "社区党委", "kind": "COMMITTEE"}
    led = {"grid": place.ids["north"], "kind": "party_complex", "name": "社区党建综合体"}
    leads = place.do("street", "createPartyBranch", **branch)["id"]
    top = place.do("north", "openNetwork", **led, partyBranch=leads)["id"]
    house = {
        "grid": place.ids["estate"],
        "kind": "my_turn",
        "name": "我来当家",
        "convenor": place.ids["wang"],
    }
    place.each_refused(dict.fromkeys(("n1", "wang", "social"), "FORBIDDEN"), "openNetwork", **house)
    network = place.do("north", "openNetwork", **house, parent=top)["id"]
    entering = {"network": network, "resident": place.ids["mei"], "consent": "本人当面同意"}
    turn = place.do("north", "joinNetwork", **entering, role="on_duty")
    entering |= {"resident": place.ids["he"]}
    assert place.refused("north", "joinNetwork", **entering, role="convenor") == "INVALID_INPUT"
    place.do("north", "joinNetwork", **entering)
    shift = {"member": turn["id"], "day": str(today()), "slot": "全天"}
    no = {"mei": "FORBIDDEN", "he": "NOT_FOUND", "zhao": "NOT_FOUND"}
    place.each_refused(no, "planRotaShift", **shift)
    planned = place.do("wang", "planRotaShift", **shift)
    confirming = {"shift": planned["id"], "version": 1}
    place.each_refused({"he": "FORBIDDEN", "zhao": "NOT_FOUND"}, "confirmRotaShift", **confirming)
    assert place.do("mei", "confirmRotaShift", **confirming)["state"] == "CONFIRMED"
    own = member(place, bank, "mei")
    done = {"member": own, "measure": place.measures()["house_turn"], **DAY}
    claimed = place.do("mei", "claimActivity", **done, note="当家一天")
    assert (claimed["state"], claimed["points"]) == ("CLAIMED", 6)
    deciding = {"activity": claimed["id"], "approve": True}
    place.each_refused(
        {"mei": "FORBIDDEN", "n1": "FORBIDDEN", "social": "FORBIDDEN"}, "decideActivity", **deciding
    )
    place.do("north", "decideActivity", **deciding)
    assert place.refused("n1", "recordActivity", **done) == "LIMIT_EXCEEDED"  # one turn a day


def test_the_street_names_model_estates_and_lanes_and_no_small_ones(place: RegionPlace) -> None:
    given = {"grid": place.ids["lane"], "title": "示范小区（街）", "reason": "居民轮流当家"}
    no = {"wang": "FORBIDDEN", "n1": "FORBIDDEN", "north": "FORBIDDEN", "social": "FORBIDDEN"}
    place.each_refused(no, "nameModelPlace", **given)
    assert place.refused("street", "nameModelPlace", **given) == "INVALID_INPUT"  # nobody lives there
    for number in range(30):
        place.do("north", "createHousehold", grid=place.ids["n1"], label=f"{number} 室")
    given |= {"grid": place.ids["n1"]}
    place.each_refused(no, "nameModelPlace", **given)
    named = place.do("street", "nameModelPlace", **given)
    query = "{ modelPlaces { nodes { id title } } }"
    assert place.data(None, query)["modelPlaces"]["nodes"] == [{"id": named["id"], "title": "示范小区（街）"}]
    place.each_refused(no, "endModelPlace", modelPlace=named["id"])
