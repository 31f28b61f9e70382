"""How many streams may be open at once, in all and by address."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Scope

from linli_graphql.service.errors import RequestError
from linli_graphql.transport.budget import address_of
from linli_graphql.transport.options import Limits


class Admission:
    """Counts open sockets and event streams of this process; used on one event loop, so it needs no lock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._by_address.total()

    @contextmanager
    def admitted(self, scope: Scope) -> Iterator[None]:
        """Hold a place while a stream is open.

        Raises:
            RequestError: 503, no place is left; 429, none for this address.
        """
        address = address_of(scope)
        if len(self) >= self._limits.streams:
            raise RequestError.of(
                503, "TOO_MANY_STREAMS", "Too many streams are open; try again in a moment."
            )
        if self._by_address[address] >= self._limits.streams_per_address:
            raise RequestError.of(429, "TOO_MANY_STREAMS", "This address has too many open streams.")
        self._by_address[address] += 1
        try:
            yield
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
