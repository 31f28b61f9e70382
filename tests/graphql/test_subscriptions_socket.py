"""graphql-transport-ws, spoken with a real server."""

from typing import Any

import pytest

from linli_graphql.transport.app import AppOptions
from linli_graphql.transport.options import Limits
from tests.graphql.serving import Place
from tests.graphql.sockets import PROTOCOL, TYPENAME, Line, line_to


async def test_operations_of_all_kinds_run_side_by_side(line: Line) -> None:
    grid = line.served.place.ids["north"]
    mutation = (
        f'mutation {{ createResident(input: {{grid: "{grid}", name: "冯大年"}}) {{ resident {{ name }} }} }}'
    )
    async with line.socket() as socket:
        await socket.greet(line.token("north"))
        await socket.say("subscribe", id="events", payload=line.follow("north"))
        await line.followed(1)
        await socket.say("subscribe", id="query", payload={"query": "{ viewer { name } }"})
        assert await socket.hear() == {
            "id": "query",
            "type": "next",
            "payload": {"data": {"viewer": {"name": "north"}}},
        }
        assert await socket.hear() == {"id": "query", "type": "complete"}
        await socket.say("subscribe", id="deed", payload={"query": mutation})
        made = (await socket.hear())["payload"]["data"]["createResident"]["resident"]
        assert (made, await socket.hear()) == ({"name": "冯大年"}, {"id": "deed", "type": "complete"})
        await line.served.relay()
        assert (await socket.hear())["payload"]["data"]["events"]["topic"] == "resident.created"
        await socket.say("complete", id="events")
        await line.followed(0)
        await socket.say("subscribe", id="events", payload=TYPENAME)
        assert (await socket.hear())["payload"] == {"data": {"__typename": "Query"}}


async def test_it_answers_pings_before_and_after_the_greeting(line: Line) -> None:
    async with line.socket() as socket:
        await socket.say("ping")
        assert await socket.hear() == {"type": "pong"}
        await socket.say("pong", payload={"a": 1})
        await socket.greet()
        await socket.say("ping", payload={})
        assert await socket.hear() == {"type": "pong"}


async def test_a_socket_without_a_token_is_the_public(line: Line) -> None:
    async with line.socket() as socket:
        await socket.greet()
        await socket.say(
            "subscribe", id="1", payload={"query": "{ viewer { name } residents { totalCount } }"}
        )
        assert (await socket.hear())["payload"]["data"] == {"viewer": None, "residents": {"totalCount": 0}}
        await socket.hear()
        await socket.say("subscribe", id="2", payload=line.follow("north"))
        answer = await socket.hear()
        assert (answer["type"], answer["payload"][0]["extensions"]["code"]) == ("error", "FORBIDDEN")


@pytest.mark.parametrize(
    "payload",
    [
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": "query A { __typename } query B { __typename }"},
        {"query": "query ($a: Int!) { __typename @include(if: true) }", "variables": {"a": "x"}},
        {"documentId": "0" * 64},
    ],
)
async def test_request_errors_end_their_operation_only(line: Line, payload: Any) -> None:
    async with line.socket() as socket:
        await socket.greet()
        await socket.say("subscribe", id="1", payload=payload)
        answer = await socket.hear()
        assert (answer["id"], answer["type"]) == ("1", "error")
        assert answer["payload"][0]["message"]
        await socket.say("subscribe", id="1", payload=TYPENAME)
        assert (await socket.hear())["type"] == "next"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "null",
        "{}",
        '{"type":1}',
        '{"type":"unknown"}',
        '{"type":"ping","payload":1}',
        '{"type":"subscribe","payload":{"query":"{__typename}"}}',
        '{"type":"subscribe","id":1,"payload":{"query":"{__typename}"}}',
        '{"type":"subscribe","id":"","payload":{"query":"{__typename}"}}',
        '{"type":"subscribe","id":"' + "x" * 200 + '","payload":{"query":"{__typename}"}}',
        '{"type":"subscribe","id":"1"}',
        '{"type":"subscribe","id":"1","payload":null}',
        '{"type":"subscribe","id":"1","payload":{}}',
        '{"type":"subscribe","id":"1","payload":{"query":1}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{__typename}","variables":[]}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{__typename}","variables":{"a":"\\u0000"}}}',
        '{"type":"complete"}',
        '{"type":"next","id":"1"}',
        "[" * 30_000,
        b'{"type":"ping"}',
        b"\xff",
    ],
)
async def test_what_is_no_message_closes_the_socket(line: Line, text: str | bytes) -> None:
    async with line.socket() as socket:
        await socket.greet()
        await socket.connection.send(text)
        assert await socket.closed() == 4400


async def test_nothing_is_done_before_the_greeting(line: Line) -> None:
    async with line.socket() as socket:
        await socket.say("subscribe", id="1", payload=TYPENAME)
        assert await socket.closed() == 4401


async def test_a_second_greeting_closes_the_socket(line: Line) -> None:
    async with line.socket() as socket:
        await socket.greet()
        await socket.say("connection_init")
        assert await socket.closed() == 4429


async def test_an_id_in_use_closes_the_socket(line: Line) -> None:
    async with line.socket() as socket:
        await socket.greet(line.token("north"))
        for _ in range(2):
            await socket.say("subscribe", id="1", payload=line.follow("north"))
        assert await socket.closed() == 4409
    await line.followed(0)


@pytest.mark.parametrize(
    "authorization", ["Bearer linli_bogus", "linli_bogus", "Basic dTpw", "", 1, ["Bearer x"]]
)
async def test_a_bad_token_closes_the_socket(line: Line, authorization: Any) -> None:
    async with line.socket() as socket:
        await socket.say("connection_init", payload={"authorization": authorization})
        assert await socket.closed() == 4403


@pytest.mark.case(275)
async def test_who_does_not_greet_in_time_is_closed(sqlite_place: Place) -> None:
    async with (
        line_to(sqlite_place, AppOptions(limits=Limits(init_seconds=0.05))) as line,
        line.socket() as socket,
    ):
        assert await socket.closed() == 4408


async def test_another_protocol_is_closed(line: Line) -> None:
    async with line.socket(protocols=["graphql-ws"]) as socket:
        assert await socket.closed() == 4406
    async with line.socket(protocols=["graphql-ws", PROTOCOL]) as socket:
        assert socket.connection.subprotocol == PROTOCOL


@pytest.mark.case(122)
async def test_pages_of_other_origins_open_no_socket(sqlite_place: Place) -> None:
    options = AppOptions(origins=frozenset({"https://desk.example"}))
    async with line_to(sqlite_place, options) as line:
        own = f"http://127.0.0.1:{line.port}"
        for origin in (
            "https://evil.example",
            "null",
            "",
            own + "0",
            "https://desk.example.evil.example",
            "file://",
        ):
            assert await line.refusal(Origin=origin) == 403
        for origin in ("https://desk.example", own):
            async with line.socket(Origin=origin) as socket:
                await socket.greet()


async def test_a_host_that_is_not_served_opens_no_socket(sqlite_place: Place) -> None:
    async with line_to(sqlite_place, AppOptions(hosts=frozenset({"linli.example"}))) as line:
        assert await line.refusal() == 403
