"""Wuma's scheme as its people use it: mutual-aid groups around a core household, help and a rota."""

from typing import Any

import pytest

from linli.clock import today
from tests.regions.place import RegionPlace

REGION = "wuma"
CONSENT = "本人当面同意"


@pytest.fixture(scope="module")
def group(place: RegionPlace) -> dict[str, Any]:
    """The group of the building, around he's household; mei, wang and li belong to it. Ids of members."""
    home = place.do("north", "createHousehold", grid=place.ids["n11"], label="何家")["id"]
    given = {"grid": place.ids["building"], "kind": "aid_group", "name": "三号楼互助组"}
    network = place.do("north", "openNetwork", **given, convenor=place.ids["he"], coreHousehold=home)["id"]
    roles = {"mei": "activist", "wang": "group_leader", "li": "keen_neighbor"}
    joined = {
        who: _entered(place, network=network, resident=place.ids[who], role=role)
        for who, role in roles.items()
    }
    return {"network": network, **joined}


def _entered(place: RegionPlace, **given: str) -> str:
    return str(place.do("north", "joinNetwork", **given, consent=CONSENT)["id"])


def test_the_group_gathers_around_a_core_household(place: RegionPlace, group: dict[str, Any]) -> None:
    (kind,) = place.data(None, "{ networkKinds { title levels roles hasCoreHousehold } }", "zh")[
        "networkKinds"
    ]
    assert (kind["title"], kind["hasCoreHousehold"]) == ("党员邻里互助组", True)
    assert [role["title"] for role in kind["roles"]] == [
        *("党员中心户", "党员", "入党积极分子", "居民小组长", "热心居民")
    ]
    query = """query ($id: ID!) { node(id: $id) { ... on Network {
        contact { convenorName coreHousehold } members { nodes { role name } } } } }"""
    seen = place.data("he", query, id=group["network"])["node"]
    assert seen["contact"] == {"convenorName": "何六", "coreHousehold": "何家"}
    assert {(one["role"], one["name"]) for one in seen["members"]["nodes"]} == {
        *(("activist", "梅五"), ("group_leader", "王一"), ("keen_neighbor", "李三"))
    }
    own = place.data("mei", query, id=group["network"])["node"]["members"]["nodes"]
    assert own == [{"role": "activist", "name": "梅五"}]  # members read no list of members
    for who in ("zhao", "chen", None):
        outside = place.data(who, query, id=group["network"])["node"]
        assert outside == {"contact": None, "members": {"nodes": []}}


def test_who_may_not_open_or_change_a_group(place: RegionPlace, group: dict[str, Any]) -> None:
    given = {"grid": place.ids["courtyard"], "kind": "aid_group", "name": "东院互助组"}
    people = dict.fromkeys(("he", "n1", "social", "south"), "FORBIDDEN")
    place.each_refused(people, "openNetwork", **given)
    assert place.refused("north", "openNetwork", **given | {"grid": place.ids["n1"]}) == "INVALID_INPUT"
    place.do("street", "openNetwork", **given)
    changing = {"network": group["network"], "version": 1, "convenor": place.ids["mei"]}
    place.each_refused(dict.fromkeys(("he", "mei", "social", "n1"), "FORBIDDEN"), "updateNetwork", **changing)
    wrong = {"network": group["network"], "resident": place.ids["chen"], "consent": CONSENT}
    assert place.refused("north", "joinNetwork", **wrong, role="core_household") == "INVALID_INPUT"
    assert place.refused("he", "joinNetwork", **wrong) in {"FORBIDDEN", "NOT_FOUND"}


def test_help_is_asked_taken_and_given_between_households(place: RegionPlace, group: dict[str, Any]) -> None:
    asking = {"network": group["network"], "what": "周六想请人陪同去医院取药。"}
    place.each_refused({"zhao": "FORBIDDEN", "chen": "FORBIDDEN"}, "askHelp", **asking)
    asked = place.do("mei", "askHelp", **asking)["id"]
    taking = {"help": asked, "version": 1}
    assert place.refused("mei", "takeHelp", **taking) == "INVALID_INPUT"  # one's own
    place.each_refused(dict.fromkeys(("zhao", "chen", "south"), "NOT_FOUND"), "takeHelp", **taking)
    taken = place.do("li", "takeHelp", **taking)
    assert (taken["state"], taken["residentName"], taken["answeredByName"]) == ("TAKEN", "梅五", "李三")
    finishing = {"help": asked, "version": 2}
    place.each_refused({"wang": "FORBIDDEN", "chen": "NOT_FOUND"}, "finishHelp", **finishing)
    assert place.do("mei", "finishHelp", **finishing)["state"] == "DONE"
    assert place.data("zhao", "{ mutualHelp { totalCount } }") == {"mutualHelp": {"totalCount": 0}}


def test_the_core_household_plans_the_rota(place: RegionPlace, group: dict[str, Any]) -> None:
    shift = {"member": group["wang"], "day": str(today()), "slot": "晚上七点到九点"}
    no = {"wang": "FORBIDDEN", "mei": "NOT_FOUND", "zhao": "NOT_FOUND"}
    place.each_refused(no, "planRotaShift", **shift)
    planned = place.do("he", "planRotaShift", **shift)
    assert place.refused("he", "planRotaShift", **shift) == "ALREADY_EXISTS"
    at = {"shift": planned["id"], "version": 1}
    place.each_refused({"li": "FORBIDDEN", "chen": "NOT_FOUND"}, "confirmRotaShift", **at)
    assert place.do("wang", "confirmRotaShift", **at)["state"] == "CONFIRMED"
    names = "{ rotaShifts { nodes { residentName } } }"
    assert place.data("li", names)["rotaShifts"]["nodes"] == [{"residentName": "王一"}]
    assert place.data("chen", names)["rotaShifts"]["nodes"] == []


def test_hours_of_help_are_thanked_for_in_points(place: RegionPlace) -> None:
    bank = place.do("north", "openCreditBank", grid=place.ids["north"])
    assert bank["name"] == "邻里互助积分"
    helper, helped = (
        place.do(who, "joinCreditBank", bank=bank["id"], termsVersion=1) for who in ("li", "mei")
    )
    errand = {"member": helped["id"], "measure": place.measures()["errand"], "doneOn": str(today())}
    place.each_refused(
        {"mei": "FORBIDDEN", "he": "NOT_FOUND", "south": "NOT_FOUND"}, "recordActivity", **errand
    )
    assert place.do("n1", "recordActivity", **errand, quantity=2)["points"] == 4
    thanks = {"member": helped["id"], "toNumber": helper["number"], "kind": "HELP"}
    place.each_refused({"li": "NOT_FOUND", "north": "FORBIDDEN"}, "givePoints", **thanks, hours=2)
    assert (
        place.refused("mei", "givePoints", **thanks, hours=3) == "INSUFFICIENT_BALANCE"
    )  # not enough points
    place.do("mei", "givePoints", **thanks, hours=2)
    assert (place.balance("mei"), place.balance("li")) == (0, 4)
    visiting = {"member": helper["id"], "measure": place.measures()["visit"], "doneOn": str(today())}
    visit = place.do("n1", "recordActivity", **visiting)
    assert visit["state"] == "RECORDED"  # waits for a second person
    deciding = {"activity": visit["id"], "approve": True}
    place.each_refused(
        {"n1": "FORBIDDEN", "li": "FORBIDDEN", "mei": "NOT_FOUND"}, "decideActivity", **deciding
    )
    assert place.do("north2", "decideActivity", **deciding)["state"] == "BOOKED"
    assert place.balance("li") == 7
