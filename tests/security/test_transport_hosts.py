"""Hosts, origins and headers: what a request claims, and what every answer carries."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from linli_graphql.transport.app import AppOptions
from tests.graphql.serving import SECONDS, Place, Served, serving
from tests.graphql.sockets import Line, line_to

ORIGIN = "https://desk.example"
OPTIONS = AppOptions(
    hosts=frozenset({"linli.example"}), origins=frozenset({ORIGIN}), console=True, introspection=False
)
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
async def named(sqlite_place: Place) -> AsyncIterator[Line]:
    """A place that is served under one name."""
    async with line_to(sqlite_place, OPTIONS) as line:
        yield line


@pytest.fixture
async def desk(sqlite_place: Place) -> AsyncIterator[Served]:
    """A place to which the pages of one other origin may speak."""
    async with serving(sqlite_place, AppOptions(origins=frozenset({ORIGIN}))) as served:
        yield served


async def raw(line: Line, text: str) -> bytes:
    """Send bytes and return all that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    writer.write(text.replace("\n", "\r\n").encode("latin-1"))
    async with asyncio.timeout(SECONDS):
        found = await reader.read()
    writer.close()
    return found


@pytest.mark.case(124)
@pytest.mark.parametrize(
    "request_line_and_hosts",
    [
        "GET /healthz HTTP/1.1\nHost: evil.example",
        "GET /healthz HTTP/1.1\nHost: linli.example.evil.example",
        "GET /healthz HTTP/1.1\nHost: evil.example#linli.example",
        "GET /healthz HTTP/1.1\nHost: linli.example@evil.example",
        "GET /healthz HTTP/1.1\nHost: linli.example\nHost: evil.example",
        "GET /healthz HTTP/1.1\nHost: evil.example\nHost: linli.example",
        "GET /healthz HTTP/1.1\nHost: linli.example\nHost: linli.example",
        "GET /healthz HTTP/1.1\nHost: a/../admin",
        "GET /healthz HTTP/1.1\nHost: linli.example/../admin",
        "GET /healthz HTTP/1.1\nHost: ",
        "GET /healthz HTTP/1.0\nX-No-Host: at all",
        "GET http://evil.example/healthz HTTP/1.1\nHost: linli.example",
        "GET http://linli.example/healthz HTTP/1.1\nHost: linli.example",
        "GET //evil.example/healthz HTTP/1.1\nHost: evil.example",
        "OPTIONS * HTTP/1.1\nHost: linli.example",
        "CONNECT evil.example:443 HTTP/1.1\nHost: linli.example",
    ],
)
async def test_a_forged_host_is_400(named: Line, request_line_and_hosts: str) -> None:
    answer = await raw(named, f"{request_line_and_hosts}\nConnection: close\n\n")
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert b'{"errors":[{"message":"' in answer
    for header in (b"x-content-type-options: nosniff", b"cache-control: no-store", b"default-src 'none'"):
        assert header in answer
    assert b"evil" not in answer


@pytest.mark.case(124)
async def test_the_right_host_is_served_and_named_nowhere(named: Line) -> None:
    for path in ("/healthz", "/graphiql", "/nowhere", "/graphql/"):
        answer = await raw(named, f"GET {path} HTTP/1.1\nHost: LINLI.example:80\nConnection: close\n\n")
        assert not answer.startswith(b"HTTP/1.1 400 "), answer
        assert b"linli.example" not in answer.lower()
        assert b"location:" not in answer.lower()


PAGES = (
    "/graphql",
    "/healthz",
    "/readyz",
    "/metrics",
    "/graphiql",
    "/graphiql/static/console.js",
    "/nowhere",
)


@pytest.mark.case(127)
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD", "DELETE"])
async def test_every_page_protects_itself(named: Line, method: str, path: str) -> None:
    host = {"Host": "linli.example"}
    answer = await named.served.client.request(method, path, headers=host)
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    stored = answer.headers["cache-control"]
    assert stored == "no-store" or path.startswith("/graphiql/static/"), stored
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers
    secure = await named.served.client.request(method, f"https://linli.example{path}")
    assert secure.headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.case(127)
async def test_a_refused_socket_protects_itself(named: Line) -> None:
    upgrade = "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: eDp4eHh4eHh4eHh4eHh4eA==\n"
    hosts = f"Host: linli.example\nOrigin: https://evil.example\n{upgrade}Sec-WebSocket-Version: 13\n\n"
    answer = await raw(named, f"GET /graphql HTTP/1.1\n{hosts}")
    assert answer.startswith(b"HTTP/1.1 403 "), answer
    assert b"x-content-type-options: nosniff" in answer


@pytest.mark.case(121)
async def test_pages_of_listed_origins_may_speak(desk: Served) -> None:
    asked = await desk.client.options("/graphql", headers={"Origin": ORIGIN, **PREFLIGHT})
    assert (asked.status_code, asked.content) == (204, b"")
    assert asked.headers["access-control-allow-methods"] == "GET, POST"
    assert "authorization" in asked.headers["access-control-allow-headers"]
    answer = await desk.post("{viewer {name}}", "north", {"Origin": ORIGIN})
    for one in (asked, answer, await desk.post("{viewer {", None, {"Origin": ORIGIN})):
        assert one.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-credentials" not in one.headers
        assert "Origin" in one.headers["vary"]


@pytest.mark.case(121)
@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", f"{ORIGIN}.evil.example", f"{ORIGIN}:8443", "http://desk.example", "null", "*"],
)
async def test_pages_of_other_origins_are_told_nothing(desk: Served, served: Served, origin: str) -> None:
    for place in (desk, served):
        asked = await place.client.options("/graphql", headers={"Origin": origin, **PREFLIGHT})
        assert asked.status_code == 405
        for answer in (asked, await place.post("{viewer {name}}", "north", {"Origin": origin})):
            assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "Origin" in (await desk.post("{viewer {name}}")).headers["vary"]  # caches must know


TRUSTED = "{viewer {name}}"
HASH = hashlib.sha256(TRUSTED.encode()).hexdigest()


@pytest.mark.case(128)
async def test_nothing_is_kept_for_another_caller(sqlite_place: Place) -> None:
    """Two callers ask for the same address: whatever stands between them may keep neither answer."""
    async with serving(sqlite_place, AppOptions(documents={HASH: TRUSTED})) as served:
        found = {}
        for who in ("north", "south", None):
            url = f"/graphql?documentId=sha256:{HASH}"
            answer = await served.client.get(url, headers=served.signed(who))
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
            assert "Authorization" in answer.headers["vary"]
            assert "etag" not in answer.headers
            assert "last-modified" not in answer.headers
            found[who] = answer.json()["data"]["viewer"]
        assert len({str(one) for one in found.values()}) == 3
