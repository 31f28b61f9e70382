"""Whose pages may act for the one who signed in: our own, and those of the origins listed."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from linli_graphql.transport.arrival import Arrival

PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins, such as `https://a.example`, that are listed beside the server's own."""

    listed: frozenset[str] = field(default=frozenset())

    def welcome(self, arrival: Arrival) -> bool:
        """Whether a page of this origin may act; programs name no origin."""
        origin = arrival.headers.get(b"origin")
        if origin is None:
            return True
        text = origin.decode("latin-1")
        return text in self.listed or same_origin(text, arrival.text(b"host"))


def same_origin(origin: str, host: str) -> bool:
    """Whether an origin is that of the server which a Host header names; TLS may end at a proxy before it."""
    try:
        there, here = urlsplit(origin), urlsplit(f"//{host}")
        default = PORTS.get(there.scheme)
        port, own = there.port or default, here.port or default
    except ValueError:
        return False
    return default is not None and there.hostname == here.hostname and port == own
