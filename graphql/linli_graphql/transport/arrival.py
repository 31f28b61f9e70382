"""What a request says of itself before anybody looks at its body."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from starlette.types import Scope

from linli.ids import uuid7
from linli.messages import Language, accepted_language
from linli_graphql.service.errors import RequestError

REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._:/+=-]{1,64}")
BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/-]{1,512}=*)", re.IGNORECASE)
HOST: Final = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
KEY: Final = "linli.arrival"
LONGEST: Final = 1000

Headers = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Arrival:
    """The headers of a request by lower-case name, and the id under which it is logged and answered.

    `address` is the client's, or the one that a proxy on this machine names.
    """

    headers: Headers
    request_id: str
    address: str | None = None

    @property
    def token(self) -> str | None:
        """The bearer token, None without an Authorization header.

        Raises:
            RequestError: the header is there and is not a bearer token.
        """
        header = self.headers.get(b"authorization")
        return None if header is None else bearer(header.decode("latin-1"))

    @property
    def language(self) -> Language:
        """The language that the caller prefers; English without a preference."""
        return _language(self.text(b"accept-language"))

    def text(self, name: bytes) -> str:
        """Return a header, empty where there is none; its end is cut off where it is beyond all reason."""
        return self.headers.get(name, b"")[:LONGEST].decode("latin-1")


def arrive(scope: Scope) -> Arrival:
    """Read the headers of a connection and keep them in its scope."""
    headers = joined(scope["headers"])
    given = headers.get(b"x-request-id", b"")
    request_id = given.decode("ascii") if given and REQUEST_ID.fullmatch(given) else uuid7()
    client = scope.get("client")
    arrival = Arrival(headers, request_id, client[0] if client else None)
    scope[KEY] = arrival
    return arrival


def arrival_of(scope: Scope) -> Arrival:
    """Return what `arrive` kept."""
    found: Arrival = scope[KEY]
    return found


def joined(raw: Sequence[tuple[bytes, bytes]]) -> Headers:
    """Return headers by name; repeated ones are joined by commas, so that two tokens never pass for one."""
    found = dict(raw)
    if len(found) == len(raw):
        return found
    found = {}
    for name, value in raw:
        found[name] = found[name] + b", " + value if name in found else value
    return found


def bearer(header: str) -> str:
    """Return the token of an Authorization header.

    Raises:
        RequestError: it is not a bearer token.
    """
    match = BEARER.fullmatch(header.strip())
    if match is None:
        raise RequestError.of(401, "UNAUTHENTICATED", "Send the token as: Authorization: Bearer <token>.")
    return match[1]


@lru_cache(256)
def _language(header: str) -> Language:
    return accepted_language(header, "en")


def host_of(header: bytes) -> str | None:
    """Return the name in a Host header without its port, None where it is not well formed."""
    return _host(header) if len(header) < LONGEST else None


@lru_cache(256)
def _host(header: bytes) -> str | None:
    match = HOST.fullmatch(header.decode("latin-1"))
    return match[1].lower() if match else None
