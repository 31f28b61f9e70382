"""Wuma: mutual-aid groups around a core household; help asked and given, and the rota of the helpers."""

from datetime import timedelta
from typing import Any

from linli.clock import today
from tests.plugins.motto_place import Place
from tests.plugins.neighbor_network.place import (
    ASK,
    CANCEL,
    CONFIRM,
    CREATE_HOUSEHOLD,
    FINISH,
    JOIN,
    LEAVE,
    OFFER,
    PLAN,
    TAKE,
    UPDATE,
    WITHDRAW,
    entered,
    open_network,
    refused,
)

ROTA = "{ rotaShifts { nodes { day slot state residentName } } }"
CALLS = "{ mutualHelp { totalCount nodes { what residentName } } }"
TOMORROW = (today() + timedelta(days=1)).isoformat()


async def group(place: Place) -> dict[str, Any]:
    """A group in n11, convened by mei, around a household; li and chen belong to it. Return the members."""
    home = await place.done("city", CREATE_HOUSEHOLD, grid=place.ids["n11"], label="梅家")
    await open_network(
        place, "aid_group", "n11", "互助组", convenor=place.ids["mei"], coreHousehold=home["id"]
    )
    roles = {"li": "activist", "chen": "keen_neighbor"}
    return {who: await entered(place, "互助组", who, role=role) for who, role in roles.items()}


async def test_help_is_asked_taken_and_done_among_the_members(place: Place) -> None:
    await group(place)
    asked = await place.done("chen", ASK, network=place.ids["互助组"], what="周三请人陪我去医院")
    assert (asked["state"], asked["residentName"]) == ("OPEN", "陈四")
    call = {"help": asked["id"], "version": 1}
    assert await refused(place, "chen", TAKE, **call) == ("INVALID_INPUT", ["resident"])
    assert await refused(place, "wang", TAKE, **call) == ("NOT_FOUND", ["help"])
    assert await refused(place, "li", FINISH, **call) == ("FORBIDDEN", ["help"])
    taken = await place.done("li", TAKE, **call)
    assert (taken["state"], taken["answeredByName"]) == ("TAKEN", "李三")
    assert await refused(place, "mei", TAKE, **call | {"version": 2}) == ("INVALID_INPUT", ["help"])
    for who, mutation, code in (
        ("mei", FINISH, "FORBIDDEN"),  # who convenes is not one of the two
        ("li", WITHDRAW, "FORBIDDEN"),
        ("wang", FINISH, "NOT_FOUND"),
        ("micro", WITHDRAW, "NOT_FOUND"),
        ("south", WITHDRAW, "NOT_FOUND"),
    ):
        told = await refused(place, who, mutation, help=asked["id"], version=2)
        assert told == (code, ["help"]), who
    done = await place.done("li", FINISH, help=asked["id"], version=2)
    assert done["state"] == "DONE"


async def test_help_is_offered_and_withdrawn_and_staff_enters_it_for_others(place: Place) -> None:
    await group(place)
    network = place.ids["互助组"]
    offer = await place.done("li", OFFER, network=network, what="会修水管")
    assert (await place.data("mei", CALLS))["mutualHelp"]["totalCount"] == 1
    assert (await place.done("li", WITHDRAW, help=offer["id"], version=1))["state"] == "WITHDRAWN"
    assert (await place.data("mei", CALLS))["mutualHelp"]["totalCount"] == 0
    given = {"network": network, "what": "买菜", "resident": place.ids["mei"]}
    assert await refused(place, "li", ASK, **given) == ("FORBIDDEN", ["network"])
    assert await refused(place, "n1", ASK, network=network, what="买菜") == ("INVALID_INPUT", ["resident"])
    asked = await place.done("n1", ASK, **given)
    call = {"help": asked["id"], "version": 1}
    stranger = await refused(place, "n1", TAKE, **call, resident=place.ids["wang"])
    assert stranger == ("INVALID_INPUT", ["resident"])
    assert await refused(place, "li", TAKE, **call, resident=place.ids["chen"]) == ("FORBIDDEN", ["help"])
    taken = await place.done("n1", TAKE, **call, resident=place.ids["chen"])
    assert taken["answeredByName"] == "陈四"
    assert (await place.done("n1", FINISH, help=asked["id"], version=2))["state"] == "DONE"


async def test_the_convenor_plans_the_rota_and_the_helpers_confirm(place: Place) -> None:
    members = await group(place)
    plan = {"member": members["li"]["id"], "day": TOMORROW, "slot": "上午"}
    for who, code in (
        ("chen", "NOT_FOUND"),
        ("li", "FORBIDDEN"),
        ("wang", "NOT_FOUND"),
        ("south", "NOT_FOUND"),
    ):
        assert await refused(place, who, PLAN, **plan) == (code, ["member"]), who
    past = plan | {"day": (today() - timedelta(days=1)).isoformat()}
    assert await refused(place, "mei", PLAN, **past) == ("INVALID_INPUT", ["day"])
    planned = await place.done("mei", PLAN, **plan)
    assert await refused(place, "mei", PLAN, **plan) == ("ALREADY_EXISTS", ["day"])
    turn = {"shift": planned["id"], "version": 1}
    assert await refused(place, "chen", CONFIRM, **turn) == ("FORBIDDEN", ["shift"])
    assert await refused(place, "wang", CONFIRM, **turn) == ("NOT_FOUND", ["shift"])
    assert (await place.done("li", CONFIRM, **turn))["state"] == "CONFIRMED"
    shown = {"day": TOMORROW, "slot": "上午", "state": "CONFIRMED", "residentName": "李三"}
    for who in ("mei", "li", "chen", "n1", "social"):
        assert (await place.data(who, ROTA))["rotaShifts"]["nodes"] == [shown], who
    for stranger in ("wang", "zhao", "micro", "south", None):
        assert (await place.data(stranger, ROTA))["rotaShifts"]["nodes"] == [], stranger
    assert await refused(place, "li", CANCEL, **turn) == ("CONFLICT", ["version"])
    await place.done("mei", CANCEL, shift=planned["id"], version=2)
    assert (await place.data("mei", ROTA))["rotaShifts"]["nodes"] == []
    await place.done("n1", PLAN, **plan)  # what was cancelled can be planned anew


async def test_people_join_of_their_own_accord_or_agree_to_be_entered(place: Place) -> None:
    await group(place)
    network = place.ids["互助组"]
    person = {"network": network, "resident": place.ids["wang"]}
    assert await refused(place, "n1", JOIN, **person) == ("INVALID_INPUT", ["consent"])
    assert await refused(place, "n1", JOIN, **person, consent="电话", role="head") == (
        "INVALID_INPUT",
        ["role"],
    )
    assert await refused(place, "wang", JOIN, network=network) == ("FORBIDDEN", ["network"])  # not their cell
    assert await refused(place, "li", JOIN, **person, consent="电话") == ("FORBIDDEN", ["network"])
    assert await refused(place, "south", JOIN, **person, consent="电话") == ("FORBIDDEN", ["network"])
    joined = await place.done("mei", JOIN, network=network)
    assert (joined["role"], joined["consent"], joined["name"]) == ("activist", None, "梅五")
    assert await refused(place, "mei", JOIN, network=network) == ("ALREADY_EXISTS", ["resident"])


async def test_who_leaves_is_off_the_rota(place: Place) -> None:
    members = await group(place)
    member = members["li"]["id"]
    await place.done("chen", ASK, network=place.ids["互助组"], what="搬沙发")
    await place.done("n1", PLAN, member=member, day=TOMORROW, slot="下午")
    assert await refused(place, "chen", LEAVE, member=member) == ("NOT_FOUND", ["member"])
    assert await refused(place, "micro", LEAVE, member=member) == ("NOT_FOUND", ["member"])
    assert (await place.data("li", CALLS))["mutualHelp"]["totalCount"] == 1
    await place.done("li", LEAVE, member=member)
    assert (await place.data("mei", ROTA))["rotaShifts"]["nodes"] == []
    assert (await place.data("li", CALLS))["mutualHelp"]["totalCount"] == 0
    await entered(place, "互助组", "li")


async def test_who_convenes_no_more_has_no_right_from_it_any_more(place: Place) -> None:
    members = await group(place)
    given = {"network": place.ids["互助组"], "version": 1}
    assert await refused(place, "mei", UPDATE, **given, convenor=None) == ("FORBIDDEN", ["network"])
    await place.done("n1", UPDATE, **given, convenor=place.ids["li"])
    plan = {"member": members["chen"]["id"], "day": TOMORROW, "slot": "上午"}
    assert await refused(place, "mei", PLAN, **plan) == ("NOT_FOUND", ["member"])
    await place.done("li", PLAN, **plan)
