"""Which imports have begun, how far they came, and which were broken off."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from linli.clock import now
from linli.ids import uuid7
from linli.model import import_run


@dataclass(frozen=True, slots=True)
class Run:
    """One file being imported; `resumed` says that an earlier attempt was broken off."""

    id: str
    resumed: bool

    @classmethod
    def begin(cls, connection: Connection, kind: str, file_hash: str, account_id: str | None) -> "Run":
        """Note that a file's import begins, or goes on."""
        c = import_run.c
        earlier = select(c.id).where(c.kind == kind, c.file_hash == file_hash, c.state == "running")
        found = connection.execute(earlier.limit(1)).scalar_one_or_none()
        if found is not None:
            return cls(found, resumed=True)
        run = cls(uuid7(), resumed=False)
        values = {"id": run.id, "kind": kind, "file_hash": file_hash, "account_id": account_id}
        connection.execute(insert(import_run).values(**values, state="running", rows_done=0, at=now()))
        return run

    def reach(self, connection: Connection, rows: int, *, finished: bool) -> None:
        """Note how many rows are done, in the transaction that wrote them."""
        values = {"rows_done": rows, "state": "done" if finished else "running", "at": now()}
        connection.execute(update(import_run).where(import_run.c.id == self.id).values(values))
