"""Server-sent events: the distinct connections mode of graphql-sse, spoken with a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest

from linli_graphql.service import subscriptions
from linli_graphql.transport.app import AppOptions
from linli_graphql.transport.options import Limits
from tests.graphql.serving import SECONDS, Place, elsewhere
from tests.graphql.sockets import TYPENAME, Line, line_to

EVENTS = "text/event-stream"
JSON, RESPONSE = "application/json", "application/graphql-response+json"


@dataclass(frozen=True)
class Stream:
    """A client's end of an event stream."""

    answer: httpx.Response
    lines: AsyncIterator[str]

    async def line(self) -> str:
        async with asyncio.timeout(SECONDS):
            return await anext(self.lines)

    async def event(self) -> tuple[str, Any]:
        """Return the next event's name and data, comments passed over."""
        while (line := await self.line()) in ("", ":"):
            pass
        name, data = line.removeprefix("event: "), (await self.line()).removeprefix("data:").strip()
        assert await self.line() == ""
        return name, orjson.loads(data) if data else None

    async def ends(self) -> None:
        async with asyncio.timeout(SECONDS):
            assert [line async for line in self.lines] == []


@asynccontextmanager
async def stream(
    line: Line, body: Any, who: str | None = "north", accept: str = EVENTS
) -> AsyncIterator[Stream]:
    headers = {**line.served.signed(who), "Accept": accept}
    url = f"http://127.0.0.1:{line.port}/graphql"
    async with (
        httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client,
        client.stream("POST", url, json=body, headers=headers) as answer,
    ):
        yield Stream(answer, answer.aiter_lines())


async def test_a_subscription_is_streamed(line: Line) -> None:
    async with stream(line, line.follow("north")) as following:
        assert following.answer.status_code == 200
        assert following.answer.headers["content-type"] == f"{EVENTS}; charset=utf-8"
        assert following.answer.headers["cache-control"] == "no-store"
        await line.followed(1)
        resident = await line.served.new_resident("north", "north")
        await line.served.relay()
        name, data = await following.event()
        while data["data"]["events"]["subject"]["id"] != resident:
            name, data = await following.event()
        assert name == "next"
        line.served.hub.close()
        assert await following.event() == ("complete", None)
        await following.ends()
    await line.followed(0)


async def test_a_query_is_a_stream_of_one(line: Line) -> None:
    async with stream(line, {"query": "{ viewer { name } }"}) as answered:
        assert await answered.event() == ("next", {"data": {"viewer": {"name": "north"}}})
        assert await answered.event() == ("complete", None)
        await answered.ends()


@pytest.mark.parametrize(
    ("query", "accept", "streamed"),
    [
        ("{ __typename }", f"{RESPONSE}, {JSON}, {EVENTS}", False),
        ("{ nothing }", f"{JSON}, {EVENTS}", False),
        ("{ __typename }", f"{JSON};q=0.1, {EVENTS}", False),
        (None, f"{RESPONSE}, {JSON}, {EVENTS}", True),
        (None, f"{RESPONSE}, {JSON}", False),
    ],
)
async def test_who_takes_both_is_streamed_subscriptions_only(
    line: Line, query: str | None, accept: str, streamed: bool
) -> None:
    body = {"query": query} if query else line.follow("north")
    async with stream(line, body, accept=accept) as answered:
        assert (answered.answer.headers["content-type"].startswith(EVENTS)) is streamed


async def test_answers_with_lines_in_them_stay_one_event(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lined(_incoming: object) -> bytes:
        return b'{"data": [1, \n 2]}'

    monkeypatch.setattr(line.served.service, "execute", lined)
    async with stream(line, TYPENAME) as answered:
        assert await answered.event() == ("next", {"data": [1, 2]})


@pytest.mark.parametrize(
    ("body", "who", "status", "code"),
    [
        ({"query": "{"}, "north", 400, "GRAPHQL_PARSE_FAILED"),
        ({"query": 'subscription { events(within: "x") { id } }'}, "north", 400, "NOT_FOUND"),
        (
            {"query": 'subscription { events(within: "x") { nothing } }'},
            "north",
            400,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ([], "north", 400, "BAD_REQUEST"),
    ],
)
async def test_errors_before_the_stream_are_plain_answers(
    line: Line, body: Any, who: str, status: int, code: str
) -> None:
    async with stream(line, body, who) as answered:
        assert answered.answer.status_code == status
        assert answered.answer.headers["content-type"].startswith(JSON)
        errors = orjson.loads(await answered.answer.aread())["errors"]
    assert errors[0]["extensions"]["code"] == code


async def test_strangers_follow_nothing(line: Line) -> None:
    async with stream(line, line.follow("north"), None) as answered:
        assert answered.answer.status_code == 403


async def test_streams_are_not_had_by_get(line: Line) -> None:
    headers = {**line.served.signed("north"), "Accept": EVENTS}
    answer = await line.served.client.get("/graphql", params=TYPENAME, headers=headers)
    assert answer.status_code == 406


async def test_a_quiet_stream_is_kept_awake(sqlite_place: Place) -> None:
    options = AppOptions(limits=Limits(ping_seconds=0.02))
    async with line_to(sqlite_place, options) as line, stream(line, line.follow("north")) as following:
        assert [await following.line() for _ in range(6)] == [":", ""] * 3


async def test_events_that_were_lost_end_the_stream_with_their_error(line: Line) -> None:
    async with stream(line, line.follow("north")) as following:
        await line.followed(1)
        for _ in range(101):
            line.served.hub.publish(elsewhere())
        name, data = await following.event()
        assert (name, data["errors"][0]["extensions"]["code"]) == ("next", "EVENTS_LOST")
        assert await following.event() == ("complete", None)
        await following.ends()


async def test_a_revoked_token_ends_its_stream(own_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "FRESH_SECONDS", 0.05)
    async with line_to(own_place, AppOptions()) as line, stream(line, line.follow("north")) as following:
        await line.followed(1)
        await line.served.revoke("north")
        name, data = await following.event()
        assert (name, data["errors"][0]["extensions"]["code"]) == ("next", "UNAUTHENTICATED")
        assert await following.event() == ("complete", None)


async def test_who_leaves_a_stream_frees_its_place(sqlite_place: Place) -> None:
    async with line_to(sqlite_place, AppOptions(limits=Limits(streams=1))) as line:
        async with stream(line, line.follow("north")):
            await line.followed(1)
            async with stream(line, line.follow("north")) as second:
                assert second.answer.status_code == 503
                assert second.answer.headers["retry-after"] == "1"
        await line.followed(0)
        async with stream(line, line.follow("north")) as third:
            assert third.answer.status_code == 200
