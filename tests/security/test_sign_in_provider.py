"""The provider: its keys change, it goes away, it answers nonsense."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey

from linli_graphql.sign_in.provider import Kept
from tests.graphql.serving import Place
from tests.security.signing import Entrance, entrance
from tests.support.provider import SigningProvider

Both = tuple[Entrance, SigningProvider]
KEY: Any = RSAKey.generate_key(2048, {"kid": "one"})


@pytest.fixture
async def both(sqlite_copy: Place) -> AsyncIterator[Both]:
    provider = SigningProvider(key=KEY)
    async with entrance(sqlite_copy, provider) as place:
        await place.link("north", "s-north")
        yield place, provider


async def test_the_code_goes_with_the_verifier_of_its_challenge(both: Both) -> None:
    place, provider = both
    browser = place.browser()
    address = await browser.leave()
    await browser.client.get(provider.come_back(address))
    digest = hashlib.sha256(provider.sent["code_verifier"].encode()).digest()
    challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert parse_qs(urlsplit(address).query)["code_challenge"] == [challenge]
    assert provider.sent["redirect_uri"] == "http://localhost/sign-in/callback"


async def test_keys_are_read_once_and_believed_while_the_provider_is_away(both: Both) -> None:
    place, provider = both
    for _ in range(3):
        assert (await place.browser().sign_in_at(provider)).status_code == 303
    assert provider.asked.count("/keys") == 1
    assert provider.asked.count("/.well-known/openid-configuration") == 1


async def test_unknown_keys_are_asked_for_once_a_minute() -> None:
    clock, read = [0.0], 0

    async def keys() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"keys": read}

    kept = Kept(keys, lambda: clock[0])
    assert await kept.get() == {"keys": 1}
    assert await kept.get(newer=True) == {"keys": 1}, "they were read this minute"
    clock[0] = 61.0
    assert await kept.get(newer=True) == {"keys": 2}
    assert await kept.get(newer=True) == {"keys": 2}
    clock[0] = 5000.0
    assert await kept.get() == {"keys": 3}, "after an hour unasked"


@pytest.mark.case(2)
async def test_without_the_provider_who_has_a_code_comes_in_and_who_is_in_stays(both: Both) -> None:
    place, provider = both
    browser, other = place.browser(), place.browser()
    await browser.sign_in_at(provider)
    provider.away = True
    assert await browser.name() == "north", "a session does not ask the provider"
    back = provider.come_back(await other.leave())
    answer = await other.client.get(back)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert (await other.try_code("north", await place.code("north"))).status_code == 200
    assert await other.name() == "north"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example"},
        {"authorization_endpoint": "http://id.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"more": "x" * 300_000},
    ],
    ids=["another issuer", "in clear", "a script", "nowhere", "without end"],
)
async def test_a_provider_that_says_nonsense_leads_nowhere(both: Both, metadata: dict[str, Any]) -> None:
    both[1].metadata = metadata
    answer = await both[0].browser().client.get("/sign-in")
    assert answer.status_code == 503
    assert "location" not in answer.headers


@pytest.mark.parametrize("status", [302, 400, 401, 500])
async def test_a_code_that_the_provider_does_not_take_lets_nobody_in(both: Both, status: int) -> None:
    place, provider = both
    taken = provider._answer

    def answer(request: httpx2.Request) -> httpx2.Response:
        refused = httpx2.Response(status, headers={"location": "https://id.example/token2"})
        return refused if request.url.path == "/token" else taken(request)

    provider._answer = answer  # type: ignore[method-assign]  # the provider's mood of today
    assert (await place.browser().sign_in_at(provider)).status_code == (401 if status == 400 else 503)
    assert "/token2" not in provider.asked
    assert await place.sessions() == []
