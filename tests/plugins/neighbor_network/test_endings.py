"""Networks are closed, people and bodies of the place go: what hangs on them ends, the rest goes on."""

from typing import Any

from tests.plugins.motto_place import Place
from tests.plugins.neighbor_network.place import (
    ACCEPT,
    ADD_SPACE,
    ASK,
    CLOSE,
    CLOSE_MATTER,
    CREATE_HOUSEHOLD,
    OPEN,
    PLAN,
    RAISE,
    REPLY,
    TAKE,
    UPDATE,
    deed,
    entered,
    lanes,
    open_network,
    raised,
    refused,
    trace,
)
from tests.plugins.neighbor_network.test_mutual_aid import CALLS, ROTA, TOMORROW

CLOSE_RESIDENT = deed("closeResident", "resident")
MOVE_RESIDENT = deed("moveResident", "resident")
CLOSE_HOUSEHOLD = deed("closeHousehold", "household")
CREATE_ORGANIZATION = deed("createOrganization", "organization")
CLOSE_ORGANIZATION = deed("closeOrganization", "organization")
CREATE_BRANCH = deed("createPartyBranch", "partyBranch")
CLOSE_BRANCH = deed("closePartyBranch", "partyBranch")
CLOSE_GRID = deed("closeGrid", "grid", "id")
NETWORK = """query ($id: ID!) { node(id: $id) { ... on Network { closedAt members { totalCount }
    spaces { totalCount } leadOrganization { id } partyBranch { id } parent { name }
    contact { convenorName coreHousehold } } } }"""


async def network(place: Place, name: str, who: str = "city") -> Any:
    return (await place.data(who, NETWORK, id=place.ids[name]))["node"]


async def member_of(place: Place, name: str) -> Any:
    query = "query ($id: ID!) { node(id: $id) { ... on Network { members { nodes { id name } } } } }"
    return (await place.data("city", query, id=place.ids[name]))["node"]["members"]["nodes"]


async def test_a_network_is_closed_when_nothing_is_open_in_it(place: Place) -> None:
    await lanes(place)
    matter = (await raised(place))["id"]
    lane, committee = {"network": place.ids["东坊"]}, {"network": place.ids["居委会"]}
    assert await refused(place, "north", CLOSE, **lane) == ("INVALID_INPUT", ["network"])
    assert await refused(place, "north", CLOSE, **committee) == ("INVALID_INPUT", ["network"])
    await place.done("li", ACCEPT, matter=matter, version=1)
    await place.done("li", REPLY, matter=matter, version=2, text="好")
    await place.done("wang", CLOSE_MATTER, matter=matter, version=3, feedback="好")
    await place.done("north", ADD_SPACE, **lane, name="凉亭")
    await place.done("wang", ASK, **lane, what="换灯泡")
    (member,) = await member_of(place, "东坊")
    await place.done("li", PLAN, member=member["id"], day=TOMORROW, slot="上午")
    for who in ("li", "n1", "wang", "social", "south"):
        assert await refused(place, who, CLOSE, **lane) == ("FORBIDDEN", ["network"]), who
    assert await refused(place, "north", CLOSE, **lane, version=9) == ("CONFLICT", ["version"])
    await place.done("north", CLOSE, **lane)
    shown = await network(place, "东坊")
    assert (shown["members"]["totalCount"], shown["spaces"]["totalCount"]) == (0, 0)
    assert (await place.data("n1", CALLS))["mutualHelp"]["totalCount"] == 0
    assert (await place.data("n1", ROTA))["rotaShifts"]["nodes"] == []
    assert len(await trace(place, "wang", matter)) == 4  # what was done stays to be read
    given = lane | {"title": "灯", "text": "又坏了"}
    assert await refused(place, "wang", RAISE, **given) == ("NOT_FOUND", ["network"])
    given = {"grid": place.ids["n1"], "kind": "lane", "name": "西坊", "parent": place.ids["居委会"]}
    await place.done("north", OPEN, **given)


async def test_a_grid_whose_networks_have_ended_can_be_closed(place: Place) -> None:
    await open_network(place, "care", "s1", "守望队")
    matter = (await raised(place, "zhao", "守望队"))["id"]
    grid = {"grid": place.ids["s1"]}
    assert (await place.refusal("city", CLOSE_GRID, **grid))[1] == ["grid"]
    await place.done("south", ACCEPT, matter=matter, version=1)
    await place.done("south", REPLY, matter=matter, version=2, text="好")
    await place.done("zhao", CLOSE_MATTER, matter=matter, version=3, feedback="好")
    await place.done("south", CLOSE, network=place.ids["守望队"])
    await place.done("city", CLOSE_RESIDENT, resident=place.ids["zhao"], reason="MOVED_AWAY")
    await place.done("city", CLOSE_GRID, **grid)


async def test_hook_reactions_who_has_left_is_in_no_network_and_the_matter_goes_on(place: Place) -> None:
    await lanes(place)
    await entered(place, "东坊", "chen")
    matter = (await raised(place))["id"]
    mine = await place.done("wang", ASK, network=place.ids["东坊"], what="换灯泡")
    theirs = await place.done("chen", ASK, network=place.ids["东坊"], what="搬沙发")
    await place.done("wang", TAKE, help=theirs["id"], version=1)
    member = next(one for one in await member_of(place, "东坊") if one["name"] == "王一")
    await place.done("li", PLAN, member=member["id"], day=TOMORROW, slot="上午")
    await place.done("city", CLOSE_RESIDENT, resident=place.ids["wang"], reason="MOVED_AWAY")
    round_ = await place.relay()
    assert (round_.done, round_.failures) == (1, ())
    assert [one["name"] for one in await member_of(place, "东坊")] == ["陈四"]
    assert (await place.data("n1", ROTA))["rotaShifts"]["nodes"] == []
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) {
        ... on MutualHelp { help: state answeredByName } ... on Matter { state raisedByName } } }"""
    found = (await place.data("n1", query, ids=[mine["id"], theirs["id"], matter]))["nodes"]
    assert found == [
        {"help": "WITHDRAWN", "answeredByName": None},
        {"help": "OPEN", "answeredByName": None},
        {"state": "RAISED", "raisedByName": None},
    ]
    await place.done("li", ACCEPT, matter=matter, version=2)


async def test_who_moves_away_leaves_the_networks_of_the_old_home(place: Place) -> None:
    await lanes(place)
    await open_network(place, "aid_group", "n11", "互助组")
    await open_network(place, "lane", "s1", "南坊")
    for name in ("居委会", "互助组", "南坊"):
        await entered(place, name, "wang")
    await entered(place, "东坊", "chen")
    for one in await member_of(place, "东坊"):
        await place.done("li", PLAN, member=one["id"], day=TOMORROW, slot="上午")

    async def networks_after(to: str) -> list[str]:
        await place.done("city", MOVE_RESIDENT, resident=place.ids["wang"], to=place.ids[to])
        assert (await place.relay()).failures == ()
        names = ("居委会", "东坊", "互助组", "南坊")
        return [n for n in names if "王一" in {one["name"] for one in await member_of(place, n)}]

    everywhere = ["居委会", "东坊", "互助组", "南坊"]
    assert await networks_after("n11") == everywhere  # told more exactly, and still in the lane
    assert await networks_after("n1") == everywhere
    assert await networks_after("s1") == ["南坊"]
    shifts = (await place.data("n1", ROTA))["rotaShifts"]["nodes"]
    assert [one["residentName"] for one in shifts] == ["陈四"]
    assert await networks_after("n1") == []


async def test_a_network_outlasts_who_convened_and_led_it(place: Place) -> None:
    at = {"grid": place.ids["n11"]}
    home = (await place.done("city", CREATE_HOUSEHOLD, **at, label="梅家"))["id"]
    body = (await place.done("city", CREATE_ORGANIZATION, **at, name="物业", kind="PROPERTY_COMPANY"))["id"]
    branch = (await place.done("city", CREATE_BRANCH, **at, name="支部", kind="BRANCH"))["id"]
    bodies = {"coreHousehold": home, "leadOrganization": body, "partyBranch": branch}
    await open_network(place, "aid_group", "n11", "互助组", convenor=place.ids["mei"], **bodies)
    shown = await network(place, "互助组")
    assert shown["contact"] == {"convenorName": "梅五", "coreHousehold": "梅家"}
    assert (shown["leadOrganization"]["id"], shown["partyBranch"]["id"]) == (body, branch)
    await place.done("city", CLOSE_HOUSEHOLD, household=home)
    await place.done("city", CLOSE_ORGANIZATION, organization=body)
    await place.done("city", CLOSE_BRANCH, partyBranch=branch)
    await place.done("city", CLOSE_RESIDENT, resident=place.ids["mei"], reason="DIED")
    assert (await place.relay()).done == 4
    shown = await network(place, "互助组")
    assert shown["closedAt"] is None
    assert shown["contact"] == {"convenorName": None, "coreHousehold": None}
    assert (shown["leadOrganization"], shown["partyBranch"]) == (None, None)


async def test_a_lane_is_given_another_parent_or_none(place: Place) -> None:
    await lanes(place)
    given = {"network": place.ids["东坊"], "version": 1}
    assert await refused(place, "n1", UPDATE, **given, parent=place.ids["东坊"]) == (
        "INVALID_INPUT",
        ["parent"],
    )
    await place.done("n1", UPDATE, **given, parent=None)
    assert (await network(place, "东坊"))["parent"] is None
    await place.done("north", CLOSE, network=place.ids["居委会"])
    again = given | {"version": 2, "parent": place.ids["居委会"]}
    assert await refused(place, "n1", UPDATE, **again) == ("NOT_FOUND", ["parent"])
