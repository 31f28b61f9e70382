"""Reading whole books: each journal with its entries, as it was hashed, and the export of all that."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TextIO

from sqlalchemy import Connection, select, text

from .hashing import CANONICAL, digest, journal_hash, journal_text
from .models import account, entry, hold

FETCH: Final = 2000
COLUMNS: Final = (
    *("id", "book_id", "kind", "source_type", "source_id", "reverses_id"),
    *("reason", "actor_id", "at", "detail", "hash"),
)
# The server joins the lines: a million rows of entries would take ten times as long to carry over.
POSTGRESQL: Final = """
        SELECT CAST(j.id AS text), CAST(j.book_id AS text), j.kind, j.source_type, CAST(j.source_id AS text),
            CAST(j.reverses_id AS text), j.reason, CAST(j.actor_id AS text),
            to_char(j.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), CAST(j.detail AS text), j.hash,
            line.texts, line.total, line.legs
        FROM ledger__journal AS j LEFT JOIN (
            SELECT e.journal_id, sum(e.amount) AS total, count(*) AS legs, string_agg(
                '[' || e.line || ',"' || e.account_id || '",' || e.amount || ',' || e.balance || ']',
                ',' ORDER BY e.line
            ) AS texts FROM ledger__entry AS e GROUP BY e.journal_id
        ) AS line ON line.journal_id = j.id
"""
# What the database itself finds in order need not be carried over; whatever else is judged here.
DOUBTFUL: Final[Mapping[str, str]] = {
    "postgresql": """
        WHERE (j.detail = '{}' AND line.legs > 1 AND line.total = 0 AND j.hash = encode(sha256(convert_to(
            '{"actor_id":' || coalesce(CAST(to_json(j.actor_id) AS text), 'null')
            || ',"at":"' || to_char(j.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
            || '","book_id":"' || j.book_id || '","detail":{},"id":"' || j.id
            || '","kind":' || CAST(to_json(j.kind) AS text) || ',"lines":[' || line.texts
            || '],"reason":' || CAST(to_json(j.reason) AS text)
            || ',"reverses_id":' || coalesce(CAST(to_json(j.reverses_id) AS text), 'null')
            || ',"source_id":' || coalesce(CAST(to_json(j.source_id) AS text), 'null')
            || ',"source_type":' || coalesce(CAST(to_json(j.source_type) AS text), 'null') || '}', 'UTF8'
        )), 'hex')) IS NOT TRUE
    """,
    "sqlite": """
        WHERE (j.detail = '{}' AND line.legs > 1 AND line.total = 0 AND j.hash = linli_digest(
            '{"actor_id":' || json_quote(j.actor_id) || ',"at":' || json_quote(j.at)
            || ',"book_id":' || json_quote(j.book_id) || ',"detail":{},"id":' || json_quote(j.id)
            || ',"kind":' || json_quote(j.kind) || ',"lines":[' || line.texts
            || '],"reason":' || json_quote(j.reason) || ',"reverses_id":' || json_quote(j.reverses_id)
            || ',"source_id":' || json_quote(j.source_id)
            || ',"source_type":' || json_quote(j.source_type) || '}'
        )) IS NOT TRUE
    """,
}
ORDERED: Final = " ORDER BY j.id"
SQLITE: Final = """
        SELECT j.id, j.book_id, j.kind, j.source_type, j.source_id, j.reverses_id, j.reason, j.actor_id,
            j.at, j.detail, j.hash, line.texts, line.total, line.legs
        FROM ledger__journal AS j LEFT JOIN (
            SELECT e.journal_id, sum(e.amount) AS total, count(*) AS legs, group_concat(
                '[' || e.line || ',"' || e.account_id || '",' || e.amount || ',' || e.balance || ']'
            ) AS texts FROM (SELECT * FROM ledger__entry ORDER BY journal_id, line) AS e GROUP BY e.journal_id
        ) AS line ON line.journal_id = j.id
"""
EVERY: Final = {"postgresql": text(POSTGRESQL + ORDERED), "sqlite": text(SQLITE + ORDERED)}
SOME: Final = {
    "postgresql": text(POSTGRESQL + DOUBTFUL["postgresql"] + ORDERED),
    "sqlite": text(SQLITE + DOUBTFUL["sqlite"] + ORDERED),
}


@dataclass(frozen=True, slots=True)
class Stored:
    """A journal as it is stored.

    Attributes:
        values: its columns.
        lines: its entries as the inside of a list in JSON.
        total: the sum of its entries.
        legs: how many entries there are.
    """

    values: Mapping[str, Any]
    lines: str
    total: int
    legs: int

    @property
    def text(self) -> str:
        """What its hash is made of."""
        return journal_text(self.values, self.lines)


def journals(connection: Connection, *, doubtful: bool = False) -> Iterator[Stored]:
    """Yield every journal, oldest first; `doubtful` leaves out what the database finds to be in order."""
    statement = (SOME if doubtful else EVERY)[connection.dialect.name]
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.create_function("linli_digest", 1, digest, deterministic=True)
    for row in connection.execute(statement, execution_options={"yield_per": FETCH}):
        *columns, lines, total, legs = row
        values = dict(zip(COLUMNS, columns, strict=True))
        values["detail"] = {} if values["detail"] == "{}" else json.loads(values["detail"])
        yield Stored(values, lines or "", int(total or 0), legs or 0)


def is_as_written(connection: Connection, stored: Stored) -> bool:
    """Whether a journal has the hash with which it was written."""
    if digest(stored.text) == stored.values["hash"]:
        return True
    # SQLite does not promise in which order it joins texts; before a journal is blamed, it is read in order.
    c = entry.c
    lines = select(c.line, c.account_id, c.amount, c.balance).where(c.journal_id == stored.values["id"])
    ordered = [(one.line, one.account_id, one.amount, one.balance) for one in connection.execute(lines)]
    return bool(journal_hash(stored.values, sorted(ordered)) == stored.values["hash"])


def export_books(connection: Connection, file: TextIO) -> int:
    """Write one line of JSON for each account, for each hold, then for each journal; return how many lines.

    A line is `{"account": {id, book_id, kind, balance, held}}`, `{"hold": {columns}}` or
    `{"journal": {columns, lines}, "hash": …}`, where a line of a journal is the list
    `[line, account_id, amount, balance]`. `scripts/verify_books.py` reads it. The connection must see one
    moment (`linli.verify.snapshot`).
    """
    lines = 0
    c = account.c
    accounts = select(c.id, c.book_id, c.kind, c.balance, c.held).order_by(c.id)
    for name, rows in (("account", accounts), ("hold", select(hold).order_by(hold.c.id))):
        for row in connection.execute(rows.execution_options(yield_per=FETCH)):
            file.write(f'{{"{name}":{CANONICAL.encode(row._asdict())}}}\n')
            lines += 1
    for stored in journals(connection):
        file.write(f'{{"journal":{stored.text},"hash":{CANONICAL.encode(stored.values["hash"])}}}\n')
        lines += 1
    return lines
