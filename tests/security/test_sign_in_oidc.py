"""Signing in by OpenID Connect at a real provider."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from linli import model as t
from tests.graphql.serving import Place
from tests.security.signing import Browser, Entrance, entrance, settings
from tests.support.provider import agree, running_provider


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_provider("--user-claims", '{"sub": "s-south", "preferred_username": "Ｓouth"}') as issuer:
        yield issuer


@pytest.fixture
async def place(own_town: Place, issuer: str) -> AsyncIterator[Entrance]:
    async with entrance(own_town, found=settings(issuer)) as place:
        await place.link("north", "s-north")
        yield place


@pytest.fixture
async def named(sqlite_copy: Place, issuer: str) -> AsyncIterator[Entrance]:
    """A place whose provider names accounts at the first sign-in."""
    found = settings(issuer, account_claim="preferred_username")
    async with entrance(sqlite_copy, found=found) as place:
        yield place


async def unknown_to(browser: Browser, token: str) -> bool:
    """Whether a token lets nobody in any more."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/graphql-response+json"}
    return (await browser.ask(headers=headers)).status_code == 401


@pytest.mark.case(16)
async def test_who_is_linked_signs_in_asks_and_signs_out(place: Entrance) -> None:
    browser = place.browser()
    answer = await browser.sign_in("s-north")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert await browser.name() == "north"
    first = browser.token
    await browser.sign_in("s-north")
    assert await browser.name() == "north"
    assert browser.token != first, "a new sign-in is a new session"
    assert await unknown_to(browser, first), "and the end of the one before"
    second = browser.token
    assert (await browser.sign_out()).status_code == 200
    assert "linli" not in browser.client.cookies
    assert await unknown_to(browser, second)
    done = [("sign_in", "done"), ("sign_out", "done")]
    assert await place.audited() == done * 2


@pytest.mark.case(10)
@pytest.mark.parametrize("keeps_cookie", [True, False])
async def test_a_way_that_is_ended_twice_ends_the_session_that_it_opened(
    place: Entrance, *, keeps_cookie: bool
) -> None:
    """The second one may have stolen the address alone, or the browser's cookies with it."""
    browser, thief = place.browser(), place.browser()
    address = await browser.leave()
    if keeps_cookie:
        thief.client.cookies.update(browser.client.cookies)
    back = agree(address, "s-north")
    await browser.client.get(back)
    token = browser.token
    assert await browser.name() == "north"
    answer = await thief.client.get(back)
    assert answer.status_code == 401
    assert "linli" not in thief.client.cookies
    assert await unknown_to(browser, token)
    assert await place.sessions() == []
    assert await place.audited() == [("sign_in", "done"), ("sign_in.replayed", "refused")]


@pytest.mark.case(4)
async def test_who_has_no_account_or_a_closed_one_is_answered_alike(place: Entrance) -> None:
    await place.link("south", "s-closed")
    closed = update(t.account).where(t.account.c.name == "south").values(state="closed")
    await place.run(lambda connection: connection.execute(closed))
    answers = [await place.browser().sign_in(subject) for subject in ("s-nobody", "s-closed")]
    assert [one.status_code for one in answers] == [401, 401]
    assert answers[0].content == answers[1].content
    assert [_told(one) for one in answers[:1]] == [_told(one) for one in answers[1:]]
    assert await place.sessions() == []
    assert await place.audited() == [("sign_in", "refused")] * 2


async def test_a_name_counts_at_the_first_sign_in_and_the_subject_ever_after(named: Entrance) -> None:
    assert (await named.browser().sign_in("s-nobody")).status_code == 401
    browser = named.browser()
    assert (await browser.sign_in("s-south")).status_code == 303
    assert await browser.name() == "south"
    await named.link("north", "s-other")
    renamed = update(t.account).where(t.account.c.name == "south").values(name="renamed")
    await named.run(lambda connection: connection.execute(renamed))
    again = named.browser()
    await again.sign_in("s-south")
    assert await again.name() == "renamed", "the name is not asked for again"


async def test_a_name_whose_account_is_linked_already_lets_nobody_else_in(named: Entrance) -> None:
    await named.link("south", "s-rightful")
    assert (await named.browser().sign_in("s-south")).status_code == 401


@pytest.mark.case(136)
@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("/", True),
        ("/graphiql?query=a&b=/c", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example", False),
        ("evil.example", False),
        ("/a\r\nSet-Cookie: a=b", False),
        ("/\tb", False),
        ("/" + "a" * 501, False),
        ("", False),
    ],
)
async def test_the_way_leads_back_to_this_server_only(named: Entrance, path: str, *, taken: bool) -> None:
    browser = named.browser()
    answer = await browser.client.get("/sign-in", params={"return": path})
    assert answer.status_code == (303 if taken else 400), answer.text
    if taken:
        back = agree(answer.headers["location"], "s-south")
        assert (await browser.client.get(back)).headers["location"] == path


async def test_the_provider_is_asked_with_all_that_binds_the_answer(named: Entrance) -> None:
    query = parse_qs(urlsplit(await named.browser().leave()).query)
    other = parse_qs(urlsplit(await named.browser().leave()).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == ["http://localhost/sign-in/callback"]
    assert all(query[name] != other[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize("spoilt", ["state", "cookie", "foreign"])
async def test_a_browser_that_did_not_begin_does_not_end(named: Entrance, spoilt: str) -> None:
    browser, other = named.browser(), named.browser()
    back = agree(await browser.leave(), "s-south")
    await other.leave()
    if spoilt == "state":
        back = back.replace("state=", "state=A")[:-1]
    elif spoilt == "cookie":
        browser.client.cookies["linli-state"] = browser.client.cookies["linli-state"][:-1] + "0"
    else:
        browser = other
    assert (await browser.client.get(back)).status_code == 401
    assert await named.sessions() == []


def _told(answer: object) -> list[tuple[str, str]]:
    headers = getattr(answer, "headers", {})
    return [(name, value) for name, value in headers.items() if name != "x-request-id"]
