"""Floods: a caller has so many requests a second; the others are served."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from linli_graphql.transport.app import AppOptions
from linli_graphql.transport.budget import address_of
from linli_graphql.transport.options import Limits
from linli_graphql.transport.server import believing, server
from tests.graphql.serving import Place, Served, serving
from tests.graphql.sockets import TYPENAME, line_to

TIGHT = AppOptions(limits=Limits(requests_per_second=1, request_burst=5))
BODY = {"query": "{__typename}"}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time by which budgets fill; it stands still unless a test moves it."""
    at = [0.0]
    monkeypatch.setattr("linli_graphql.transport.budget.monotonic", lambda: at[0])
    monkeypatch.setattr("linli_graphql.transport.budget.EFFORT_SECONDS", math.inf)
    return at


@pytest.fixture
async def tight(sqlite_place: Place) -> AsyncIterator[Served]:
    """A place whose callers have five requests, and one more each second."""
    async with serving(sqlite_place, TIGHT) as served:
        yield served


async def statuses(served: Served, number: int, who: str | None = None) -> list[int]:
    answers = [await served.post("{__typename}", who) for _ in range(number)]
    for answer in answers:
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"
    return [answer.status_code for answer in answers]


@pytest.mark.case(281)
async def test_a_flood_from_one_address_is_refused_and_others_are_served(tight: Served) -> None:
    await tight.data("{viewer {name}}", "north")  # who has shown a good token has a budget of their own
    assert await statuses(tight, 4) == [200] * 4
    assert set(await statuses(tight, 20)) == {429}
    assert await statuses(tight, 5, "north") == [200] * 5
    assert set(await statuses(tight, 20, "north")) == {429}


@pytest.mark.case(281)
async def test_tokens_that_nobody_has_are_charged_to_the_address(tight: Served) -> None:
    found = []
    for number in range(20):
        headers = {"Authorization": f"Bearer made-up-{number}"}
        found.append((await tight.client.post("/graphql", json=BODY, headers=headers)).status_code)
    assert found[5:] == [429] * 15


@pytest.mark.case(281)
async def test_a_budget_fills_again(tight: Served, clock: list[float]) -> None:
    assert await statuses(tight, 6) == [200] * 5 + [429]
    for later in (1.1, 1.1):
        clock[0] += later
        assert await statuses(tight, 2) == [200, 429]
    clock[0] += 1000
    assert await statuses(tight, 6) == [200] * 5 + [429]


@pytest.mark.case(281)
async def test_planning_is_charged_as_requests(
    tight: Served, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sends ever new documents runs out of requests sooner than who repeats one."""
    await tight.data("{grids {nodes {name}}}", "city")
    monkeypatch.setattr("linli_graphql.transport.budget.EFFORT_SECONDS", 1e-6)
    assert (await tight.post("{grids {nodes {name}}}", "city")).status_code == 200
    assert (await tight.post("{grids {nodes {id name}}}", "city")).status_code == 200
    assert (await tight.post("{grids {nodes {name}}}", "city")).status_code == 429
    clock[0] += 5.5  # a debt is at most as large as the budget
    assert (await tight.post("{grids {nodes {name}}}", "city")).status_code == 429
    clock[0] += 1
    assert (await tight.post("{grids {nodes {name}}}", "city")).status_code == 200


@pytest.mark.case(281)
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_a_network_of_ipv6_is_one_caller(one: str, other: str, same: bool) -> None:
    found = {address_of({"type": "http", "client": (host, 1)}) for host in (one, other)}
    assert (len(found) == 1) is same


@pytest.mark.case(281)
async def test_operations_on_a_socket_are_charged_too(sqlite_place: Place) -> None:
    async with line_to(sqlite_place, TIGHT) as line, line.socket() as socket:
        await socket.greet(line.token("north"))
        heard = []
        for number in range(8):
            await socket.say("subscribe", id=str(number), payload=TYPENAME)
            answer = await socket.hear()
            heard.append(answer["type"])
            if answer["type"] == "next":
                assert (await socket.hear())["type"] == "complete"
        assert heard == ["next"] * 5 + ["error"] * 3
        for _ in range(4):
            async with line.socket():
                pass
        assert await line.refusal() == 429


FORGED: Mapping[str, str] = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;proto=https;host=evil.example",
}


async def _asked(place: Place, settings: Mapping[str, Any]) -> list[httpx.Response]:
    """Ask seven times, each time in another one's name."""
    async with serving(place, TIGHT) as served:
        running = server(served.app, "127.0.0.1", 0, log_level="critical", **settings)
        task = asyncio.create_task(running.serve())
        while not running.started:
            await asyncio.sleep(0.01)
        url = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}/graphql"
        async with httpx.AsyncClient() as client:
            found = []
            for number in range(7):
                headers = {**FORGED, "X-Forwarded-For": f"203.0.113.{number}"}
                found.append(await client.post(url, json=BODY, headers=headers))
        running.should_exit = True
        await task
        return found


@pytest.mark.case(125)
async def test_forwarded_headers_are_believed_of_known_proxies_only(sqlite_place: Place) -> None:
    for settings in ({}, believing([]), believing(["10.0.0.0/8"])):
        answers = await _asked(sqlite_place, settings)
        assert [one.status_code for one in answers] == [200] * 5 + [429] * 2, settings
        assert not any("strict-transport-security" in one.headers for one in answers)
        assert "evil.example" not in json.dumps([dict(one.headers) for one in answers])
    answers = await _asked(sqlite_place, believing(["127.0.0.0/8"]))
    assert [one.status_code for one in answers] == [200] * 7
    assert all("strict-transport-security" in one.headers for one in answers)
