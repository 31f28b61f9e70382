"""Signing in by OpenID Connect at a real provider."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.graphql.serving import Place
from tests.security.signing import Entrance, entrance, settings
from tests.support.provider import running_provider


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_provider("--user-claims", '{"sub": "s-south", "preferred_username": "South"}') as issuer:
        yield issuer


@pytest.fixture
async def place(own_place: Place, issuer: str) -> AsyncIterator[Entrance]:
    async with entrance(own_place, found=settings(issuer)) as place:
        yield place


async def test_who_is_linked_signs_in_asks_and_signs_out(place: Entrance) -> None:
    await place.link("north", "s-north")
    browser = place.browser()
    answer = await browser.sign_in("s-north")
    assert (answer.status_code, answer.headers["location"]) == (303, "/"), answer.text
    assert await browser.name() == "north"
    token = browser.token
    assert (await browser.sign_out()).status_code == 200
    assert "linli" not in browser.client.cookies
    browser.client.cookies["linli"] = token
    assert (await browser.ask(headers={"Accept": "application/graphql-response+json"})).status_code == 401
    assert await place.audited() == [("sign_in", "done"), ("sign_out", "done")]
