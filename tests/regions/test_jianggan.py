"""Jianggan's scheme as its people use it: one residents' committee, N lanes, matters up and back."""

from datetime import timedelta

import pytest

from linli.clock import now, today
from tests.regions.place import RegionPlace

REGION = "jianggan"


@pytest.fixture(scope="module")
def lanes(place: RegionPlace) -> dict[str, str]:
    """The committee and two lanes: of the cell n1, convened by li, and of side territory, convened by he."""
    at, committee = place.ids, {"kind": "committee", "name": "居民委员会"}
    top = place.do("north", "openNetwork", grid=at["north"], **committee)["id"]
    east = {"grid": at["n1"], "kind": "lane", "name": "东坊", "convenor": at["li"], "parent": top}
    west = {"grid": at["lane"], "kind": "lane", "name": "西坊", "convenor": at["he"], "parent": top}
    return {
        "committee": top,
        "east": place.do("north", "openNetwork", **east)["id"],
        "west": place.do("north", "openNetwork", **west)["id"],
    }


def test_one_committee_has_many_lanes_whose_duties_everybody_can_read(
    place: RegionPlace, lanes: dict[str, str]
) -> None:
    query = "query ($id: ID!) { node(id: $id) { ... on Network { name networks { nodes { id name } } } } }"
    node = place.data(None, query, id=lanes["committee"])["node"]
    assert {one["id"] for one in node["networks"]["nodes"]} == {lanes["east"], lanes["west"]}
    kinds = place.data(None, "{ networkKinds { name title roles } }", "zh")["networkKinds"]
    assert [one["title"] for one in kinds] == ["居民委员会", "邻里坊"]
    (convenor, member) = kinds[1]["roles"]
    assert (convenor["title"], member["title"]) == ("召集人", "成员")
    assert convenor["duties"]


def test_a_matter_goes_from_the_lane_to_the_committee_and_back(
    place: RegionPlace, lanes: dict[str, str]
) -> None:
    given = {"network": lanes["east"], "title": "停车难", "text": "坊口晚上停满了车。", "topic": "parking"}
    no = {"mei": "FORBIDDEN", "zhao": "FORBIDDEN", "n1": "INVALID_INPUT"}  # n1 names nobody who raises it
    place.each_refused(no, "raiseMatter", **given)
    assert place.refused("wang", "raiseMatter", **given | {"topic": "noise"}) == "INVALID_INPUT"
    matter = place.do("wang", "raiseMatter", **given)["id"]
    at = {"matter": matter, "version": 1}
    no = {"wang": "FORBIDDEN", "chen": "NOT_FOUND", "he": "NOT_FOUND", "south": "NOT_FOUND"}
    place.each_refused(no, "passMatterUp", **at)
    place.do("li", "passMatterUp", **at, note="要与物业商量")
    place.each_refused(
        {"li": "NOT_FOUND", "n1": "NOT_FOUND", "wang": "FORBIDDEN"}, "acceptMatter", **at | {"version": 2}
    )
    assert place.do("north", "acceptMatter", matter=matter, version=2)["step"] == "discuss"
    assert place.do("social", "advanceMatter", matter=matter, version=3)["step"] == "settle"
    down = {"matter": matter, "version": 4, "note": "划好车位，由坊里维护"}
    place.each_refused({"wang": "FORBIDDEN", "li": "NOT_FOUND"}, "passMatterDown", **down, to=lanes["east"])
    assert place.refused("north", "passMatterDown", **down, to=lanes["committee"]) == "INVALID_INPUT"
    place.do("north", "passMatterDown", **down, to=lanes["east"])
    assert place.do("li", "acceptMatter", matter=matter, version=5)["step"] == "handle"
    place.do("li", "replyToMatter", matter=matter, version=6, text="车位已划好")
    closing = {"matter": matter, "version": 7, "feedback": "好停了"}
    place.each_refused({"chen": "NOT_FOUND", "he": "NOT_FOUND"}, "closeMatter", **closing)
    place.do("wang", "closeMatter", **closing)
    steps = "RAISE PASS_UP ACCEPT STEP PASS_DOWN ACCEPT REPLY CLOSE"
    assert place.actions("wang", matter) == steps.split()
    assert place.actions("zhao", matter) == []


def test_members_of_a_lane_that_is_no_cell_are_entered_with_their_consent(
    place: RegionPlace, lanes: dict[str, str]
) -> None:
    west = lanes["west"]
    place.each_refused(
        {"mei": "FORBIDDEN", "zhao": "FORBIDDEN", "wang": "FORBIDDEN"}, "joinNetwork", network=west
    )
    entering = {"network": west, "resident": place.ids["mei"]}
    assert place.refused("north", "joinNetwork", **entering) == "INVALID_INPUT"
    joined = place.do("north", "joinNetwork", **entering, consent="本人书面同意")
    raised = {"network": west, "title": "楼道灯", "text": "楼道灯常亮。"}
    matter = place.do("mei", "raiseMatter", **raised)["id"]
    names = "{ networks(first: 50) { nodes { name contact { convenorName } } } }"
    seen = {one["name"]: one["contact"] for one in place.data("mei", names)["networks"]["nodes"]}
    assert seen["西坊"] == {"convenorName": "何六"}
    assert seen["东坊"] is None  # neither her cell nor hers
    reason = {"reason": "请找物业", "version": 1}
    place.each_refused({"li": "NOT_FOUND", "mei": "FORBIDDEN"}, "returnMatter", matter=matter, **reason)
    assert place.do("he", "returnMatter", matter=matter, **reason)["state"] == "RETURNED"
    place.each_refused({"wang": "NOT_FOUND", "zhao": "NOT_FOUND"}, "leaveNetwork", member=joined["id"])
    place.do("mei", "leaveNetwork", member=joined["id"])
    assert place.refused("mei", "raiseMatter", **raised) == "FORBIDDEN"


def test_who_comes_to_the_meeting_of_the_lane_checks_in_and_earns(place: RegionPlace) -> None:
    bank = place.do("north", "openCreditBank", grid=place.ids["north"])
    assert bank["name"] == "邻里坊积分"
    opening = {"measure": place.measures()["lane_meeting"], "title": "东坊议事"}
    opening |= {"opensAt": now().isoformat(), "closesAt": (now() + timedelta(hours=2)).isoformat()}
    no = {"wang": "FORBIDDEN", "n1": "FORBIDDEN", "south": "FORBIDDEN"}
    place.each_refused(no, "openCheckIn", **opening)
    session = place.do("social", "openCheckIn", **opening)
    member = place.do("wang", "joinCreditBank", bank=bank["id"], termsVersion=1)["id"]
    there = {"session": session["id"], "member": member, "code": session["secret"]["code"]}
    assert place.refused("wang", "checkIn", **there | {"code": "WRONG"}) == "INVALID_INPUT"
    place.each_refused({"li": "NOT_FOUND", "social": "FORBIDDEN"}, "checkIn", **there)
    assert place.do("wang", "checkIn", **there)["points"] == 2
    assert place.refused("wang", "checkIn", **there) == "ALREADY_EXISTS"
    fixed = {"member": member, "offer": place.offers()["书法课一次"]}
    assert place.refused("wang", "redeemOffer", **fixed) == "INSUFFICIENT_BALANCE"  # not enough points
    day = str(today() + timedelta(days=1))
    early = {"member": member, "measure": place.measures()["clean_up"], "doneOn": day}
    assert place.refused("n1", "recordActivity", **early) == "TOO_EARLY"
