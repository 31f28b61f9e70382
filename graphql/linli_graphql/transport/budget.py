"""Budgets: how many requests a caller may send, in each process of the server."""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from starlette.types import Scope

from linli_graphql.service.cache import Lru
from linli_graphql.service.callers import Callers
from linli_graphql.service.errors import RequestError
from linli_graphql.service.workshop import counted
from linli_graphql.transport.options import Limits

CALLERS: Final = 20_000
EFFORT_SECONDS: Final = 0.0025  # of planning count as a request; a document that is known needs none
NETWORK: Final = 64  # whoever has one address of IPv6 has all of its network


class Budget:
    """A bucket for each caller, which fills as time goes by; used on one event loop."""

    def __init__(self, callers: Callers, limits: Limits) -> None:
        self._callers = callers
        self._rate = limits.requests_per_second
        self._burst = limits.request_burst
        self._buckets: Lru[str, tuple[float, float]] = Lru(CALLERS)

    def spend(self, scope: Scope, token: str | None = None) -> None:
        """Take one request from the budget of an account, or of an address where none is known yet.

        Raises:
            RequestError: 429, nothing is left; a second later there is.
        """
        if self._rate and self._take(scope, token, 1) < 0:
            raise RequestError.of(429, "TOO_MANY_REQUESTS", "Too many requests; try again in a moment.")

    @contextmanager
    def charged(self, scope: Scope, token: str | None) -> Iterator[None]:
        """Take what planning inside has cost as so many requests more, which may leave a debt."""
        with counted() as effort:
            try:
                yield
            finally:
                if self._rate and effort.seconds:
                    self._take(scope, token, effort.seconds / EFFORT_SECONDS, debt=self._burst)

    def _take(self, scope: Scope, token: str | None, wanted: float, *, debt: float = 0) -> float:
        """Take so much, down to a debt; return what would be left, below 0 where that is not enough."""
        account = self._callers.account(token) if token is not None else None
        name, now = account or address_of(scope), monotonic()
        left, since = self._buckets.get(name) or (self._burst, now)
        left = min(left + (now - since) * self._rate, self._burst)
        after = left - wanted
        if after >= 0 or debt:
            left = max(after, -debt)
        self._buckets.put(name, (left, now))
        return after


def address_of(scope: Scope) -> str:
    """Return where a connection comes from, as far as callers are told apart by it."""
    host = str((scope.get("client") or ("",))[0])
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    mapped = address.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(address), NETWORK), strict=False))
