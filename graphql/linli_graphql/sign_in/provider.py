"""An OpenID provider: where it is, its keys, and the exchange of a code for an ID token."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx2
import structlog

from linli.config.sign_in import SignInSettings, is_safe_url
from linli_graphql.sign_in.fetching import Client, ProviderError, client, fetch
from linli_graphql.sign_in.id_token import Expected, UnknownKeyError, believed

FRESH_SECONDS: Final = 3600.0  # how long what a provider publishes is believed unasked
PAUSE_SECONDS: Final = 60.0  # between two readings, whatever happens in between
RETRY_SECONDS: Final = 5.0  # as long as nothing was ever read; who asks meanwhile does not wait
WELL_KNOWN: Final = "/.well-known/openid-configuration"


class Kept:
    """A document that is read when it is needed, and believed when the provider is away."""

    def __init__(self, read: Callable[[], Awaitable[dict[str, Any]]], clock: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._lock = asyncio.Lock()
        self._log = structlog.get_logger("linli.sign_in")
        self._value: dict[str, Any] | None = None
        self._asked = self._had = float("-inf")

    async def get(self, *, newer: bool = False) -> dict[str, Any]:
        """Return the document; `newer` asks for one that was read just now, at most once a minute.

        Raises:
            ProviderError: it was never read, and cannot be read now.
        """
        async with self._lock:
            now = self._clock()
            wanted = self._value is None or newer or now - self._had > FRESH_SECONDS
            pause = RETRY_SECONDS if self._value is None else PAUSE_SECONDS
            if wanted and now - self._asked > pause:
                try:
                    self._value, self._had = await self._read(), now
                except ProviderError as error:
                    self._log.warning("the provider does not answer", reason=str(error))
                finally:
                    self._asked = self._clock()
            if self._value is None:
                raise ProviderError("away")
            return self._value


@dataclass(frozen=True, slots=True)
class Going:
    """What the browser is sent to the provider with."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    challenge: str


class Provider:
    """The provider of a place; `opened` gives the client that it is reached with."""

    def __init__(
        self,
        settings: SignInSettings,
        opened: Client = client,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        if settings.issuer is None or settings.client_id is None or settings.public_url is None:
            raise ValueError("a provider needs issuer, client_id and public_url")
        self.issuer = settings.issuer
        self._client_id = settings.client_id
        self._secret = settings.client_secret
        self._algorithms = tuple(settings.algorithms)
        self._callback = settings.public_url.rstrip("/") + "/sign-in/callback"
        self._opened = opened
        self._wall = wall
        self._metadata = Kept(self._discover, clock)
        self._keys = Kept(self._read_keys, clock)

    async def address(self, going: Going, scope: str) -> str:
        """Return the address at the provider to which the browser goes.

        Raises:
            ProviderError: the provider has never been reached.
        """
        endpoint = _endpoint(await self._metadata.get(), "authorization_endpoint")
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._callback,
            "scope": scope,
            "state": going.state,
            "nonce": going.nonce,
            "code_challenge": going.challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def claims(self, code: str, verifier: str, nonce: str) -> dict[str, Any]:
        """Exchange a code and return the claims of the ID token that comes for it.

        Raises:
            ProviderError: the provider does not answer, or does not take the code.
            BadIdTokenError: the ID token proves nothing.
        """
        answer = await self._exchange(code, verifier)
        expected = Expected(self.issuer, self._client_id, nonce, self._algorithms)
        token = answer.get("id_token")
        try:
            return believed(token, await self._keys.get(), expected, self._wall())
        except UnknownKeyError:
            return believed(token, await self._keys.get(newer=True), expected, self._wall())

    async def _exchange(self, code: str, verifier: str) -> Mapping[str, Any]:
        metadata = await self._metadata.get()
        data = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": verifier,
        }
        auth: Any = None
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if self._secret is None:
            data["client_id"] = self._client_id
        elif "client_secret_basic" in methods:
            auth = httpx2.BasicAuth(quote(self._client_id, safe=""), quote(self._secret, safe=""))
        else:
            data |= {"client_id": self._client_id, "client_secret": self._secret}
        return await fetch(self._opened, "POST", _endpoint(metadata, "token_endpoint"), data, auth)

    async def _discover(self) -> dict[str, Any]:
        found = await fetch(self._opened, "GET", self.issuer.rstrip("/") + WELL_KNOWN)
        if found.get("issuer") != self.issuer:
            raise ProviderError("another issuer")
        return found

    async def _read_keys(self) -> dict[str, Any]:
        return await fetch(self._opened, "GET", _endpoint(await self._metadata.get(), "jwks_uri"))


def _endpoint(metadata: Mapping[str, Any], name: str) -> str:
    found = metadata.get(name)
    if not isinstance(found, str) or not found.isascii() or not is_safe_url(found):
        raise ProviderError(f"no safe {name}")
    return found
