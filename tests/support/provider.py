"""Providers of identities: a real one in a process of its own, and one that signs whatever a test wants."""

import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socket import create_server
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import httpx
import httpx2
import orjson
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

SECONDS = 60.0
ISSUER = "https://id.example"
CLIENT = "linli"


@contextmanager
def running_provider(*options: str) -> Iterator[str]:
    """Run oidc-provider-mock on a free port of this machine; give its issuer."""
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    provider = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer = f"http://127.0.0.1:{port}"
    try:
        _wait(issuer)
        yield issuer
    finally:
        provider.terminate()
        provider.wait(SECONDS)


def _wait(issuer: str) -> None:
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        try:
            if httpx.get(f"{issuer}/jwks").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError("the provider did not start")


def agree(address: str, subject: str) -> str:
    """Sign in at the real provider as somebody does in a browser; return where it sends the browser."""
    answer = httpx.post(address, data={"sub": subject}, timeout=SECONDS)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


@dataclass
class SigningProvider:
    """A provider that signs what it is told to, reached without a network; tests play the browser's part.

    Attributes:
        claims: laid over the claims of the next ID token; a value of None leaves the claim out.
        asked: the paths that were asked for, and of the token endpoint what was sent.
    """

    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    algorithm: str = "RS256"
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    published: list[Any] = field(default_factory=list)
    token: str | None = None
    nonce: str = ""
    away: bool = False
    asked: list[str] = field(default_factory=list)
    sent: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.published = self.published or [self.key.as_dict(private=False)]

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))

    def come_back(self, address: str, code: str = "good") -> str:
        """Return where a browser is sent that was sent here."""
        query = parse_qs(address.partition("?")[2])
        self.nonce = query["nonce"][0]
        return f"{query['redirect_uri'][0]}?code={code}&state={query['state'][0]}"

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request.url.path)
        if self.away:
            raise httpx2.ConnectError("away")
        match request.url.path:
            case "/.well-known/openid-configuration":
                return _json(self._metadata() | self.metadata)
            case "/keys":
                return _json({"keys": self.published})
            case "/token":
                self.sent = dict(parse_qsl(request.content.decode()))
                return _json({"id_token": self.token or self.sign()})
        return httpx2.Response(404)

    def _metadata(self) -> dict[str, str]:
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }

    def sign(self) -> str:
        """Return an ID token of the present claims."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": CLIENT, "sub": "s-north", "nonce": self.nonce, "iat": now}
        claims |= {"exp": now + 300} | self.claims
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "one"} | self.header
        return jws.serialize_compact(header, orjson.dumps(kept), self.key, algorithms=[self.algorithm])


def _json(value: Any) -> httpx2.Response:
    async def pieces() -> AsyncIterator[bytes]:
        yield orjson.dumps(value)

    return httpx2.Response(200, content=pieces())


def other_key() -> Any:
    return ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
