"""Pinghu: three tiers of friendly neighbours, from the example of the plugin's README."""

import orjson

from linli_graphql.service.service import Incoming
from tests.plugins.motto_place import Place
from tests.plugins.neighbor_network.place import (
    ACCEPT,
    ADD_SPACE,
    ADVANCE,
    CLOSE_SPACE,
    CREATE_HOUSEHOLD,
    OPEN,
    REPLY,
    UP,
    UPDATE,
    UPDATE_SPACE,
    entered,
    open_network,
    raised,
    refused,
    trace,
)

KINDS = """{ networkKinds { name title tier above levels hasCoreHousehold acceptDays functions elements
    topics roles procedure } }"""
PLACES = """query ($city: ID!) { node(id: $city) { ... on Grid { networks { totalCount nodes { name kind
    functions spaces { nodes { name elements } } parent { name } networks { totalCount } } } } } }"""


async def tiers(place: Place) -> None:
    widest = await open_network(place, "community_neighbors", "north", "社区友邻", functions=["four", "two"])
    grid = await open_network(place, "grid_neighbors", "n1", "网格友邻", parent=widest)
    await open_network(place, "doorstep_neighbors", "n11", "楼道友邻", parent=grid, convenor=place.ids["mei"])


async def test_a_matter_climbs_all_tiers_and_goes_through_all_six_steps(place: Place) -> None:
    await tiers(place)
    matter = (await raised(place, "mei", "楼道友邻"))["id"]
    await place.done("mei", UP, matter=matter, version=1)  # who convenes is a neighbour as others are
    await place.done("n1", UP, matter=matter, version=2)
    names = [f"matter_{number}" for number in range(1, 7)]
    reached = [(await place.done("north", ACCEPT, matter=matter, version=3))["step"]]
    for version in range(4, 9):
        given = {"matter": matter, "version": version}
        early = await refused(place, "north", REPLY, **given, text="好")
        assert early == ("INVALID_INPUT", ["matter"])
        reached.append((await place.done("north", ADVANCE, **given))["step"])
    assert reached == names
    given = {"matter": matter, "version": 9}
    assert await refused(place, "north", ADVANCE, **given) == ("INVALID_INPUT", ["matter"])
    assert (await place.done("north", REPLY, **given, text="已办好"))["state"] == "REPLIED"
    steps = await trace(place, "mei", matter)
    assert [one["step"] for one in steps] == [None, None, None, *names, "matter_6"]


async def test_functions_and_elements_are_those_that_the_place_has_set_up(place: Place) -> None:
    await tiers(place)
    space = {"network": place.ids["社区友邻"], "name": "友邻客厅"}
    assert await refused(place, "north", ADD_SPACE, **space, elements=["x"]) == (
        "INVALID_INPUT",
        ["elements"],
    )
    for who in ("n1", "social", "wang", "south"):
        assert await refused(place, who, ADD_SPACE, **space) == ("FORBIDDEN", ["network"]), who
    made = await place.done("north", ADD_SPACE, **space, elements=["element_1", "element_5"])
    given = {"space": made["id"], "version": 1, "elements": ["element_2"]}
    assert await refused(place, "n1", UPDATE_SPACE, **given) == ("FORBIDDEN", ["space"])
    assert (await place.done("north", UPDATE_SPACE, **given))["elements"] == ["element_2"]
    change = {"network": place.ids["社区友邻"], "version": 1}
    for who, functions, told in (
        ("north", ["five"], ("INVALID_INPUT", ["functions"])),
        ("n1", ["three"], ("FORBIDDEN", ["network"])),
        ("wang", ["three"], ("FORBIDDEN", ["network"])),
        ("south", ["three"], ("FORBIDDEN", ["network"])),
    ):
        assert await refused(place, who, UPDATE, **change, functions=functions) == told, who
    await place.done("north", UPDATE, **change, functions=["three"])
    found = (await place.data(None, PLACES, city=place.ids["city"]))["node"]["networks"]
    assert found["totalCount"] == 3
    assert found["nodes"][0] == {
        "name": "社区友邻",
        "kind": "community_neighbors",
        "functions": ["three"],
        "spaces": {"nodes": [{"name": "友邻客厅", "elements": ["element_2"]}]},
        "parent": None,
        "networks": {"totalCount": 1},
    }
    assert await refused(place, "social", CLOSE_SPACE, space=made["id"]) == ("FORBIDDEN", ["space"])
    await place.done("north", CLOSE_SPACE, space=made["id"])
    assert (await place.data(None, "{ neighborSpaces { totalCount } }"))["neighborSpaces"]["totalCount"] == 0


async def test_a_network_stands_where_its_kind_may_and_below_one_of_the_kind_above(place: Place) -> None:
    await tiers(place)
    given = {"kind": "grid_neighbors", "name": "又一个", "grid": place.ids["n1"]}
    for changed, path in (
        ({"grid": place.ids["n11"]}, "grid"),
        ({"kind": "unheard_of"}, "kind"),
        ({"parent": place.ids["楼道友邻"]}, "parent"),
        ({"parent": place.ids["社区友邻"], "grid": place.ids["s1"]}, "parent"),
        ({"coreHousehold": await household(place)}, "coreHousehold"),
    ):
        assert await refused(place, "city", OPEN, **given | changed) == ("INVALID_INPUT", [path]), path
    for who in ("n1", "wang", "social", "micro"):
        assert await refused(place, who, OPEN, **given) == ("FORBIDDEN", ["grid"]), who
    await place.done("north", OPEN, **given, parent=place.ids["社区友邻"])


async def household(place: Place) -> str:
    made = await place.done("city", CREATE_HOUSEHOLD, grid=place.ids["n1"], label="李家")
    return str(made["id"])


async def test_hook_graphql_the_kinds_are_told_in_the_language_of_who_asks(place: Place) -> None:
    kinds = (await place.data(None, KINDS))["networkKinds"]
    assert [one["name"] for one in kinds[:3]] == [
        "community_neighbors",
        "grid_neighbors",
        "doorstep_neighbors",
    ]
    widest, lane = kinds[0], next(one for one in kinds if one["name"] == "lane")
    assert (widest["name"], widest["above"]) == ("community_neighbors", None)
    assert kinds[2]["above"] == "grid_neighbors"
    assert widest["functions"][0] == {"name": "four", "title": "The four functions"}
    assert [one["days"] for one in widest["procedure"]] == [1, 2, 3, 5, 3, 1]
    assert (lane["title"], lane["levels"], lane["acceptDays"]) == ("Neighbour lane", ["grid", "lane"], 2)
    head, fellow = lane["roles"]
    assert (head["convenes"], fellow["duties"]) == (True, "Tour")
    answer = orjson.loads(await place.service.execute(Incoming(KINDS, {}, language="zh-CN")))
    chinese = answer["data"]["networkKinds"]
    assert [one["title"] for one in chinese[:3]] == ["社区友邻", "网格友邻", "楼道友邻"]
    assert chinese[0]["procedure"][5] == {"name": "matter_6", "title": "第六事", "days": 1}


async def test_members_are_counted_at_no_place_and_networks_at_every_one_above(place: Place) -> None:
    await tiers(place)
    await entered(place, "网格友邻", "wang")
    await raised(place, "wang", "网格友邻")
    query = "query ($id: ID!) { statistics(within: $id) { neighborNetworks openMatters } }"
    for grid, networks in (("city", 3), ("north", 3), ("n1", 2)):
        data = (await place.data("city", query, id=place.ids[grid]))["statistics"]
        assert data == {"neighborNetworks": networks, "openMatters": 1}, grid
    assert (await place.data("city", query, id=place.ids["n11"]))["statistics"]["openMatters"] == 0
