"""Grids are moved and merged: networks and all that belongs to them go along, and so does their sight."""

from typing import Any

from linli.verify.paths import verify_paths
from tests.plugins.motto_place import Place
from tests.plugins.neighbor_network.place import (
    ACCEPT,
    ADD_SPACE,
    ASK,
    PLAN,
    UP,
    UPDATE,
    deed,
    lanes,
    open_network,
    raised,
    refused,
    trace,
)
from tests.plugins.neighbor_network.test_endings import member_of
from tests.plugins.neighbor_network.test_mutual_aid import TOMORROW

MOVE_GRID = deed("moveGrid", "grid", "id")
MERGE_GRIDS = deed("mergeGrids", "grid", "id")
COUNTS = """{ matters { totalCount nodes { grid { name } trace { number } } } mutualHelp { totalCount }
    rotaShifts { totalCount } neighborSpaces { nodes { grid { name } } }
    networks(where: { kind: "lane" }) { nodes { grid { name } members { totalCount } } } }"""


async def settle(place: Place) -> str:
    """A lane in n1 with a row of each kind; return the id of its matter."""
    await lanes(place)
    lane = place.ids["东坊"]
    await place.done("n1", ADD_SPACE, network=lane, name="凉亭")
    await place.done("wang", ASK, network=lane, what="换灯泡")
    (member,) = await member_of(place, "东坊")
    await place.done("li", PLAN, member=member["id"], day=TOMORROW, slot="上午")
    return str((await raised(place))["id"])


async def seen(place: Place, who: str) -> tuple[int, int, int, int]:
    data = await place.data(who, COUNTS)
    members = sum(one["members"]["totalCount"] for one in data["networks"]["nodes"])
    figures: Any = (*(data[name]["totalCount"] for name in ("matters", "mutualHelp", "rotaShifts")), members)
    return figures  # type: ignore[no-any-return]  # four numbers


async def test_a_grid_that_is_moved_takes_all_along(place: Place) -> None:
    matter = await settle(place)
    assert (await seen(place, "north"), await seen(place, "south")) == ((1, 1, 1, 1), (0, 0, 0, 0))
    await place.done("city", MOVE_GRID, grid=place.ids["n1"], to=place.ids["south"])
    assert (await seen(place, "north"), await seen(place, "south")) == ((0, 0, 0, 0), (1, 1, 1, 1))
    assert await seen(place, "wang") == await seen(place, "li") == (1, 1, 1, 1)
    # The committee stands elsewhere now: matters go up again when the lane has a parent above it.
    assert await refused(place, "li", UP, matter=matter, version=1) == ("INVALID_INPUT", ["matter"])
    committee = await open_network(place, "committee", "south", "南居委会")
    lane = {"network": place.ids["东坊"], "version": 1}
    assert await refused(place, "north", UPDATE, **lane, parent=committee) == ("FORBIDDEN", ["network"])
    await place.done("south", UPDATE, **lane, parent=committee)
    await place.done("li", UP, matter=matter, version=1)
    assert await seen(place, "n1") == (0, 1, 1, 1)
    await place.done("south", ACCEPT, matter=matter, version=2)
    assert len(await trace(place, "wang", matter)) == 3
    with place.deployment.database.begin() as connection:
        assert verify_paths(connection) == []


async def test_grids_that_are_merged_bring_their_networks_together(place: Place) -> None:
    await settle(place)
    await open_network(place, "lane", "s1", "南坊")
    await raised(place, "zhao", "南坊")
    await place.done("city", MOVE_GRID, grid=place.ids["s1"], to=place.ids["north"])
    await place.done("city", MERGE_GRIDS, grids=[place.ids["n1"]], into=place.ids["s1"])
    data = await place.data("north", COUNTS)
    assert data["matters"]["totalCount"] == 2
    for one in (*data["matters"]["nodes"], *data["networks"]["nodes"], *data["neighborSpaces"]["nodes"]):
        assert one["grid"]["name"] == "s1"
    assert [len(one["trace"]) for one in data["matters"]["nodes"]] == [1, 1]
    with place.deployment.database.begin() as connection:
        assert verify_paths(connection) == []
