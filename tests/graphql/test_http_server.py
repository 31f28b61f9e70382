"""Clients that send or read too slowly, or too much, and a server that stops: spoken over plain TCP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from linli_graphql.service.service import Incoming
from linli_graphql.transport.app import AppOptions
from linli_graphql.transport.server import STOP_SECONDS, HttpProtocol, WriteDeadline
from tests.graphql.serving import SECONDS, Place
from tests.graphql.sockets import Line, line_to

TYPENAME = b'{"query":"{__typename}"}'
HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def wire(line: Line) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port, limit=1024)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Read until the server is done with the connection, however it ends it."""
    received = b""
    async with asyncio.timeout(SECONDS):
        try:
            while piece := await reader.read(65_536):
                received += piece
        except ConnectionError:
            pass
    return received


async def answered(reader: asyncio.StreamReader) -> bytes:
    """Read one answer of a known length."""
    async with asyncio.timeout(SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head + await reader.readexactly(length)


@pytest.mark.case(272)
@pytest.mark.parametrize("begun", [b"", b"POST /graphql HTTP/1.1\r\nHost"])
async def test_headers_that_do_not_arrive_close_the_connection(
    line: Line, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    assert HttpProtocol.HEADER_SECONDS <= 15, "what is promised"
    monkeypatch.setattr(HttpProtocol, "HEADER_SECONDS", 0.05)
    async with wire(line) as (reader, writer):
        writer.write(begun)
        assert await rest(reader) == b""


async def test_headers_of_a_later_request_are_waited_for_no_longer(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(line) as (reader, writer):
        writer.write(HEAD + b"Content-Length: 24\r\n\r\n" + TYPENAME)
        assert b'"Query"' in await answered(reader)
        monkeypatch.setattr(HttpProtocol, "HEADER_SECONDS", 0.05)
        writer.write(b"GET /healthz HT")
        assert await rest(reader) == b""


@pytest.mark.case(272)
async def test_headers_without_end_close_the_connection(line: Line) -> None:
    async with wire(line) as (reader, writer):
        writer.write(HEAD)
        for number in range(200):
            writer.write(b"X-%d: " % number + b"x" * 1000 + b"\r\n")
        assert b"200 OK" not in await rest(reader)


async def test_a_connection_serves_many_requests(line: Line) -> None:
    async with wire(line) as (reader, writer):
        for _ in range(3):
            writer.write(HEAD + b"Content-Length: 24\r\n\r\n" + TYPENAME)
            assert b'"Query"' in await answered(reader)


@pytest.mark.case(110)
@pytest.mark.parametrize("status", [b"413", b"415"])
async def test_a_body_without_end_is_not_listened_to(line: Line, status: bytes) -> None:
    head = HEAD if status == b"413" else HEAD.replace(b"json", b"xml")
    async with wire(line) as (reader, writer):
        writer.write(head + b"Transfer-Encoding: chunked\r\n\r\n")
        listening = asyncio.ensure_future(rest(reader))
        try:
            while not listening.done():
                writer.write(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        received = await listening
    assert received == b"" or received.startswith(b"HTTP/1.1 " + status), "it may be lost in the reset"


@pytest.mark.case(274)
async def test_who_does_not_read_is_cut_off(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    assert WriteDeadline.SECONDS <= 30, "what is promised"
    size = 20_000_000

    async def large(_incoming: Incoming) -> bytes:
        return b"x" * size

    monkeypatch.setattr(WriteDeadline, "SECONDS", 0.05)
    monkeypatch.setattr(line.served.service, "execute", large)
    async with wire(line) as (reader, writer):
        writer.write(HEAD + b"Content-Length: 24\r\n\r\n" + TYPENAME)
        async with asyncio.timeout(SECONDS):
            while not (await line.served.client.get("/metrics")).text.count(
                'outcome="answered",transport="http"} 1.0'
            ):
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert len(await rest(reader)) < size


async def test_a_stopping_server_finishes_answers_and_ends_streams(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_incoming: Incoming) -> bytes:
        begun.set()
        await go_on.wait()
        return b'{"data":{"late":true}}'

    assert SECONDS < STOP_SECONDS, "the server would give up waiting"
    async with asyncio.timeout(SECONDS), line_to(sqlite_place, AppOptions()) as line:
        stream_reader, stream = await asyncio.open_connection("127.0.0.1", line.port)
        stream.write(following(line))
        await line.followed(1)
        monkeypatch.setattr(line.served.service, "execute", slow)
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(HEAD + b"Content-Length: 24\r\n\r\n" + TYPENAME)
        await begun.wait()
        asyncio.get_running_loop().call_later(0.1, go_on.set)
    assert b'{"data":{"late":true}}' in await rest(reader)
    assert (await rest(stream_reader)).startswith(b"HTTP/1.1 200 OK")
    writer.close()
    stream.close()


def following(line: Line) -> bytes:
    """Return a request for a stream of events."""
    place, token = line.served.place.ids["north"].encode(), line.token("north").encode()
    body = b'{"query":"subscription{events(within:\\"%s\\"){id}}"}' % place
    headers = b"Accept: text/event-stream\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
    return HEAD + headers % (token, len(body)) + body


async def test_it_starts_before_the_first_request_and_stops_after_the_last(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []

    async def stop() -> None:
        happened.append("stop")

    async def execute(_incoming: Incoming) -> bytes:
        happened.append("request")
        return b"{}"

    options = AppOptions(start=lambda: happened.append("start"), stop=stop)
    async with line_to(sqlite_place, options) as line, wire(line) as (reader, writer):
        monkeypatch.setattr(line.served.service, "execute", execute)
        writer.write(HEAD + b"Content-Length: 24\r\n\r\n" + TYPENAME)
        await answered(reader)
    assert happened == ["start", "request", "stop"]
