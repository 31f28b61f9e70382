"""Sessions end at once, on every worker, with their sockets; and tokens are good at one place only."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

import linli.access.actors
import linli_graphql.service.callers
from linli.clock import now
from linli_graphql.service.subscriptions import FRESH_SECONDS
from tests.graphql.serving import Place, listening
from tests.graphql.sockets import Line, Socket
from tests.security.signing import VIEWER, Browser, Entrance, entrance

SECONDS = 5.0
RESPONSE = {"Accept": "application/graphql-response+json"}


@dataclass(frozen=True)
class Two:
    """Two workers of one place, a browser that is signed in, and its sockets: one each, and an idle one."""

    here: Entrance
    browser: Browser
    sockets: list[Socket]

    async def closed(self) -> list[int]:
        """How the sockets were closed, within five seconds."""
        async with asyncio.timeout(SECONDS):
            return await asyncio.gather(*(socket.closed() for socket in self.sockets))


@pytest.fixture
async def two(own_town: Place) -> AsyncIterator[Two]:
    async with AsyncExitStack() as stack:
        workers = [await stack.enter_async_context(entrance(own_town)) for _ in range(2)]
        browser = workers[0].browser()
        await browser.try_code("north", await workers[0].code("north"))
        sockets = [
            await stack.enter_async_context(followed(worker, browser.token, "north")) for worker in workers
        ]
        sockets.append(await stack.enter_async_context(opened(workers[1], browser.token)))
        yield Two(workers[0], browser, sockets)


@asynccontextmanager
async def opened(worker: Entrance, token: str) -> AsyncIterator[Socket]:
    """Open a socket by a session's cookie, as a page does."""
    async with listening(worker.served.app) as port:
        own = {"Origin": f"http://127.0.0.1:{port}", "Cookie": f"linli={token}"}
        async with Line(worker.served, port).socket(**own) as socket:
            await socket.greet()
            yield socket


@asynccontextmanager
async def followed(worker: Entrance, token: str, within: str) -> AsyncIterator[Socket]:
    """Follow events on such a socket."""
    line = Line(worker.served, 0)
    async with opened(worker, token) as socket:
        await socket.say("subscribe", id="1", payload=line.follow(within))
        await line.followed(1)
        yield socket


async def signed_out(two: Two) -> None:
    await two.browser.sign_out()


async def closed_by_another(two: Two) -> None:
    account = two.here.served.place.ids["@north"]
    await two.here.served.do("operator", "closeAccount", account=account)


@pytest.mark.case(11)
@pytest.mark.parametrize("ends", [signed_out, closed_by_another])
async def test_a_session_that_ends_takes_its_sockets_with_it_on_every_worker(
    two: Two, ends: Callable[[Two], Awaitable[None]]
) -> None:
    token = two.browser.token
    await ends(two)
    assert await two.closed() == [4403, 4403, 4403]
    headers = RESPONSE | {"Authorization": f"Bearer {token}"}
    answer = await two.here.served.client.post("/graphql", json={"query": VIEWER}, headers=headers)
    assert answer.status_code == 401
    assert FRESH_SECONDS < SECONDS


@pytest.mark.case(7)
async def test_tokens_and_sessions_of_one_place_are_unknown_at_another(
    sqlite_copy: Place, postgres_copy: Place
) -> None:
    async with entrance(sqlite_copy) as one, entrance(postgres_copy) as other:
        browser = one.browser()
        await browser.try_code("city", await one.code("city"))
        for token in (browser.token, sqlite_copy.tokens["city"]):
            headers = RESPONSE | {"Authorization": f"Bearer {token}"}
            assert (await browser.ask(headers=headers)).status_code == 200
            assert (await other.browser().ask(headers=headers)).status_code == 401
            assert await greeting(one, token) is None
            assert await greeting(other, token) == 4403
        stranger = other.browser()
        stranger.client.cookies["linli"] = browser.token
        assert (await stranger.ask(headers=RESPONSE)).status_code == 401
        assert (await stranger.try_code("city", await one.code("city"))).status_code == 401


async def greeting(place: Entrance, token: str) -> int | None:
    """How a socket is closed that is greeted with a token; None where it is welcome."""
    async with listening(place.served.app) as port, Line(place.served, port).socket() as socket:
        await socket.say("connection_init", payload={"Authorization": f"Bearer {token}"})
        try:
            return None if await socket.hear() else 0
        except Exception:  # noqa: BLE001 - whatever says that it was closed
            return await socket.closed()


@pytest.mark.case(8)
async def test_a_session_is_good_for_its_hours_and_not_a_second_longer(
    sqlite_copy: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with entrance(sqlite_copy) as place:
        browser = place.browser()
        await browser.try_code("city", await place.code("city"))
        began = now()

        async def after(**time: int) -> tuple[int, int | None]:
            for module in (linli.access.actors, linli_graphql.service.callers):
                monkeypatch.setattr(module, "now", lambda: began + timedelta(**time))
            return (await browser.ask(headers=RESPONSE)).status_code, await greeting(place, browser.token)

        assert await after(hours=7, minutes=59, seconds=30) == (200, None)
        assert await after(hours=8, seconds=1) == (401, 4403)
