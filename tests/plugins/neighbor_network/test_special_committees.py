"""Chenghua: neighbourly care led by residents, and special committees that social workers lead or join."""

from linli.access.actors import create_token
from linli.commands.users import insert_account, insert_role
from tests.plugins.motto_place import CREATE_RESIDENT, Place
from tests.plugins.neighbor_network.place import (
    ACCEPT,
    CLOSE_MATTER,
    JOIN,
    RAISE,
    REPLY,
    RETURN,
    UPDATE,
    grid_named,
    open_network,
    raised,
    refused,
    uuid_of,
)

MEMBERS = "query ($id: ID!) { node(id: $id) { ... on Network { members { nodes { name role } } } } }"


async def worker(place: Place) -> None:
    """A social worker of north who lives in s1, in another community: the account `su`."""
    person = await place.done("city", CREATE_RESIDENT, grid=place.ids["s1"], name="苏六")
    place.ids["su"] = person["id"]
    with place.deployment.database.begin() as connection:
        account = insert_account(connection, "su", "苏六", uuid_of(person["id"]))
        insert_role(connection, account, "social_worker", grid_named(connection, "north"))
        place.tokens["su"] = create_token(connection, account, "test", 10)


async def test_a_social_worker_joins_a_committee_and_is_then_named_to_lead_it(place: Place) -> None:
    await worker(place)
    network = await open_network(place, "special_committee", "north", "环境专委会", functions=["environment"])
    lead = {"network": network, "convenor": place.ids["su"]}
    # The community does not see the record of a person of elsewhere, before that person is a member.
    assert await refused(place, "north", UPDATE, **lead, version=1) == ("NOT_FOUND", ["convenor"])
    assert await refused(place, "zhao", JOIN, network=network) == ("FORBIDDEN", ["network"])
    await place.done("su", JOIN, network=network)
    await place.done("north", UPDATE, **lead, version=1)
    shown = (await place.data("north", MEMBERS, id=network))["node"]["members"]["nodes"]
    assert shown == [{"name": "苏六", "role": "member"}]
    matter = await raised(place, "su", "环境专委会")
    done = await place.done("su", ACCEPT, matter=matter["id"], version=1)
    assert done["state"] == "ACCEPTED"


async def test_a_social_worker_takes_matters_of_residents_to_their_end(place: Place) -> None:
    await open_network(place, "care", "n1", "守望队", convenor=place.ids["li"])
    network = place.ids["守望队"]
    given = {"network": network, "title": "独居老人", "text": "张奶奶一个人住，请常去看看。"}
    for who, named, told in (
        ("chen", "wang", ("FORBIDDEN", ["network"])),
        ("building", "wang", ("FORBIDDEN", ["network"])),
        ("micro", "mei", ("FORBIDDEN", ["network"])),
        ("south", "zhao", ("FORBIDDEN", ["network"])),
        ("social", "zhao", ("NOT_FOUND", ["resident"])),
    ):
        assert await refused(place, who, RAISE, **given, resident=place.ids[named]) == told, who
    matter = await place.done("social", RAISE, **given, resident=place.ids["wang"])
    await place.done("li", ACCEPT, matter=matter["id"], version=1)
    await place.done("social", REPLY, matter=matter["id"], version=2, text="每天有人上门")
    done = await place.done("social", CLOSE_MATTER, matter=matter["id"], version=3, feedback="王一：很好")
    assert done["state"] == "CLOSED"


async def test_a_resident_of_the_cell_raises_without_being_a_member(place: Place) -> None:
    await open_network(place, "care", "n1", "守望队")
    given = {"network": place.ids["守望队"], "title": "楼道堆物", "text": "消防通道堵了。"}
    matter = await place.done("chen", RAISE, **given)
    for who in ("mei", "zhao"):
        assert await refused(place, who, RAISE, **given) == ("FORBIDDEN", ["network"]), who
    assert await refused(place, "n1", RAISE, **given) == ("INVALID_INPUT", ["resident"])
    assert await refused(place, "chen", RAISE, **given, topic="x") == ("INVALID_INPUT", ["topic"])
    back = {"matter": matter["id"], "version": 1, "reason": "请找物业公司"}
    assert await refused(place, "chen", RETURN, **back) == ("FORBIDDEN", ["matter"])
    assert (await place.done("n1", RETURN, **back))["state"] == "RETURNED"
    assert await refused(place, "n1", ACCEPT, matter=matter["id"], version=2) == ("NOT_FOUND", ["matter"])
