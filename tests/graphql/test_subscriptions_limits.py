"""What one client may take of sockets and streams, and what ends them."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from linli.database.database import Unavailable
from linli_graphql.service import subscriptions
from linli_graphql.transport.app import AppOptions
from linli_graphql.transport.options import Limits
from tests.graphql.serving import SECONDS, Place, elsewhere
from tests.graphql.sockets import TYPENAME, Line, line_to


@pytest.mark.case(113)
async def test_a_socket_runs_a_bounded_number_of_operations(line: Line) -> None:
    async with line.socket() as socket:
        await socket.greet(line.token("north"))
        for number in range(20):
            await socket.say("subscribe", id=str(number), payload=line.follow("north"))
        await line.followed(20)
        await socket.say("subscribe", id="20", payload=TYPENAME)
        answer = await socket.hear()
        assert (answer["id"], answer["type"]) == ("20", "error")
        assert answer["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        await socket.say("complete", id="0")
        await line.followed(19)
        await socket.say("subscribe", id="20", payload=TYPENAME)
        assert (await socket.hear())["type"] == "next"
    await line.followed(0)


@pytest.mark.case(278)
async def test_a_message_too_large_closes_the_socket(line: Line) -> None:
    async with line.socket() as socket:
        with suppress(ConnectionClosed):  # the server need not have read it all
            await socket.say("connection_init", payload={"x": "y" * 15_000_000})
        assert await socket.closed() == 1009
    async with line.socket() as socket:
        await socket.greet()
        await socket.say("ping", payload={"x": "y" * 60_000})
        assert await socket.hear() == {"type": "pong"}


@pytest.mark.case(275)
async def test_one_address_opens_a_bounded_number_of_sockets(sqlite_place: Place) -> None:
    options = AppOptions(limits=Limits(streams_per_address=2))
    async with line_to(sqlite_place, options) as line:
        async with line.socket(), line.socket():
            assert await line.refusal() == 429
        async with asyncio.timeout(SECONDS):
            while await tried(line) != 101:
                await asyncio.sleep(0.01)


@pytest.mark.case(275)
async def test_all_together_open_a_bounded_number_of_sockets(sqlite_place: Place) -> None:
    async with line_to(sqlite_place, AppOptions(limits=Limits(streams=1))) as line, line.socket():
        assert await line.refusal() == 503
        async with line.served.client.stream(
            "POST", "/graphql", json=TYPENAME, headers={"Accept": "text/event-stream"}
        ) as stream:
            assert stream.status_code == 503


async def tried(line: Line) -> int:
    """Open and close a socket; return the status of its handshake."""
    try:
        async with line.socket():
            return 101
    except Exception as error:  # noqa: BLE001 - whichever way the client tells it
        return int(getattr(getattr(error, "response", None), "status_code", 0))


async def test_a_revoked_token_closes_its_sockets(own_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "FRESH_SECONDS", 0.05)
    async with line_to(own_place, AppOptions()) as line, line.socket() as idle, line.socket() as following:
        await idle.greet(line.token("north"))
        await following.greet(line.token("north"))
        await following.say("subscribe", id="1", payload=line.follow("north"))
        await line.followed(1)
        await line.served.revoke("north")
        assert await following.closed() == 4403
        await idle.say("subscribe", id="1", payload={"query": "{ viewer { name } }"})
        assert await idle.closed() == 4403


@pytest.mark.case(277)
async def test_a_subscriber_that_is_too_slow_loses_its_subscription_only(line: Line) -> None:
    async with line.socket() as socket:
        await socket.greet(line.token("north"))
        await socket.say("subscribe", id="1", payload=line.follow("north"))
        await line.followed(1)
        for _ in range(101):
            line.served.hub.publish(elsewhere())
        answer = await socket.hear()
        assert (answer["type"], answer["payload"][0]["extensions"]["code"]) == ("error", "EVENTS_LOST")
        await socket.say("subscribe", id="1", payload=TYPENAME)
        assert (await socket.hear())["type"] == "next"


@pytest.mark.case(274)
async def test_who_reads_nothing_is_closed(sqlite_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    options = AppOptions(limits=Limits(send_seconds=0.1))
    async with line_to(sqlite_place, options) as line:

        async def large(_incoming: object) -> bytes:
            return b'{"data":"' + b"x" * 5_000_000 + b'"}'

        monkeypatch.setattr(line.served.service, "execute", large)
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        await shake(reader, writer)
        for text in (
            {"type": "connection_init"},
            *({"type": "subscribe", "id": str(n), "payload": TYPENAME} for n in range(5)),
        ):
            writer.write(frame(json.dumps(text).encode()))
        async with asyncio.timeout(SECONDS):
            while "linli_streams 0.0" not in (await line.served.client.get("/metrics")).text:
                await asyncio.sleep(0.02)
        writer.transport.abort()


async def shake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Open a socket by hand, so that nothing is read behind the test's back."""
    writer.write(
        b"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")


def frame(text: bytes) -> bytes:
    """Return a masked text frame of up to 125 bytes; the mask is zero."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


@pytest.mark.parametrize(
    ("error", "code"), [(ValueError("CNRY-13800005678"), "INTERNAL"), (Unavailable("CNRY"), "UNAVAILABLE")]
)
async def test_a_fault_is_masked_and_the_socket_goes_on(
    line: Line, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    async def broken(_incoming: object) -> bytes:
        raise error

    async with line.socket() as socket:
        await socket.greet()
        with monkeypatch.context() as patch, capture_logs() as logs:
            patch.setattr(line.served.service, "execute", broken)
            await socket.say("subscribe", id="1", payload=TYPENAME)
            answer = await socket.hear()
        assert (answer["type"], answer["payload"][0]["extensions"]["code"]) == ("error", code)
        assert "CNRY" not in str(answer) + str(logs)
        await socket.say("subscribe", id="1", payload=TYPENAME)
        assert (await socket.hear())["type"] == "next"


async def test_who_leaves_takes_its_operations_along(line: Line) -> None:
    async with line.socket() as socket:
        await socket.greet(line.token("north"))
        await socket.say("subscribe", id="1", payload=line.follow("north"))
        await line.followed(1)
        socket.connection.transport.abort()
        await line.followed(0)


async def test_sockets_are_closed_when_the_server_stops(sqlite_place: Place) -> None:
    closing: Any = None
    async with line_to(sqlite_place, AppOptions()) as line:
        url = f"ws://127.0.0.1:{line.port}/graphql"
        protocols = [Subprotocol("graphql-transport-ws")]
        closing = await connect(url, subprotocols=protocols, proxy=None)
    async with asyncio.timeout(SECONDS):
        await closing.wait_closed()
    assert closing.close_code == 1012
