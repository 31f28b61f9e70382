"""Who follows a place is told what happens there, as far as they may know it, and for as long."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, update

from linli import model as t
from linli.access.actors import renew
from linli.clock import today
from linli.policy import Actor, Decision, Policy
from linli.traces.hub import QUEUE_SIZE
from linli_graphql.service import subscriptions
from linli_graphql.service.errors import RequestError
from linli_graphql.service.reading import Part
from linli_graphql.service.service import Incoming
from linli_graphql.service.subscriptions import Subscriptions
from linli_graphql.transport.app import AppOptions
from tests.graphql.serving import FOLLOW, SECONDS, Served, elsewhere, serving

NOWHERE = "grid_01900000-0000-7000-8000-000000000000"

Answers = AsyncIterator[bytes]


def incoming(served: Served, who: str | None, within: str, query: str = FOLLOW) -> Incoming:
    place = served.place.ids.get(within, within)
    return Incoming(query, {"within": place}, token=served.place.tokens[who] if who else None)


async def told(answers: Answers) -> Any:
    async with asyncio.timeout(SECONDS):
        return orjson.loads(await anext(answers))


async def ended(answers: Answers) -> None:
    async with asyncio.timeout(SECONDS):
        with pytest.raises(StopAsyncIteration):
            await anext(answers)


async def refused(answers: Answers) -> str:
    async with asyncio.timeout(SECONDS):
        with pytest.raises(RequestError) as error:
            await anext(answers)
    return str(error.value.errors[0]["extensions"]["code"])


async def refusal(served: Served, asked: Incoming) -> RequestError:
    with pytest.raises(RequestError) as error:
        async with Subscriptions(served.service, served.hub).subscribe(asked):
            pass
    assert len(served.hub) == 0
    return error.value


@pytest.fixture
async def quiet(served_twice: Served) -> Served:
    """A place whose earlier events have been told."""
    while await served_twice.relay():
        pass
    return served_twice


async def test_events_at_a_place_and_below_it_are_told_in_order(quiet: Served) -> None:
    follow = Subscriptions(quiet.service, quiet.hub).subscribe
    async with (
        follow(incoming(quiet, "city", "city")) as city,
        follow(incoming(quiet, "north", "north")) as north,
    ):
        here, there = await quiet.new_resident("north", "north"), await quiet.new_resident("south", "south")
        alike = await quiet.new_resident("city", "twenty")
        last = await quiet.new_resident("north", "north")
        await quiet.relay()
        assert [(await told(city))["data"]["events"]["subject"]["id"] for _ in range(4)] == [
            here,
            there,
            alike,
            last,
        ]
        first = (await told(north))["data"]["events"]
        assert first == {"topic": "resident.created", "subject": {"id": here}, "grid": {"name": "north"}}
        assert (await told(north))["data"]["events"]["subject"]["id"] == last
    assert len(quiet.hub) == 0


async def test_only_events_that_the_caller_may_read_are_told(quiet: Served) -> None:
    async with Subscriptions(quiet.service, quiet.hub).subscribe(incoming(quiet, "north", "city")) as answers:
        await quiet.new_resident("south", "south")
        await quiet.new_resident("city", "twenty")
        own = await quiet.new_resident("north", "north")
        await quiet.relay()
        assert (await told(answers))["data"]["events"]["subject"]["id"] == own


async def test_the_selection_is_answered_as_any_other(quiet: Served) -> None:
    document = """
        subscription Followed($within: ID!, $no: Boolean = false) {
          mine: events(within: $within) { __typename ...What id @include(if: $no) at: topic }
        }
        fragment What on Event { subject { __typename ... on Resident { name phone { state value } } } data }
    """
    asked = incoming(quiet, "north", "north", document)
    async with Subscriptions(quiet.service, quiet.hub).subscribe(asked) as answers:
        await quiet.new_resident("north", "north", "钱多多")
        await quiet.relay()
        event = (await told(answers))["data"]["mine"]
    assert event["subject"] == {"__typename": "Resident", "name": "钱多多", "phone": None}
    assert (event["__typename"], event["at"], "id" in event) == ("Event", "resident.created", False)


@pytest.mark.parametrize("within", [NOWHERE, "resident" + NOWHERE[4:], "x", "", "grid_", "grid_*", "/1/"])
@pytest.mark.case(32)
async def test_a_place_that_is_none_is_refused(served: Served, within: str) -> None:
    error = await refusal(served, incoming(served, "city", within))
    assert error.errors == [
        {
            "message": "There is no such place, or none that the caller may see.",
            "extensions": {"code": "NOT_FOUND"},
        }
    ]


class Hiding:
    """The policy, but that grids are seen only where events are."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._policy, name)

    def decide(self, actor: Actor, resource: str, action: str) -> Decision:
        if (resource, action) == ("grid", "read"):
            resource = "event"
        return self._policy.decide(actor, resource, action)


async def test_a_hidden_place_is_refused_like_one_that_is_none(served: Served) -> None:
    policy: Any = Hiding(served.service.deeds.policy)
    async with serving(served.place, AppOptions(), policy) as hiding:
        errors = [await refusal(hiding, incoming(hiding, "north", within)) for within in ("south", NOWHERE)]
        async with Subscriptions(hiding.service, hiding.hub).subscribe(incoming(hiding, "north", "north")):
            assert len(hiding.hub) == 1
    assert (errors[0].status, errors[0].errors) == (errors[1].status, errors[1].errors)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (FOLLOW.replace("topic", "nothing"), "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription ($w: ID!) { a: events(within: $w) { id } b: events(within: $w) { id } }",
            None,
        ),
        ("subscription ($within: ID!) { events(within: $within) { id } __typename }", None),
        ("subscription ($within: ID!) { events(within: $within) @skip(if: true) { id } }", None),
        ("subscription { events { id } }", None),
        ("subscription { events(within: null) { id } }", None),
        ("query ($within: ID!) { node(id: $within) { id } }", "BAD_REQUEST"),
    ],
)
async def test_what_cannot_be_followed_is_refused(served: Served, query: str, code: str | None) -> None:
    error = await refusal(served, incoming(served, "north", "north", query))
    assert error.status == 400
    assert error.errors[0]["extensions"]["code"] == (code or "GRAPHQL_VALIDATION_FAILED")


async def test_strangers_follow_nothing(served: Served) -> None:
    error = await refusal(served, incoming(served, None, "north"))
    assert (error.status, error.errors[0]["extensions"]["code"]) == (403, "FORBIDDEN")
    bogus = Incoming(FOLLOW, {"within": served.place.ids["north"]}, token="linli_bogus")
    assert (await refusal(served, bogus)).status == 401


async def test_a_revoked_token_ends_it_though_nothing_happens(
    own_served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert subscriptions.FRESH_SECONDS < 5, "what is promised"
    monkeypatch.setattr(subscriptions, "FRESH_SECONDS", 0.05)
    async with Subscriptions(own_served.service, own_served.hub).subscribe(
        incoming(own_served, "north", "north")
    ) as answers:
        await own_served.revoke("north")
        assert await refused(answers) == "UNAUTHENTICATED"


@pytest.mark.case(31)
async def test_a_revoked_token_is_told_nothing_more(own_served: Served) -> None:
    async with Subscriptions(own_served.service, own_served.hub).subscribe(
        incoming(own_served, "north", "north")
    ) as answers:
        await own_served.new_resident("city", "north")
        await own_served.revoke("north")
        await own_served.relay()
        assert await refused(answers) == "UNAUTHENTICATED"


async def end_roles(served: Served, who: str) -> None:
    def work(connection: Connection) -> None:
        account = served.place.accounts[who]
        ended = update(t.assignment).where(t.assignment.c.account_id == account)
        connection.execute(ended.values(until=today()))
        renew(connection, [account])

    await served.database.run(work)


@pytest.mark.case(31)
async def test_a_role_that_has_ended_tells_nothing_more(
    own_served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged, read = asyncio.Event(), own_served.service.reader.read

    async def reading(part: Part) -> Any:
        answer = await read(part)
        if part.name != "place":
            judged.set()
        return answer

    asked = incoming(own_served, "north", "north")
    async with Subscriptions(own_served.service, own_served.hub).subscribe(asked) as answers:
        before = await own_served.new_resident("city", "north")
        await own_served.relay()
        assert (await told(answers))["data"]["events"]["subject"]["id"] == before
        await own_served.new_resident("city", "north")
        await end_roles(own_served, "north")
        await own_served.relay()
        monkeypatch.setattr(own_served.service.reader, "read", reading)
        waiting = asyncio.ensure_future(ended(answers))
        async with asyncio.timeout(SECONDS):
            await judged.wait()
        own_served.hub.close()
        await waiting


@pytest.mark.case(31)
async def test_a_moved_place_takes_its_followers_along(own_served: Served) -> None:
    follow = Subscriptions(own_served.service, own_served.hub).subscribe
    ids = own_served.place.ids
    cell = await own_served.do("city", "createGrid", parent=ids["north"], name="cell", level="GRID")
    await own_served.relay()
    async with (
        follow(incoming(own_served, "city", "north")) as north,
        follow(incoming(own_served, "city", "south")) as south,
        follow(incoming(own_served, "city", cell)) as moved,
    ):
        await own_served.do("city", "moveGrid", grid=cell, to=ids["south"])
        inside = await own_served.new_resident("city", cell)
        outside = await own_served.new_resident("city", "north")
        await own_served.relay()
        told_to = {
            name: [(await told(answers))["data"]["events"] for _ in range(2)]
            for name, answers in {"north": north, "south": south, "moved": moved}.items()
        }
    happened = {name: [(e["topic"], e["subject"]["id"]) for e in events] for name, events in told_to.items()}
    assert happened["south"] == happened["moved"] == [("grid.moved", cell), ("resident.created", inside)]
    assert happened["north"] == [("grid.moved", cell), ("resident.created", outside)]


async def test_who_is_too_slow_is_told_that_events_were_lost(served: Served) -> None:
    async with Subscriptions(served.service, served.hub).subscribe(
        incoming(served, "north", "north")
    ) as answers:
        for _ in range(QUEUE_SIZE + 1):
            served.hub.publish(elsewhere())
        assert len(served.hub) == 0
        assert await refused(answers) == "EVENTS_LOST"


async def test_it_ends_with_the_server(served: Served) -> None:
    async with Subscriptions(served.service, served.hub).subscribe(
        incoming(served, "north", "north")
    ) as answers:
        served.hub.close()
        await ended(answers)


@pytest.mark.case(113)
async def test_an_account_follows_a_bounded_number(served: Served) -> None:
    several = Subscriptions(served.service, served.hub, most=2)
    asked = incoming(served, "north", "north")
    async with several.subscribe(asked), several.subscribe(asked):
        with pytest.raises(RequestError) as error:
            async with several.subscribe(asked):
                pass
        async with several.subscribe(incoming(served, "south", "south")):
            assert len(several) == 3
    assert error.value.status == 429
    async with several.subscribe(asked):
        assert len(several) == 1
