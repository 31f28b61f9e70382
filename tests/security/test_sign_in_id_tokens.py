"""ID tokens that were not made by the provider, for this place, for this sign-in, or for now."""

import base64
import hmac
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.graphql.serving import Place
from tests.security.signing import Entrance, entrance
from tests.support.provider import CLIENT, ISSUER, SigningProvider, other_key

KEY: Any = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
FOREIGN: Any = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
PUBLIC: Any = KEY.as_dict(private=False)
Spoil = Callable[[SigningProvider], Any]


def claims(**claims: Any) -> Spoil:
    return lambda provider: provider.claims.update(claims)


def times(**seconds: int) -> Spoil:
    """Claims so many seconds from now."""
    return lambda provider: provider.claims.update(
        {name: int(time.time()) + away for name, away in seconds.items()}
    )


def published(*keys: Any) -> Spoil:
    return lambda provider: provider.published.__setitem__(slice(None), keys)


def header(**header: Any) -> Spoil:
    return lambda provider: provider.header.update(header)


def signed(key: Any, algorithm: str) -> Spoil:
    def spoil(provider: SigningProvider) -> None:
        provider.key, provider.algorithm = key, algorithm

    return spoil


def unsigned(provider: SigningProvider) -> None:
    forge(provider, "none", lambda _: b"")


def by_public_key(provider: SigningProvider) -> None:
    """The key that everybody knows, taken for a secret."""
    forge(provider, "HS256", lambda text: hmac.digest(KEY.as_pem(private=False), text, "sha256"))


def forge(provider: SigningProvider, algorithm: str, sign: Callable[[bytes], bytes]) -> None:
    def forged() -> str:
        now = int(time.time())
        body = {"iss": ISSUER, "aud": CLIENT, "sub": "s-north", "nonce": provider.nonce}
        parts = {"alg": algorithm, "kid": "one"}, body | {"iat": now, "exp": now + 300}
        text = b".".join(map(_encoded, map(orjson.dumps, parts)))
        return f"{text.decode()}.{_encoded(sign(text)).decode()}"

    provider.sign = forged  # type: ignore[method-assign]  # as a forger would


def _encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def claims_list(provider: SigningProvider) -> None:
    content = orjson.dumps([1])
    provider.token = jws.serialize_compact({"alg": "RS256", "kid": "one"}, content, KEY)


BAD_TIMES: dict[str, Spoil] = {
    "expired": times(exp=-75),
    "expired long ago": claims(exp=0),
    "without end": claims(exp=None),
    "an end in words": claims(exp="tomorrow"),
    "an end that is true": claims(exp=True),
    "not yet": times(nbf=120),
    "not yet, in words": claims(nbf="now"),
    "made in times to come": times(iat=120),
    "made at no time": claims(iat=None),
}
BAD_PARTIES: dict[str, Spoil] = {
    "another issuer": claims(iss="https://id.example.evil"),
    "the issuer with a slash": claims(iss=f"{ISSUER}/"),
    "another audience": claims(aud="other"),
    "no audience": claims(aud=None),
    "other audiences": claims(aud=["other", "linli2"]),
    "two audiences and no party": claims(aud=["other", CLIENT]),
    "another party": claims(azp="other"),
    "two audiences, another party": claims(aud=["other", CLIENT], azp="other"),
}
BAD: dict[str, Spoil] = {
    "no nonce": claims(nonce=None),
    "another nonce": claims(nonce="0" * 64),
    "a nonce of another kind": claims(nonce=1),
    "no subject": claims(sub=None),
    "an empty subject": claims(sub=""),
    "a subject that is a number": claims(sub=7),
    "unsigned": unsigned,
    "signed with the public key": by_public_key,
    "an algorithm that is not listed": signed(KEY, "RS512"),
    "another key of the same name": signed(FOREIGN, "RS256"),
    "a key that is not published": published(other_key().as_dict(private=False) | {"kid": "two"}),
    "a key for encryption": published(PUBLIC | {"use": "enc"}),
    "a key for another algorithm": published(PUBLIC | {"alg": "PS256"}),
    "two keys of one name": published(PUBLIC, FOREIGN.as_dict(private=False)),
    "a secret for a key": published({"kty": "oct", "k": "c2VjcmV0", "kid": "one"}),
    "keys that are none": published("key", {"kty": "RSA", "kid": "one"}),
    "its own key": header(jwk=FOREIGN.as_dict(private=False)),
    "of another type": header(typ="at+jwt"),
    "claims that are a list": claims_list,
    "no token": lambda provider: setattr(provider, "token", "garbage"),
    "too long": claims(more="x" * 20_000),
}
GOOD: dict[str, Spoil] = {
    "as it is": claims(),
    "expired within the leeway": times(exp=-40),
    "a clock that is ahead": times(iat=40, nbf=40),
    "two audiences and the party": claims(aud=["other", CLIENT], azp=CLIENT),
    "a list of one audience": claims(aud=[CLIENT]),
    "by RSA-PSS": signed(KEY, "PS256"),
}
KEYS: dict[str, tuple[Any, str]] = {
    "by ECDSA": (ECKey.generate_key("P-256", {"kid": "one"}), "ES256"),
    "by Ed25519": (OKPKey.generate_key("Ed25519", {"kid": "one"}), "Ed25519"),
    "by Ed25519 under its old name": (OKPKey.generate_key("Ed25519", {"kid": "one"}), "EdDSA"),
}


@pytest.fixture
async def place(sqlite_copy: Place) -> AsyncIterator[tuple[Entrance, SigningProvider]]:
    provider = SigningProvider(key=KEY, published=[PUBLIC])
    async with entrance(sqlite_copy, provider) as place:
        await place.link("north", "s-north")
        yield place, provider


Both = tuple[Entrance, SigningProvider]


async def refuses(both: Both, spoil: Spoil) -> None:
    place, provider = both
    spoil(provider)
    browser = place.browser()
    answer = await browser.sign_in_at(provider)
    assert answer.status_code == 401, answer.text
    assert "linli" not in browser.client.cookies
    assert await place.sessions() == []
    assert await place.audited() == [("sign_in", "refused")]
    assert "no account" not in await place.reasons(), "the token itself was refused"


@pytest.mark.case(8)
@pytest.mark.parametrize("spoil", BAD_TIMES.values(), ids=BAD_TIMES)
async def test_an_id_token_out_of_its_time_proves_nothing(place: Both, spoil: Spoil) -> None:
    await refuses(place, spoil)


@pytest.mark.case(7)
@pytest.mark.parametrize("spoil", BAD_PARTIES.values(), ids=BAD_PARTIES)
async def test_an_id_token_for_somebody_else_proves_nothing(place: Both, spoil: Spoil) -> None:
    await refuses(place, spoil)


@pytest.mark.parametrize("spoil", BAD.values(), ids=BAD)
async def test_a_forged_id_token_proves_nothing(place: Both, spoil: Spoil) -> None:
    await refuses(place, spoil)


@pytest.mark.case(8)
@pytest.mark.parametrize("spoil", GOOD.values(), ids=GOOD)
async def test_a_good_id_token_lets_in(place: Both, spoil: Spoil) -> None:
    spoil(place[1])
    browser = place[0].browser()
    assert (await browser.sign_in_at(place[1])).status_code == 303
    assert await browser.name() == "north"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("name", KEYS)
async def test_keys_of_other_kinds_are_taken(place: Both, name: str) -> None:
    key, algorithm = KEYS[name]
    signed(key, algorithm)(place[1])
    published(key.as_dict(private=False))(place[1])
    assert (await place[0].browser().sign_in_at(place[1])).status_code == 303
