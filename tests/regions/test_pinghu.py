"""Pinghu's schemes as its people use them: three tiers of friendly neighbours, points for social workers."""

from linli.clock import today
from tests.regions.place import RegionPlace

REGION = "pinghu"
DAY = {"doneOn": str(today())}
KINDS = "{ networkKinds { name title tier above functions elements procedure } }"


def tiers(place: RegionPlace) -> dict[str, str]:
    """Open the three networks; he convenes the one of the doorstep, li the one of the grid."""
    at, who = place.ids, "north"
    top = place.do(who, "openNetwork", grid=at["north"], kind="community_neighbors", name="社区友邻")["id"]
    middle = {"grid": at["n1"], "kind": "grid_neighbors", "name": "网格友邻", "convenor": at["li"]}
    grid = place.do(who, "openNetwork", **middle, parent=top)["id"]
    near = {"grid": at["n11"], "kind": "doorstep_neighbors", "name": "楼道友邻", "convenor": at["he"]}
    doorstep = place.do(who, "openNetwork", **near, parent=grid, functions=["two"])["id"]
    return {"community": top, "grid": grid, "doorstep": doorstep}


def test_the_place_calls_its_three_tiers_by_their_names(place: RegionPlace) -> None:
    chinese, english = (place.data(None, KINDS, language)["networkKinds"] for language in ("zh", "en"))
    assert [one["title"] for one in chinese] == ["社区友邻", "网格友邻", "楼道友邻"]
    assert [(one["tier"], one["above"]) for one in english] == [
        (1, None),
        (2, "community_neighbors"),
        (3, "grid_neighbors"),
    ]
    for kind in chinese:  # three, five and six of them, by the source; what they are is the place's to say
        lengths = [len(kind[name]) for name in ("functions", "elements", "procedure")]
        assert lengths == [3, 5, 6]
        assert kind["elements"][0]["title"] == "要素一"
    assert english[0]["procedure"][-1] == {"name": "matter_6", "title": "Last of the six", "days": 1}


def test_a_matter_goes_up_the_three_nets_and_through_six_steps(place: RegionPlace) -> None:
    nets = tiers(place)
    lamp = {"network": nets["doorstep"], "title": "路灯不亮", "text": "楼前的路灯坏了。", "topic": "commons"}
    place.each_refused({"zhao": "FORBIDDEN", "li": "FORBIDDEN"}, "raiseMatter", **lamp)
    matter = place.do("mei", "raiseMatter", **lamp)["id"]
    at = {"matter": matter, "version": 1}
    no = {"mei": "FORBIDDEN", "wang": "NOT_FOUND", "zhao": "NOT_FOUND", "south": "NOT_FOUND"}
    for verb in ("acceptMatter", "passMatterUp"):
        place.each_refused(no, verb, **at)
    place.do("he", "passMatterUp", **at, note="楼道解决不了")
    assert place.refused("he", "acceptMatter", matter=matter, version=2) == "NOT_FOUND"
    place.do("li", "passMatterUp", matter=matter, version=2)
    place.each_refused({"li": "NOT_FOUND", "n1": "NOT_FOUND"}, "acceptMatter", matter=matter, version=3)
    done = place.do("north", "acceptMatter", matter=matter, version=3)
    assert (done["step"], done["network"]["name"]) == ("matter_1", "社区友邻")
    assert place.refused("north", "replyToMatter", matter=matter, version=4, text="已修") == "INVALID_INPUT"
    for number in range(2, 7):
        done = place.do("social", "advanceMatter", matter=matter, version=number + 2)
        assert done["step"] == f"matter_{number}"
    assert place.refused("north", "advanceMatter", matter=matter, version=9) == "INVALID_INPUT"
    place.do("north", "replyToMatter", matter=matter, version=9, text="已换灯泡")
    closing = {"matter": matter, "version": 10, "feedback": "亮了，谢谢"}
    assert place.refused("he", "closeMatter", **closing) == "NOT_FOUND"
    assert place.do("mei", "closeMatter", **closing)["state"] == "CLOSED"
    steps = ["RAISE", "PASS_UP", "PASS_UP", "ACCEPT", *["STEP"] * 5, "REPLY", "CLOSE"]
    assert place.actions("mei", matter) == steps
    assert place.actions("chen", matter) == []


def test_who_may_not_open_join_or_furnish_a_network(place: RegionPlace) -> None:
    given = {"grid": place.ids["n11"], "kind": "doorstep_neighbors", "name": "另一个楼道"}
    people = dict.fromkeys(("n1", "social", "mei", "he", "south"), "FORBIDDEN")
    place.each_refused(people, "openNetwork", **given)
    for wrong in ({"kind": "lane"}, {"grid": place.ids["north"]}, {"functions": ["six"]}):
        assert place.refused("north", "openNetwork", **given | wrong) == "INVALID_INPUT"
    network = place.do("north", "openNetwork", **given)["id"]
    place.each_refused({"wang": "FORBIDDEN", "zhao": "FORBIDDEN"}, "joinNetwork", network=network)
    entering = {"network": network, "resident": place.ids["wang"]}
    assert place.refused("north", "joinNetwork", **entering) == "INVALID_INPUT"  # without consent
    assert place.refused("mei", "joinNetwork", **entering, consent="口头同意") in {"FORBIDDEN", "NOT_FOUND"}
    place.do("n1", "joinNetwork", **entering, consent="本人当面同意")
    assert place.do("mei", "joinNetwork", network=network)["consent"] is None
    members = "query ($id: ID!) { node(id: $id) { ... on Network { members { totalCount } } } }"
    seen = {who: place.data(who, members, id=network) for who in ("n1", "mei", "wang", "zhao", None)}
    assert [one["node"]["members"]["totalCount"] for one in seen.values()] == [2, 1, 1, 0, 0]
    space = {"network": network, "name": "邻里角", "elements": ["element_1", "element_5"]}
    place.each_refused(
        {"mei": "FORBIDDEN", "social": "FORBIDDEN", "south": "FORBIDDEN"}, "addNeighborSpace", **space
    )
    assert place.refused("n1", "addNeighborSpace", **space | {"elements": ["element_6"]}) == "INVALID_INPUT"
    assert place.do("n1", "addNeighborSpace", **space)["elements"] == ["element_1", "element_5"]


def test_a_social_worker_earns_by_grade_and_spends(place: RegionPlace) -> None:
    no = dict.fromkeys(("n1", "social", "wang", "south"), "FORBIDDEN")
    place.each_refused(no, "openCreditBank", grid=place.ids["north"])
    bank = place.do("north", "openCreditBank", grid=place.ids["north"])
    assert bank["name"] == "邻里积分"
    measures, offers = place.measures(), place.offers()
    joining = {"bank": bank["id"], "member": place.ids["wang"], "termsVersion": 1}
    place.each_refused({"north": "FORBIDDEN", "n1": "FORBIDDEN"}, "joinCreditBank", **joining)
    member = place.do("wang", "joinCreditBank", bank=bank["id"], termsVersion=1)["id"]
    exam = {"member": member, "measure": measures["social_work_exam"], **DAY}
    place.each_refused(
        {"wang": "FORBIDDEN", "zhao": "NOT_FOUND", "south": "NOT_FOUND"}, "recordActivity", **exam
    )
    recorded = place.do("social", "recordActivity", **exam)
    assert (recorded["state"], recorded["points"]) == ("RECORDED", 30)
    deciding = {"activity": recorded["id"], "approve": True}
    no = {"social": "FORBIDDEN", "n1": "FORBIDDEN", "wang": "FORBIDDEN", "south": "NOT_FOUND"}
    place.each_refused(no, "decideActivity", **deciding)
    place.do("north", "decideActivity", **deciding)
    assert place.refused("social", "recordActivity", **exam) == "LIMIT_EXCEEDED"  # once a month
    assert place.balance("wang") == 30
    hidden = place.data("north", "{ creditMembers { nodes { account { balance } } } }")["creditMembers"]
    assert hidden["nodes"] == [{"account": None}]
    wanted = {"member": member, "offer": offers["社会工作专业书一册"]}
    place.each_refused({"north": "FORBIDDEN", "mei": "NOT_FOUND"}, "redeemOffer", **wanted)
    held = place.do("wang", "redeemOffer", **wanted)
    code = {"redemption": held["id"], "code": held["secret"]["code"]}
    place.each_refused({"wang": "FORBIDDEN", "mei": "NOT_FOUND"}, "handOverRedemption", **code)
    assert place.do("social", "handOverRedemption", **code) is None  # done, and not theirs to read
    (redeemed,) = place.data("wang", "{ creditRedemptions { nodes { state } } }")["creditRedemptions"][
        "nodes"
    ]
    assert redeemed == {"state": "HANDED_OVER"}
    _appeal(place, recorded["id"])


def _appeal(place: RegionPlace, activity: str) -> None:
    """An appeal is decided by somebody who had no hand in the entry; both entries stay in the book."""
    appeal = place.do("wang", "raiseAppeal", activity=activity, text="应按两次计")["id"]
    decision = {"appeal": appeal, "uphold": True, "points": 31, "decision": "核实后更正"}
    for who in ("north", "wang", "social", "n1"):
        assert place.refused(who, "decideAppeal", **decision) in {"FORBIDDEN", "NOT_FOUND"}, who
    assert place.refused("north2", "decideAppeal", **decision) == "INVALID_INPUT"  # four eyes see it
    assert place.refused("wang", "receiveAppeal", appeal=appeal) == "FORBIDDEN"
    place.do("street", "receiveAppeal", appeal=appeal)
    assert place.do("north2", "decideAppeal", **decision)["state"] == "UPHELD"
    assert place.balance("wang") == 31 - 8
