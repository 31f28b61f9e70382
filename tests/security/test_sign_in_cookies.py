"""The session's cookie: believed only where one of our own pages meant it."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

import httpx
import pytest

from linli.access.sessions import end_session
from linli_graphql.transport.app import AppOptions
from linli_graphql.transport.cookies import Cookies
from tests.graphql.serving import Place, listening
from tests.graphql.settled import changed, content
from tests.graphql.sockets import Line
from tests.security.signing import MEANT, OPTIONS, VIEWER, Browser, Entrance, entrance

LISTED = "https://pages.example"
EVIL = "https://evil.example"
CREATE = "mutation ($i: CreateResidentInput!) { createResident(input: $i) { errors { code } } }"
TRUSTED = {hashlib.sha256(VIEWER.encode()).hexdigest(): VIEWER}
SERVED = replace(OPTIONS, origins=frozenset({LISTED}), documents=TRUSTED)
RESPONSE = {"Accept": "application/graphql-response+json"}


@pytest.fixture
async def place(sqlite_copy: Place) -> AsyncIterator[Entrance]:
    async with entrance(sqlite_copy, options=SERVED) as place:
        yield place


@pytest.fixture
async def victim(place: Entrance) -> Browser:
    """A browser in which the city's administrator has signed in."""
    browser = place.browser()
    await browser.try_code("city", await place.code("city"))
    assert await browser.name() == "city"
    return browser


def creation(place: Entrance) -> dict[str, object]:
    inputs = {"grid": place.served.place.ids["n1"], "name": "王"}
    return {"query": CREATE, "variables": {"i": inputs}}


@pytest.mark.case(121)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"Origin": EVIL},
        MEANT | {"Origin": EVIL},
        MEANT | {"Origin": "null"},
        MEANT | {"Origin": "http://localhost.evil.example"},
        MEANT | {"Origin": "http://localhost:8080"},
        MEANT | {"Origin": "https://localhost:80"},
        MEANT | {"Origin": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        MEANT | {"Content-Type": "text/plain"},
        {"Accept": "text/event-stream"},
        MEANT | {"Accept": "text/event-stream", "Origin": EVIL},
    ],
)
async def test_a_foreign_page_does_nothing_with_the_victims_cookie(
    place: Entrance, victim: Browser, headers: dict[str, str]
) -> None:
    before = content(place.served)
    sent = {"Content-Type": "application/json"} | headers
    answer = await victim.client.post("/graphql", json=creation(place), headers=sent)
    assert answer.status_code in (403, 415), answer.text
    assert changed(before, content(place.served)) == {}


@pytest.mark.case(121)
@pytest.mark.parametrize("origin", [None, "http://localhost", LISTED])
async def test_an_own_page_does_what_it_means(place: Entrance, victim: Browser, origin: str | None) -> None:
    headers = MEANT | ({"Origin": origin} if origin else {})
    answer = await victim.client.post("/graphql", json=creation(place), headers=headers)
    assert answer.json()["data"]["createResident"]["errors"] == []


@pytest.mark.case(119)
async def test_by_get_a_cookie_is_nobody(place: Entrance, victim: Browser) -> None:
    before = content(place.served)
    for headers in ({}, MEANT, MEANT | {"Origin": "http://localhost"}):
        answer = await victim.client.get("/graphql", params={"query": VIEWER}, headers=RESPONSE | headers)
        assert answer.status_code == 401
        answer = await victim.client.get("/graphql", params={"query": CREATE}, headers=RESPONSE | headers)
        assert answer.status_code in (401, 405)
        trusted = {"documentId": next(iter(TRUSTED))}
        answer = await victim.client.get("/graphql", params=trusted, headers=RESPONSE | headers)
        assert answer.json() == {"data": {"viewer": None}}
        for path in ("/sign-out", "/sign-in/code"):
            assert (await victim.client.get(path, headers=headers)).status_code == 405
    assert changed(before, content(place.served)) == {}
    assert await victim.name() == "city"


@pytest.mark.case(119)
async def test_a_bearer_token_by_get_does_no_deed(place: Entrance) -> None:
    bearer = place.served.signed("city")
    query = 'mutation { createResident(input: {grid: "x", name: "x"}) { errors { code } } }'
    answer = await place.served.client.get("/graphql", params={"query": query}, headers=RESPONSE | bearer)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_with_both_the_bearer_token_counts(place: Entrance, victim: Browser) -> None:
    bearer = place.served.signed("north")
    assert (await victim.ask(headers=bearer)).json() == {"data": {"viewer": {"name": "north"}}}
    unmarked = await victim.client.post("/graphql", json={"query": VIEWER}, headers=bearer)
    assert unmarked.json() == {"data": {"viewer": {"name": "north"}}}
    refused = await victim.ask(headers=RESPONSE | {"Authorization": "Bearer linli_unknown"})
    assert refused.status_code == 401


@pytest.mark.case(121)
async def test_a_foreign_page_signs_nobody_out(victim: Browser) -> None:
    for headers in ({}, {"Origin": EVIL}, MEANT | {"Origin": EVIL}):
        assert (await victim.client.post("/sign-out", headers=headers)).status_code == 403
    assert await victim.name() == "city"


@pytest.mark.case(121)
async def test_over_https_the_cookie_is_bound_to_this_host(sqlite_copy: Place) -> None:
    options = AppOptions(cookies=Cookies(secure=True))
    async with entrance(sqlite_copy, options=options) as place:
        browser = place.browser("https")
        answer = await browser.try_code("city", await place.code("city"))
        name, _, rest = answer.headers["set-cookie"].partition("=")
        assert name == "__Host-linli"
        assert rest.partition("; ")[2] == "Path=/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure"
        assert await browser.name() == "city"
        token = browser.client.cookies["__Host-linli"]
        plain = place.browser("https")
        plain.client.cookies["linli"] = token
        assert await plain.name() is None, "a neighbour host could have set it"


@pytest.mark.parametrize(
    "cookie", ["linli=x", "linli=linli_short", "linli", "linli={t}; linli=linli_" + "a" * 43]
)
async def test_what_is_no_sessions_cookie_is_nobody(place: Entrance, victim: Browser, cookie: str) -> None:
    client = place.browser().client
    headers = MEANT | {"Cookie": cookie.replace("{t}", victim.token)}
    answer = await client.post("/graphql", json={"query": VIEWER}, headers=headers)
    assert answer.json() == {"data": {"viewer": None}}


async def test_an_ended_session_is_told(place: Entrance, victim: Browser) -> None:
    await place.run(partial(end_session, token=victim.token))
    assert (await victim.ask(headers=RESPONSE)).status_code == 401


@pytest.mark.case(122)
async def test_a_foreign_page_opens_no_socket(place: Entrance, victim: Browser) -> None:
    async with listening(place.served.app) as port:
        line = Line(place.served, port)
        for origin in (EVIL, "null", f"http://127.0.0.1.evil.example:{port}", "http://127.0.0.1"):
            assert await line.refusal(Origin=origin, Cookie=f"linli={victim.token}") == 403


@pytest.mark.case(122)
async def test_a_sockets_cookie_counts_for_own_and_listed_pages_alone(
    place: Entrance, victim: Browser
) -> None:
    cookie = f"linli={victim.token}"
    async with listening(place.served.app) as port:
        line = Line(place.served, port)
        own, bearer = f"http://127.0.0.1:{port}", place.served.place.tokens["north"]
        assert await who(line, None, Origin=own, Cookie=cookie) == "city"
        assert await who(line, None, Origin=LISTED, Cookie=cookie) == "city"
        assert await who(line, None, Cookie=cookie) is None, "pages name their origin"
        assert await who(line, bearer, Origin=own, Cookie=cookie) == "north", "bearer counts"


async def who(line: Line, token: str | None, **headers: str) -> str | None:
    async with line.socket(**headers) as socket:
        await socket.greet(token)
        await socket.say("subscribe", id="1", payload={"query": VIEWER})
        viewer = (await socket.hear())["payload"]["data"]["viewer"]
        return viewer and str(viewer["name"])


async def test_no_answer_and_no_log_holds_what_lets_in(
    place: Entrance, victim: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    code = await place.code("north")
    browser = place.browser()
    answer: httpx.Response = await browser.try_code("north", code)
    await browser.ask()
    await browser.sign_out()
    written = "".join(capfd.readouterr()) + answer.text
    assert not [one for one in (code, victim.token) if one in written]
