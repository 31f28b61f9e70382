"""Rotation of the deployment's key: every person's key wrapped anew, every blind index made anew.

It goes by what the database holds, not by what plugins declare, so that it reaches the tables of disabled
plugins too: a sealed value is three columns `<name>_cipher`, `<name>_masked` and `<name>_blind`, in
`core_resident` or in a table whose `resident_id` says whose it is.
"""

import fcntl
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Connection,
    LargeBinary,
    Row,
    Select,
    String,
    TableClause,
    bindparam,
    column,
    func,
    inspect,
    select,
    table,
    update,
)

from linli import model as t
from linli.database.database import Database
from linli.keys import ID_BYTES
from linli.model.types import Id
from linli.vault import Vault

BATCH: Final = 500
BLIND: Final = "_blind"
Progress = Callable[[str, int, int], None]


class RotationRunsError(Exception):
    """Another process is changing the keys."""


@dataclass(frozen=True)
class SealedColumns:
    """The columns of a sealed value, as the database has them."""

    rows: TableClause
    name: str

    @property
    def field(self) -> str:
        """The name under which its blind index is made."""
        return f"{self.rows.name}.{self.name}"

    @property
    def person(self) -> str:
        """The column that says whose it is."""
        return "id" if self.rows.name == t.resident.name else "resident_id"


@contextmanager
def alone(key_file: Path) -> Iterator[None]:
    """Hold the key file against others that would change it.

    Raises:
        RotationRunsError: somebody else holds it.
    """
    with key_file.with_name(f"{key_file.name}.lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RotationRunsError from None
        yield


def uses(connection: Connection) -> Counter[str]:
    """Return how many stored forms each key has made, by the key's id in hexadecimal digits."""
    found: Counter[str] = Counter()
    ident = func.substr(t.resident.c.data_key, 2, ID_BYTES)
    keyed = select(ident, func.count()).where(t.resident.c.data_key.is_not(None)).group_by(ident)
    for one, number in connection.execute(keyed):
        found[bytes(one).hex()] += number
    for sealed in sealed_columns(connection):
        blind = sealed.rows.c[f"{sealed.name}_blind"]
        start = func.substr(blind, 1, 2 * ID_BYTES)
        for one, number in connection.execute(
            select(start, func.count()).where(blind.is_not(None)).group_by(start)
        ):
            found[str(one)] += number
    return found


def renew(database: Database, vault: Vault, progress: Progress) -> int:
    """Wrap and index with the newest key what another one has made; return how many forms were made anew.

    Each batch is a transaction; a run that was killed is gone on with by another. Rows that change meanwhile
    are left to who changes them: the present keys are known to every process that reads the key file.
    """
    newest = vault.ring.newest.id.hex()
    with database.begin() as connection:
        columns = sealed_columns(connection)
        total = sum(number for ident, number in uses(connection).items() if ident != newest)
    done = 0
    for batch in (_keys_of, *(_indexes_of(one) for one in columns)):
        last = ""
        while True:
            with database.begin() as connection:
                last, changed = batch(connection, vault, last)
            done += changed
            progress("rotate", done, max(total, done))
            if not last:
                break
    return done


def sealed_columns(connection: Connection) -> list[SealedColumns]:
    """Return every sealed value that the database has columns for."""
    looked, found = inspect(connection), []
    for name in sorted(looked.get_table_names()):
        names = {str(one["name"]) for one in looked.get_columns(name)}
        for one in sorted(names):
            base = one.removesuffix(BLIND)
            if one.endswith(BLIND) and f"{base}_cipher" in names:
                found.append(SealedColumns(_table(name, base), base))
    return found


def _table(name: str, base: str) -> TableClause:
    cipher, blind = column(f"{base}_cipher", LargeBinary), column(f"{base}_blind", String)
    return table(name, column("id", Id), column("resident_id", Id), cipher, blind)


def _keys_of(connection: Connection, vault: Vault, after: str) -> tuple[str, int]:
    r, newest = t.resident.c, vault.ring.newest.id
    old = select(r.id, r.data_key).where(func.substr(r.data_key, 2, ID_BYTES) != newest)
    rows = _page(connection, old, r.id, after)
    changed = [{"row": one.id, "old": one.data_key, "new": vault.rewrapped(one.data_key)} for one in rows]
    statement = update(t.resident).where(r.id == bindparam("row"), r.data_key == bindparam("old"))
    return _write(connection, statement.values(data_key=bindparam("new")), changed)


def _indexes_of(one: SealedColumns) -> Callable[[Connection, Vault, str], tuple[str, int]]:
    def batch(connection: Connection, vault: Vault, after: str) -> tuple[str, int]:
        c, whose = one.rows.c, t.resident.alias()
        cipher, blind = c[f"{one.name}_cipher"], c[f"{one.name}_blind"]
        old = (
            select(c.id, cipher.label("cipher"), blind.label("blind"), whose.c.data_key)
            .join(whose, whose.c.id == c[one.person])
            .where(func.substr(blind, 1, 2 * ID_BYTES) != vault.ring.newest.id.hex())
            .where(cipher.is_not(None), whose.c.data_key.is_not(None))
        )
        changed = [
            {"row": row.id, "old": row.blind, "new": vault.blind(one.field, _clear(vault, row))}
            for row in _page(connection, old, c.id, after)
        ]
        statement = update(one.rows).where(c.id == bindparam("row"), blind == bindparam("old"))
        return _write(connection, statement.values({blind.name: bindparam("new")}), changed)

    return batch


def _clear(vault: Vault, row: Row[Any]) -> str:
    return vault.decrypt(row.data_key, row.cipher)


def _page(connection: Connection, statement: Select[Any], ident: Any, after: str) -> Sequence[Row[Any]]:
    rest = statement.where(ident > after) if after else statement
    return connection.execute(rest.order_by(ident).limit(BATCH)).all()


def _write(connection: Connection, statement: Any, changed: list[dict[str, Any]]) -> tuple[str, int]:
    """Write a batch where its rows are still as they were; return the last id, empty after the last batch."""
    if changed:
        connection.execute(statement, changed)
    return (str(changed[-1]["row"]) if len(changed) == BATCH else ""), len(changed)
