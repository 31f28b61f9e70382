"""Jianggan: one committee and its lanes. Matters go from the lane to the committee and back."""

from linli.clock import today
from linli_plugins.neighbor_network.service.shared import MATTERS
from tests.plugins.motto_place import Place
from tests.plugins.neighbor_network.place import (
    ACCEPT,
    ADVANCE,
    CLOSE_MATTER,
    DOWN,
    REPLY,
    UP,
    lanes,
    raised,
    refused,
    trace,
)


def due(place: Place, days: int) -> str:
    return place.deployment.calendar.after(today(), days).isoformat()


async def test_a_matter_goes_to_the_committee_and_back_and_is_closed_by_who_raised_it(place: Place) -> None:
    await lanes(place)
    matter = await raised(place, topic="sanitation")
    assert (matter["state"], matter["due"], matter["network"]["name"]) == ("RAISED", due(place, 2), "东坊")
    ident = matter["id"]
    await place.done("li", UP, matter=ident, version=1, note="坊里解决不了")
    assert (await place.data("li", "{ matters { totalCount } }"))["matters"]["totalCount"] == 0
    assert (place.count("n1", MATTERS), place.count("north", MATTERS)) == (0, 1)
    done = await place.done("north", ACCEPT, matter=ident, version=2)
    assert (done["step"], done["due"]) == ("discuss", due(place, 5))
    done = await place.done("north", ADVANCE, matter=ident, version=3, note="已商议")
    assert (done["state"], done["step"], done["due"]) == ("IN_PROGRESS", "settle", due(place, 10))
    await place.done("north", DOWN, matter=ident, version=4, to=place.ids["东坊"], note="请坊里落实")
    done = await place.done("li", ACCEPT, matter=ident, version=5)
    assert (done["step"], done["due"]) == ("handle", due(place, 10))
    done = await place.done("li", REPLY, matter=ident, version=6, text="灯已修好")
    assert (done["state"], done["due"]) == ("REPLIED", None)
    done = await place.done("wang", CLOSE_MATTER, matter=ident, version=7, feedback="亮了，谢谢")
    assert (done["state"], done["feedback"]) == ("CLOSED", "亮了，谢谢")
    assert done["closedAt"] is not None
    assert place.count("city", MATTERS) == 0
    steps = await trace(place, "wang", ident)
    assert [one["number"] for one in steps] == list(range(1, 9))
    actions = "RAISE PASS_UP ACCEPT STEP PASS_DOWN ACCEPT REPLY CLOSE"
    assert [one["action"] for one in steps] == actions.split()
    assert [one["note"] for one in steps if one["note"]] == [
        *("坊里解决不了", "已商议", "请坊里落实", "灯已修好", "亮了，谢谢")
    ]
    up, down = steps[1], steps[4]
    assert (up["fromNetwork"]["name"], up["toNetwork"]["name"]) == ("东坊", "居委会")
    assert (down["fromNetwork"]["name"], down["toNetwork"]["name"]) == ("居委会", "东坊")


async def test_who_may_not_handle_what_stands_in_the_lane(place: Place) -> None:
    await lanes(place)
    matter = (await raised(place))["id"]
    for who, code in {
        "wang": "FORBIDDEN",  # who raised it reads it, and does not judge it
        "chen": "NOT_FOUND",
        "mei": "NOT_FOUND",
        "zhao": "NOT_FOUND",
        "south": "NOT_FOUND",
        "micro": "NOT_FOUND",
        "building": "NOT_FOUND",
    }.items():
        for mutation in (ACCEPT, UP):
            assert await refused(place, who, mutation, matter=matter, version=1) == (code, ["matter"]), who


async def test_passed_up_it_is_the_committees_and_the_raiser_still_follows_it(place: Place) -> None:
    await lanes(place)
    matter = (await raised(place))["id"]
    await place.done("n1", UP, matter=matter, version=1)
    for who in ("li", "n1"):
        assert await refused(place, who, ACCEPT, matter=matter, version=2) == ("NOT_FOUND", ["matter"]), who
        assert await trace(place, who, matter) == []
    assert len(await trace(place, "wang", matter)) == 2
    assert await refused(place, "north", UP, matter=matter, version=2) == ("INVALID_INPUT", ["matter"])
    given = {"matter": matter, "version": 2, "to": place.ids["居委会"]}
    assert await refused(place, "north", DOWN, **given) == ("INVALID_INPUT", ["to"])
    await place.done("north", DOWN, **given | {"to": place.ids["东坊"]})
    for who in ("li", "n1", "wang"):
        assert len(await trace(place, who, matter)) == 3, who  # what was done above comes down with it
