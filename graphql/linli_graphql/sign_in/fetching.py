"""JSON from the provider: in time, of a bounded size, and from nowhere else."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import httpx2
import orjson

from linli.config.sign_in import is_safe_url

SECONDS: Final = 10.0
MOST_BYTES: Final = 256 * 1024

Client = Callable[[], httpx2.AsyncClient]


class ProviderError(Exception):
    """The provider cannot be reached, or does not answer as OpenID Connect has it."""


class NotTakenError(ProviderError):
    """The provider answers 400: it does not take what it was sent, such as a code that was used before."""


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def client() -> httpx2.AsyncClient:
    """Return a client that follows no redirect, keeps no cookie for another and heeds no proxy variable."""
    return httpx2.AsyncClient(verify=_trusted(), timeout=SECONDS, follow_redirects=False, trust_env=False)


async def fetch(
    opened: Client, method: str, url: str, data: Mapping[str, str] | None = None, auth: Any = None
) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        ProviderError: there is none within ten seconds and 256 KiB.
        NotTakenError: the answer is 400.
    """
    if not is_safe_url(url):
        raise ProviderError("an address that is neither https nor on this machine")
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    try:
        async with asyncio.timeout(SECONDS), opened() as browser:
            request = browser.build_request(method, url, data=data, headers=headers)
            answer = await browser.send(request, auth=auth, stream=True)
            try:
                body = await _body(answer)
            finally:
                await answer.aclose()
        found = orjson.loads(body)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError, ValueError) as error:
        raise ProviderError(type(error).__name__) from None  # its text may hold what was sent
    if not isinstance(found, dict):
        raise ProviderError("no JSON object")
    return found


async def _body(answer: httpx2.Response) -> bytes:
    if answer.status_code == 400:
        raise NotTakenError("status 400")
    if answer.status_code != 200:
        raise ProviderError(f"status {answer.status_code}")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise ProviderError("a compressed answer")
    body = bytearray()
    async for piece in answer.aiter_raw():
        body += piece
        if len(body) > MOST_BYTES:
            raise ProviderError("an answer without end")
    return bytes(body)
