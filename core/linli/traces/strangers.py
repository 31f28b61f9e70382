"""What was refused to those who did not sign in: counted, for a row each would let them fill the disk."""

from collections import Counter
from typing import Final

from sqlalchemy import Connection

from linli.policy import Actor
from linli.traces.addresses import kept_address
from linli.traces.audit import AuditEntry, write_audit

KINDS: Final = 1000  # of deed and network within a minute; beyond it addresses are not told apart


class Strangers:
    """Refusals since the last count; the server's workers write them down each minute, and as it stops.

    A server that is killed loses what it has counted since: the deeds were refused, and nothing was done.
    """

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str | None]] = Counter()

    def note(self, action: str, resource: str, address: str | None) -> None:
        """Count one refused deed; call it on the event loop."""
        key = (action, resource, kept_address(address, Actor()))
        self._counts[key if len(self._counts) < KINDS else (action, resource, None)] += 1

    def taken(self) -> Counter[tuple[str, str, str | None]]:
        """Return what was counted, and begin anew."""
        counts, self._counts = self._counts, Counter()
        return counts

    def give_back(self, counts: Counter[tuple[str, str, str | None]]) -> None:
        """Count again what could not be written."""
        self._counts.update(counts)


def write_strangers(connection: Connection, counts: Counter[tuple[str, str, str | None]]) -> None:
    """Write one audit row for each kind of refusal, with how often it came."""
    for (action, resource, address), repeats in counts.items():
        network = address and address.partition("/")[0]
        entry = AuditEntry(
            Actor(), action, "refused", resource, reason="UNAUTHENTICATED", repeats=repeats, address=network
        )
        write_audit(connection, entry)
