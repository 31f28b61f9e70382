"""Posting: journals whose legs sum to nothing, each within the limits of its account.

Other plugins call these from their verbs, in the verb's transaction. Nothing here asks the policy: the verb
has done so, for its own rows. A journal is never changed; an error is put right by `reverse`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, TextClause, bindparam, insert, literal, select, text
from sqlalchemy.exc import IntegrityError

from linli.context import Context
from linli.database.sql import any_of
from linli.database.together import Step, together
from linli.errors import AlreadyExists, Invalid, NotFound, Refusal
from linli.importing.bulk import bulk_insert
from linli.model.types import IdList, Instant
from linli.verbs.inputs import NodeRef

from .hashing import LINE, Line, journal_hash
from .journals import Journal, Leg, check, falls_short, journal_row, lines_of, transfer
from .models import LARGEST, account, entry, hold, journal

__all__ = ["POSTED", "REVERSAL", "Journal", "Leg", "post", "reverse", "transfer"]

REVERSAL: Final = "reversal"
POSTED: Final = "ledger.post"
INSERT: Final = insert(journal).values({one.name: bindparam(one.name) for one in journal.c})
INSERT_LINE: Final = insert(entry).values({one.name: bindparam(one.name) for one in entry.c})
FEW: Final = 4  # lines up to which they travel with their journal
MANY: Final = 50  # lines from which on COPY is quicker than a statement

# One statement locks the accounts in the order of their ids, judges every limit by what it has locked, and
# moves all balances or none.
MOVE: Final[Mapping[str, TextClause]] = {
    "postgresql": text(
        """
        WITH leg AS MATERIALIZED (
            SELECT a.id, a.balance + given.amount AS due,
                a.book_id = CAST(:book_id AS uuid) AND a.valid_to IS NULL
                AND (given.amount > 0 OR a.lower_limit IS NULL
                     OR a.balance - a.held + given.amount >= a.lower_limit)
                AND (given.amount < 0 OR a.upper_limit IS NULL OR :restores
                     OR a.balance + given.amount <= a.upper_limit)
                AND abs(a.balance + given.amount) <= :largest AS fits
            FROM unnest(CAST(:ids AS uuid[]), CAST(:amounts AS bigint[])) AS given(id, amount)
            JOIN ledger__account AS a ON a.id = given.id
            ORDER BY a.id FOR NO KEY UPDATE OF a
        )
        UPDATE ledger__account AS a SET balance = leg.due, version = a.version + 1, updated_at = :at
        FROM leg
        WHERE a.id = leg.id AND (SELECT bool_and(fits) AND count(*) = :legs FROM leg)
        RETURNING CAST(a.id AS text) AS id, a.balance, CAST(a.grid_id AS text) AS grid_id
        """
    ).bindparams(bindparam("at", type_=Instant())),
    "sqlite": text(
        """
        WITH leg AS MATERIALIZED (
            SELECT a.id, a.balance + given.amount AS due,
                a.book_id = :book_id AND a.valid_to IS NULL
                AND (given.amount > 0 OR a.lower_limit IS NULL
                     OR a.balance - a.held + given.amount >= a.lower_limit)
                AND (given.amount < 0 OR a.upper_limit IS NULL OR :restores
                     OR a.balance + given.amount <= a.upper_limit)
                AND abs(a.balance + given.amount) <= :largest AS fits
            FROM (
                SELECT json_extract(one.value, '$[0]') AS id, json_extract(one.value, '$[1]') AS amount
                FROM json_each(:given) AS one
            ) AS given
            JOIN ledger__account AS a ON a.id = given.id
        )
        UPDATE ledger__account SET balance = leg.due, version = version + 1, updated_at = :at
        FROM leg
        WHERE ledger__account.id = leg.id AND (SELECT min(fits) = 1 AND count(*) = :legs FROM leg)
        RETURNING ledger__account.id AS id, balance, grid_id
        """
    ).bindparams(bindparam("at", type_=Instant())),
}


def post(ctx: Context, given: Journal, *path: str) -> str:
    """Post a journal and return its id; `path` is where in the input a refusal points.

    A refusal ends the deed, whose savepoint takes back whatever the deed has written before.

    Raises:
        Refusal: INSUFFICIENT_BALANCE or LIMIT_EXCEEDED, an account has not or may not have so much.
        AlreadyExists: the fact is booked already, or the journal is reversed already.
        NotFound: an account is not an open one of the book.
        ValueError: this is no journal; the program is at fault.
    """
    check(given)
    moved = _moved(ctx, given)
    if not moved:
        raise _refusal(ctx, given, path)
    row = journal_row(ctx.actor, ctx.at, given)
    lines = lines_of(given, {ident: one.balance for ident, one in moved.items()})
    digest = journal_hash(row, lines)
    few = lines if len(lines) <= FEW else ()
    steps = [Step(INSERT, row | {"hash": digest})]
    steps += [
        Step(INSERT_LINE, {"journal_id": row["id"], **dict(zip(LINE, one, strict=True))}) for one in few
    ]
    try:
        together(ctx.connection, steps)
    except IntegrityError as error:
        raise _known(error, path) from error
    if not few:
        _write_lines(ctx, row["id"], lines)
    # The audit's chain seals the journal along with the row that tells of it.
    ctx.audit(POSTED, NodeRef("journal", row["id"]), next(iter(moved.values())).grid_id, hash=digest)
    return str(row["id"])


def reverse(ctx: Context, journal_id: str, reason: str, *path: str) -> str:
    """Post the opposite of a journal, once; return the new journal's id.

    Raises:
        NotFound: there is no such journal.
        Invalid: it is a reversal itself, or took what was held: that was handed over.
        AlreadyExists: it is reversed already.
        Refusal: INSUFFICIENT_BALANCE, what was given has been spent meanwhile.
    """
    row = ctx.connection.execute(select(journal).where(journal.c.id == journal_id)).one_or_none()
    if row is None:
        raise NotFound(*path)
    if row.reverses_id is not None:
        raise Invalid("ledger.reversal_of_reversal", *path)
    if ctx.connection.execute(select(journal.c.id).where(journal.c.reverses_id == journal_id)).one_or_none():
        raise AlreadyExists("ledger.reversed_already", *path)
    if ctx.connection.execute(select(hold.c.id).where(hold.c.closed_by_id == journal_id)).one_or_none():
        raise Invalid("ledger.reversal_of_hold", *path)
    lines = select(entry).where(entry.c.journal_id == journal_id).order_by(entry.c.line)
    legs = [Leg(line.account_id, -line.amount) for line in ctx.connection.execute(lines)]
    opposite = Journal(row.book_id, REVERSAL, legs, reason=reason, reverses_id=journal_id, restores=True)
    return post(ctx, opposite, *path)


def _moved(ctx: Context, given: Journal) -> dict[str, Row[Any]]:
    """Move all balances; return id, balance and grid by account, nothing where one could not be moved."""
    if any(abs(leg.amount) > LARGEST for leg in given.legs):
        return {}
    dialect = ctx.connection.dialect.name
    pairs = [(leg.account_id, leg.amount) for leg in given.legs]
    if dialect == "postgresql":
        # As PostgreSQL writes arrays: the driver takes ten times as long to write a list down.
        ids, amounts = ("{" + ",".join(map(str, one)) + "}" for one in zip(*pairs, strict=True))
        legs = {"ids": ids, "amounts": amounts}
    else:
        legs = {"given": json.dumps(pairs)}
    values = legs | {
        "legs": len(pairs),
        "book_id": given.book_id,
        "restores": given.restores,
        "at": ctx.at,
        "largest": LARGEST,
    }
    return {row.id: row for row in ctx.connection.execute(MOVE[dialect], values).all()}


def _refusal(ctx: Context, given: Journal, path: tuple[str, ...]) -> Refusal:
    """Say why a journal could not be posted, by the accounts as they stand now, locked by the attempt."""
    c = account.c
    ids = literal([leg.account_id for leg in given.legs], IdList())
    of_book = select(account).where(any_of(c.id, ids), c.book_id == given.book_id, c.valid_to.is_(None))
    rows = {row.id: row for row in ctx.connection.execute(of_book)}
    if len(rows) < len(given.legs):
        return NotFound(*path)
    if any(falls_short(one := rows[leg.account_id], one.balance, leg.amount) for leg in given.legs):
        return Refusal("INSUFFICIENT_BALANCE", "ledger.not_enough", path)
    return Refusal("LIMIT_EXCEEDED", "ledger.too_much", path)


def _known(error: IntegrityError, path: tuple[str, ...]) -> Exception:
    """Return the refusal that a unique index means; any other fault as it is."""
    told = str(error.orig)
    if "reverses_id" in told:
        return AlreadyExists("ledger.reversed_already", *path)
    return AlreadyExists("ledger.booked_already", *path) if "source" in told else error


def _write_lines(ctx: Context, journal_id: str, lines: Sequence[Line]) -> None:
    if len(lines) < MANY:
        rows = [{"journal_id": journal_id, **dict(zip(LINE, line, strict=True))} for line in lines]
        ctx.connection.execute(insert(entry), rows)
        return
    bulk_insert(ctx.connection, entry, LINE, lines, {"journal_id": journal_id})
