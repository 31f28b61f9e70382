"""Whole answers, sent in one piece."""

from dataclasses import dataclass
from typing import Final

from starlette.types import Send

from linli_graphql.transport.failures import Failure
from linli_graphql.transport.media import Media

Headers = tuple[tuple[bytes, bytes], ...]

# Answers are a caller's own unless they say otherwise.
DEFAULTS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
)
CLOSE: Final = (b"connection", b"close")
VARY: Final = (b"vary", b"Authorization, Cookie, Accept, Accept-Language")
TYPES: Final[dict[Media, Headers]] = {
    media: ((b"content-type", f"{media}; charset=utf-8".encode()), VARY) for media in Media
}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer and how it is counted."""

    status: int
    media: Media
    body: bytes
    headers: Headers = ()
    outcome: str = "answered"

    async def send(self, send: Send) -> None:
        """Send it."""
        length = (b"content-length", str(len(self.body)).encode())
        headers = [*TYPES[self.media], length, *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def refusal(failure: Failure, media: Media = Media.JSON) -> Reply:
    """Return the answer of a request that is not even a GraphQL request.

    Its body may not have been read, and may have no end: the connection is not used again.
    """
    return Reply(failure.status, media, failure.body, (CLOSE, *failure.headers), failure.outcome)


def failed(failure: Failure, media: Media) -> Reply:
    """Return the answer of a GraphQL request that failed whole.

    As `application/json` its errors come with 200: clients of old read nothing else.
    """
    status = 200 if failure.status == 400 and media is Media.JSON else failure.status
    return Reply(status, media, failure.body, failure.headers, failure.outcome)
