"""Bodies that are no requests, are too large, or too slow."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from linli_graphql.transport.app import AppOptions
from linli_graphql.transport.options import Limits
from tests.graphql.serving import Place, Served, serving

RESPONSE = "application/graphql-response+json"
HEADERS = {"Content-Type": "application/json"}
MALFORMED = (
    b"",
    b"null",
    b"1",
    b'"x"',
    b"true",
    b"[]",
    b"{}",
    b"{",
    b'{"query":}',
    b"query { __typename }",
    b'{"query":null}',
    b'{"query":1}',
    b'{"query":""}',
    b'{"query":["{__typename}"]}',
    b'{"query":{}}',
    b'{"query":"{__typename}","operationName":1}',
    b'{"query":"{__typename}","operationName":["A"]}',
    b'{"query":"{__typename}","variables":[]}',
    b'{"query":"{__typename}","variables":"{}"}',
    b'{"query":"{__typename}","variables":0}',
    b'{"query":"{__typename}","extensions":[]}',
    b'{"query":"{__typename}","extensions":"x"}',
    b'{"query":"{__typename}","extensions":{"persistedQuery":1}}',
    b'{"query":"{__typename}","documentId":1}',
    b'{"query":"{__typename}","variables":{"a":NaN}}',
    b'{"query":"{__typename}","variables":{"a":1e999}}',
    b'{"query":"{__typename}","variables":{"a":"\\u0000"}}',
    b'{"query":"{__typename}","variables":{"a":[{"\\u0000":1}]}}',
    b'{"query":"{__typename}","variables":{"a":"\\ud800"}}',
    b'{"query":"{ grid(code: \\"\\\\u0000\\") { id } }"}',
    b'{"query":"{ grid(code: \\"\\\\u{0}\\") { id } }"}',
    b'{"query":"{__typename}\xff"}',
    b'\xef\xbb\xbf{"query":"{__typename}"}',
    '{"query":"{__typename}"}'.encode("utf-16"),
    b'{"query":"{__typename}","variables":' + b'{"a":' * 1100 + b"1" + b"}" * 1101,
)


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["errors"][0]["extensions"]["code"]
    return found


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: body[:60].decode("latin-1"))
async def test_what_is_no_request_is_400_in_either_type(served: Served, body: bytes) -> None:
    for accept in ("application/json", RESPONSE):
        answer = await served.client.post("/graphql", content=body, headers={**HEADERS, "Accept": accept})
        assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")
        assert answer.headers["content-type"].startswith(accept)


@pytest.mark.case(100)
@pytest.mark.parametrize("number", [0, 1, 2, 10_000])
async def test_lists_of_operations_are_refused(served: Served, number: int) -> None:
    answer = await served.client.post("/graphql", json=[{"query": "{__typename}"}] * number)
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


@pytest.mark.case(110)
@pytest.mark.parametrize("size", [256 * 1024 + 1, 50 * 1024 * 1024])
async def test_a_body_that_says_it_is_too_large_is_not_read(served: Served, size: int) -> None:
    reads = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal reads
        reads += 1
        yield b" "

    headers = {**HEADERS, "Content-Length": str(size)}
    answer = await served.client.post("/graphql", content=pieces(), headers=headers)
    assert (answer.status_code, code(answer), reads) == (413, "PAYLOAD_TOO_LARGE", 0)
    assert answer.headers["connection"] == "close"


@pytest.mark.case(110)
async def test_a_body_without_end_is_read_up_to_its_limit(served: Served) -> None:
    reads = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal reads
        while True:
            reads += 1
            yield b" " * 1024

    async with asyncio.timeout(20):
        answer = await served.client.post("/graphql", content=pieces(), headers=HEADERS)
    assert (answer.status_code, code(answer)) == (413, "PAYLOAD_TOO_LARGE")
    assert reads <= 258


async def test_a_body_of_just_the_limit_is_read(served: Served) -> None:
    body = b'{"query":"{__typename}"}'.rjust(256 * 1024)
    for sent, status in ((body, 200), (body + b" ", 413)):
        answer = await served.client.post("/graphql", content=sent, headers=HEADERS)
        assert answer.status_code == status


@pytest.mark.case(110)
@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "9" * 40, "٣", ""])
async def test_a_length_that_is_no_number_is_refused(served: Served, length: str) -> None:
    headers = [(b"Content-Type", b"application/json"), (b"Content-Length", length.encode())]
    answer = await served.client.post("/graphql", content=b"{}", headers=headers)
    assert answer.status_code in (400, 413)


@pytest.mark.case(110)
async def test_a_body_that_does_not_arrive_is_given_up(sqlite_place: Place) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async with serving(sqlite_place, AppOptions(limits=Limits(body_seconds=0.05))) as served:
        answer = await served.client.post("/graphql", content=pieces(), headers=HEADERS)
    assert (answer.status_code, code(answer)) == (408, "REQUEST_TIMEOUT")


def test_the_bodies_above_are_what_they_seem() -> None:
    assert json.loads(MALFORMED[-6]) == {"query": '{ grid(code: "\\u0000") { id } }'}
