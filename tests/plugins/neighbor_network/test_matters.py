"""Matters beside each other: deadlines by the place's calendar, states, versions, two hands at once."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from linli import model as t
from linli.clock import today
from linli_plugins.neighbor_network import models
from tests.plugins.motto_place import Place, opened, write_config
from tests.plugins.neighbor_network.place import (
    ACCEPT,
    ADVANCE,
    ASK,
    CLOSE_MATTER,
    DOWN,
    PLUGIN,
    RAISE,
    REPLY,
    RETURN,
    TAKE,
    UP,
    database_url,
    entered,
    lanes,
    raised,
    refused,
    trace,
)
from tests.plugins.neighbor_network.schemes import ALL
from tests.plugins.templates import Template

OVERDUE = """query ($day: Date!) { matters(where: { dueBefore: $day }) { totalCount } }"""


async def test_two_who_accept_at_once_do_not_both(place: Place) -> None:
    await lanes(place)
    matter = (await raised(place))["id"]
    answers = await asyncio.gather(
        *(place.deed(who, ACCEPT, matter=matter, version=1) for who in ("n1", "n1b", "li"))
    )
    codes = sorted(error["code"] for one in answers for error in one["errors"])
    assert codes == ["CONFLICT", "CONFLICT"]
    assert [one["action"] for one in await trace(place, "n1", matter)] == ["RAISE", "ACCEPT"]


async def test_passed_up_and_accepted_at_once_only_one_is_done(place: Place) -> None:
    await lanes(place)
    matter = (await raised(place))["id"]
    answers = await asyncio.gather(
        place.deed("n1", UP, matter=matter, version=1), place.deed("n1b", ACCEPT, matter=matter, version=1)
    )
    (error,) = [error for one in answers for error in one["errors"]]
    assert error["code"] in ("CONFLICT", "NOT_FOUND")  # gone up, it is out of the other's sight
    assert len(place.rows(models.matter_step)) == 2


async def test_help_is_taken_by_one(place: Place) -> None:
    await lanes(place)
    await entered(place, "东坊", "chen")
    call = await place.done("wang", ASK, network=place.ids["东坊"], what="搬沙发")
    given = {"help": call["id"], "version": 1}
    answers = await asyncio.gather(*(place.deed(who, TAKE, **given) for who in ("li", "chen")))
    assert [error["code"] for one in answers for error in one["errors"]] == ["CONFLICT"]


async def test_deadlines_go_by_the_calendar_of_the_place(network_config: tuple[Path, Template]) -> None:
    config, template = network_config
    free = [(today() + timedelta(days=number)).isoformat() for number in range(1, 4)]
    worked = [(today() + timedelta(days=number)).isoformat() for number in range(4, 20)]
    calendar = f"[calendar]\nholidays = [{', '.join(free)}]\nworkdays = [{', '.join(worked)}]\n"
    config = write_config(config.parent, database_url(config), PLUGIN, more=ALL + calendar)
    async with opened(config, dict(template.ids), template.tokens) as place:
        await lanes(place)
        matter = await raised(place)
        assert matter["due"] == (today() + timedelta(days=5)).isoformat()
        done = await place.done("li", ACCEPT, matter=matter["id"], version=1)
        assert done["due"] == (today() + timedelta(days=13)).isoformat()
        for days, number in ((13, 0), (14, 1)):
            day = (today() + timedelta(days=days)).isoformat()
            data = await place.data("n1", OVERDUE, day=day)
            assert data["matters"]["totalCount"] == number


async def test_each_state_knows_what_comes_next(place: Place) -> None:
    await lanes(place)
    matter = (await raised(place))["id"]
    words = {REPLY: {"text": "好"}, CLOSE_MATTER: {"feedback": "好"}, RETURN: {"reason": "不归我们"}}
    down = {DOWN: {"to": place.ids["东坊"]}}

    async def stopped(version: int, *mutations: str) -> None:
        for one in mutations:
            given = (words | down).get(one, {})
            told = await refused(place, "north", one, matter=matter, version=version, **given)
            assert told in (("INVALID_INPUT", ["matter"]), ("INVALID_INPUT", ["to"])), one

    await stopped(1, ADVANCE, REPLY, CLOSE_MATTER, DOWN)
    await place.done("north", ACCEPT, matter=matter, version=1)
    await stopped(2, ACCEPT, ADVANCE, CLOSE_MATTER)
    await place.done("north", REPLY, matter=matter, version=2, text="好")
    await stopped(3, ACCEPT, ADVANCE, REPLY, RETURN, UP, DOWN)
    stale = await refused(place, "wang", CLOSE_MATTER, matter=matter, version=2, feedback="好")
    assert stale == ("CONFLICT", ["version"])
    await place.done("wang", CLOSE_MATTER, matter=matter, version=3, feedback="好")
    gone = await refused(place, "north", ACCEPT, matter=matter, version=4)
    assert gone == ("NOT_FOUND", ["matter"])


@pytest.mark.parametrize("who", ["li", "n1", "north"])
async def test_who_handles_closes_for_who_raised_it_but_nobody_else_does(place: Place, who: str) -> None:
    await lanes(place)
    await entered(place, "东坊", "chen")
    matter = (await raised(place))["id"]
    await place.done(who, ACCEPT, matter=matter, version=1)
    await place.done(who, REPLY, matter=matter, version=2, text="好")
    given = {"matter": matter, "version": 3, "feedback": "好"}
    for other in ("chen", "zhao", "south", "building"):
        assert await refused(place, other, CLOSE_MATTER, **given) == ("NOT_FOUND", ["matter"]), other
    assert (await place.done(who, CLOSE_MATTER, **given))["state"] == "CLOSED"


async def test_empty_words_are_refused(place: Place) -> None:
    await lanes(place)
    given = {"network": place.ids["东坊"], "title": "灯", "text": "坏了"}
    for name in ("title", "text"):
        assert await refused(place, "wang", RAISE, **given | {name: " "}) == ("INVALID_INPUT", [name])


async def test_what_happened_is_told_by_ids_alone(place: Place) -> None:
    await lanes(place)
    matter = (await raised(place))["id"]
    await place.done("li", UP, matter=matter, version=1, note="坊里解决不了")
    await place.done("north", ACCEPT, matter=matter, version=2)
    await place.done("north", RETURN, matter=matter, version=3, reason="请找物业公司")
    events = [row for row in place.rows(t.event) if row.topic.startswith(("network", "matter"))]
    assert [row.topic for row in events] == [
        *("network.opened", "network.opened", "network_member.joined"),
        *("matter.raised", "matter.passed", "matter.accepted", "matter.returned"),
    ]
    assert [row.data for row in events[3:]] == [{}, {"action": "pass_up"}, {}, {}]
    assert events[4].old_path != events[4].path
