"""The list of erased persons outside the database: a restored copy must not bring them back.

One line each, appended and never changed: the id, and its HMAC under a key of the deployment, as audit heads
are signed. There is nothing else of the person in it.
"""

import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, select

from linli import model as t
from linli.privacy.erasure import ERASED


class ErasedListError(Exception):
    """A line of the list was changed, or signed with another key."""


@dataclass(frozen=True, slots=True)
class ErasedList:
    """Where the list is kept, and the key that signs it (`erased_key`)."""

    path: Path
    key: bytes = field(repr=False)

    def read(self) -> tuple[str, ...]:
        """Return the ids in the list.

        Raises:
            ErasedListError: a whole line has a wrong signature; a torn last line is passed over.
        """
        try:
            text = self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return ()
        lines = text.split("\n")
        for number, line in enumerate(lines[:-1], 1):
            one, _, sign = line.partition(" ")
            if not hmac.compare_digest(sign.encode(), self._sign(one).encode()):
                raise ErasedListError(f"{self.path}, line {number}: the signature does not fit")
        return tuple(dict.fromkeys(line.partition(" ")[0] for line in lines[:-1]))

    def add(self, resident_ids: list[str]) -> int:
        """Append the ids that the list lacks, on disk when this returns; return how many there were."""
        known = set(self.read())
        new = [one for one in resident_ids if one not in known]
        if new:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "rb+") as file:
                text = file.read()
                file.truncate(text.rfind(b"\n") + 1)  # a line that a crash left unfinished
                file.write("".join(f"{one} {self._sign(one)}\n" for one in new).encode())
                file.flush()
                os.fsync(file.fileno())
        return len(new)

    def _sign(self, resident_id: str) -> str:
        return hmac.digest(self.key, resident_id.encode(), "sha256").hex()


def erased_key(deployment_key: bytes) -> bytes:
    """Return the key that signs the list; it opens nothing else."""
    return hmac.digest(deployment_key, b"linli erased persons", "sha256")


def erased_ids(connection: Connection) -> list[str]:
    """Return the ids of all who are erased in this database."""
    r = t.resident.c
    return list(connection.execute(select(r.id).where(r.closed_reason == ERASED).order_by(r.id)).scalars())
