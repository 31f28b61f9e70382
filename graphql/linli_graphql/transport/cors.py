"""Pages of other origins: which may send requests to the API, told to their browsers."""

from typing import Final

from starlette.types import Scope, Send

from linli_graphql.transport.arrival import Arrival

PATH: Final = "/graphql"
VARY: Final = (b"vary", b"Origin")
# Cookies stay out of it: a page elsewhere shows who asks by a token.
ALLOWED: Final = (
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"accept-language, authorization, content-type, x-request-id"),
    (b"access-control-max-age", b"600"),
)
EXPOSED: Final = (b"access-control-expose-headers", b"retry-after, x-request-id")

Headers = list[tuple[bytes, bytes]]


def headers_for(arrival: Arrival, path: str, origins: frozenset[str]) -> Headers:
    """Return what an answer tells the browser of a page, which is nothing unless its origin is listed."""
    if not origins or path != PATH:
        return []
    origin = arrival.headers.get(b"origin")
    if origin is None or origin.decode("latin-1") not in origins:
        return [VARY]
    return [VARY, (b"access-control-allow-origin", origin), EXPOSED]


def is_preflight(arrival: Arrival, scope: Scope, origins: frozenset[str]) -> bool:
    """Whether a browser asks, for a page of a listed origin, what it may send."""
    listed = arrival.headers.get(b"origin", b"").decode("latin-1") in origins
    asked = b"access-control-request-method" in arrival.headers
    return listed and asked and scope["method"] == "OPTIONS" and scope["path"] == PATH


async def allow(send: Send) -> None:
    """Answer a preflight."""
    await send({"type": "http.response.start", "status": 204, "headers": [*ALLOWED]})
    await send({"type": "http.response.body", "body": b""})
