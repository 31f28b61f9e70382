"""Grids are moved and merged: networks and all that belongs to them go along, and so does their sight."""

from pathlib import Path

from linli.verify.paths import verify_paths
from tests.plugins.motto_place import Place, opened, write_config
from tests.plugins.neighbor_network.place import (
    ACCEPT,
    ADD_SPACE,
    ASK,
    CLOSE,
    JOIN,
    LEAVE,
    PLAN,
    PLUGIN,
    RAISE,
    UP,
    UPDATE,
    database_url,
    deed,
    lanes,
    open_network,
    raised,
    refused,
    trace,
)
from tests.plugins.neighbor_network.schemes import ALL, CHENGHUA
from tests.plugins.neighbor_network.test_endings import CLOSE_RESIDENT, member_of
from tests.plugins.neighbor_network.test_mutual_aid import TOMORROW
from tests.plugins.templates import Template

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
    matters, calls, shifts = (data[name]["totalCount"] for name in ("matters", "mutualHelp", "rotaShifts"))
    return matters, calls, shifts, members


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


async def test_off_its_grids_are_moved_and_on_again_all_is_there(
    network_config: tuple[Path, Template],
) -> None:
    config, template = network_config
    ids, url = dict(template.ids), database_url(config)
    async with opened(config, ids, template.tokens) as place:
        await settle(place)
    bare = write_config(config.parent, url)
    async with opened(bare, ids, template.tokens) as place:
        assert "networks" not in place.composition.registry.roots
        await place.done("city", MOVE_GRID, grid=ids["n1"], to=ids["south"])
        await place.done("city", CLOSE_RESIDENT, resident=ids["wang"], reason="MOVED_AWAY")
    async with opened(write_config(config.parent, url, PLUGIN, more=ALL), ids, template.tokens) as place:
        assert (await seen(place, "north"), await seen(place, "south")) == ((0, 0, 0, 0), (1, 1, 1, 1))


async def test_a_kind_that_is_struck_leaves_its_networks_readable_and_to_be_closed(
    network_config: tuple[Path, Template],
) -> None:
    config, template = network_config
    ids = dict(template.ids)
    async with opened(config, ids, template.tokens) as place:
        await lanes(place)
    config = write_config(config.parent, database_url(config), PLUGIN, more=CHENGHUA)
    async with opened(config, ids, template.tokens) as place:
        lane = {"network": ids["东坊"]}
        given = lane | {"title": "灯", "text": "坏了"}
        assert await refused(place, "wang", RAISE, **given) == ("INVALID_INPUT", ["network"])
        assert await refused(place, "chen", JOIN, **lane) == ("INVALID_INPUT", ["network"])
        (member,) = await member_of(place, "东坊")
        await place.done("wang", LEAVE, member=member["id"])
        assert (await place.done("north", CLOSE, **lane))["closedAt"] is not None
