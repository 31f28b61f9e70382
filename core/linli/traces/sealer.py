"""The sealer: gapless numbers and chain links for audit rows, outside the transactions that write them.

Chaining inside those transactions would make every writer queue at the newest row.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from linli.clock import now
from linli.model import audit, seal
from linli.traces.chain import GENESIS, Head, link_hash

SEAL_LOCK = 0x6C696E03
BATCH = 2000
LATE = 120_000  # milliseconds by which a row may be committed after its id was made


def seal_pending(connection: Connection, *, all_ages: bool = False) -> int:
    """Seal up to 2,000 audit rows in the order of their ids and return how many; 0 also where another seals.

    A row that is committed late gets the next number. Only rows made since shortly before the last seal
    are looked at, which is quick; `all_ages` looks at every row and finds those committed very late.
    """
    if not _alone(connection):
        return 0
    rows = connection.execute(_pending(connection, all_ages=all_ages)).all()
    if rows:
        connection.execute(insert(seal), _links(_last(connection), rows))
    return len(rows)


def current_head(connection: Connection) -> Head | None:
    """Return the newest link of the chain, None where nothing is sealed yet."""
    last = _last(connection)
    return Head(last.number, last.link, now()) if last else None


def _alone(connection: Connection) -> bool:
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock(SEAL_LOCK))).scalar_one())


def _last(connection: Connection) -> Row[Any] | None:
    return connection.execute(select(seal).order_by(seal.c.number.desc()).limit(1)).one_or_none()


def _pending(connection: Connection, *, all_ages: bool) -> Select[Any]:
    unsealed = select(audit.c.id, audit.c.hash).outerjoin(seal, seal.c.audit_id == audit.c.id)
    unsealed = unsealed.where(seal.c.audit_id.is_(None)).order_by(audit.c.id).limit(BATCH)
    newest = None if all_ages else _newest_sealed(connection)
    if newest is None:
        return unsealed
    # The lesser of the two, so that rows made after the clock was put back are found as well.
    return unsealed.where(audit.c.id >= _first_id(min(_made(newest), _millis(now())) - LATE))


def _newest_sealed(connection: Connection) -> str | None:
    """Return the greatest id among the last seals; the very last may be of a row committed late."""
    lately = select(seal.c.audit_id).order_by(seal.c.number.desc()).limit(100).subquery()
    newest: str | None = connection.execute(
        select(lately.c.audit_id).order_by(lately.c.audit_id.desc()).limit(1)
    ).scalar_one_or_none()
    return newest


def _made(row_id: str) -> int:
    return int(row_id[:8] + row_id[9:13], 16)


def _millis(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def _first_id(millis: int) -> str:
    text = f"{millis:012x}"
    return f"{text[:8]}-{text[8:]}-0000-0000-000000000000"


def _links(last: Row[Any] | None, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    before, previous = (last.number, last.link) if last else (0, GENESIS)
    links: list[dict[str, Any]] = []
    at = now()
    for number, row in enumerate(rows, before + 1):
        link = link_hash(number, row.id, row.hash, previous)
        links.append({"number": number, "audit_id": row.id, "previous": previous, "link": link, "at": at})
        previous = link
    return links
