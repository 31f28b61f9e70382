"""Expiry by a published rule: what came in long ago and was not spent lapses, the oldest first.

A scheme says what its rule is and calls `expire`, for instance from a command; nothing here runs by itself.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, Row, literal, select

from linli.clock import day_of
from linli.context import Context
from linli.database.sql import any_of
from linli.model.types import IdList
from linli.verbs.inputs import NodeRef

from .accounts import own_account
from .batches import Batch, locked
from .journals import transfer
from .models import account, entry, journal

EXPIRE: Final = "expire"
EXPIRED: Final = "expired"  # the book's own account into which things lapse; `open_book` is told of it
BATCH: Final = 500  # accounts of one transaction


@dataclass(frozen=True, slots=True)
class Rule:
    """A book's rule: what comes in lapses so many months later.

    What was there before the rule was in force counts as having come in on that day. A rule never takes
    away what an earlier one has promised: what came in under `before` lapses by the later of both.

    Attributes:
        months: None where nothing lapses any more.
        since: the first day on which the rule is in force.
        before: the rule that it took the place of.
    """

    months: int | None
    since: date
    before: "Rule | None" = None

    def lapses(self, earned: date) -> date | None:
        """Return the day from which on something that came in on a day is gone; None where it stays."""
        if self.months is None:
            return None
        own = _later(max(earned, self.since), self.months)
        if self.before is None or earned >= self.since:
            return own
        promised = self.before.lapses(earned)
        return None if promised is None else max(own, promised)


def _later(day: date, months: int) -> date:
    """Return the same day so many months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Move:
    """One entry of an account, as expiry sees it.

    Attributes:
        undoes: the earlier entry that this one takes back. What such an entry took comes back as old as it
            was, and what it brought goes before anything else.
    """

    id: str
    day: date
    amount: int
    undoes: str | None = None


@dataclass(slots=True)
class _Lot:
    day: date
    left: int
    origin: str


def lapsing(moves: Iterable[Move], rule: Rule, day: date, held: int = 0) -> int:
    """Return how much of an account lapses on a day, where `moves` are all its entries, the oldest first.

    Whatever goes out is taken from what came in first, and so is what is `held`: it lapses only when it is
    given back.
    """
    lots: list[_Lot] = []
    taken: dict[str, list[_Lot]] = {}
    for move in moves:
        if move.amount < 0:
            taken[move.id] = _take(lots, -move.amount, move.undoes)
        elif move.undoes in taken:
            lots += taken.pop(move.undoes)
            lots.sort(key=lambda lot: lot.day)
        else:
            lots.append(_Lot(move.day, move.amount, move.id))
    _take(lots, held, None)
    gone = (lot.left for lot in lots if (end := rule.lapses(lot.day)) is not None and end <= day)
    return sum(gone)


def _take(lots: list[_Lot], amount: int, origin: str | None) -> list[_Lot]:
    """Take an amount out of the lots, first of what `origin` brought; return what was taken."""
    taken = []
    for lot in sorted(lots, key=lambda lot: lot.origin != origin):
        part = min(lot.left, amount)
        if part:
            taken.append(_Lot(lot.day, part, lot.origin))
            lot.left -= part
            amount -= part
    lots[:] = [lot for lot in lots if lot.left]
    return taken


@dataclass(frozen=True, slots=True)
class Expired:
    """What one batch did.

    Attributes:
        journals: how many were posted.
        after: where the next batch goes on; None where there is none.
    """

    journals: int
    after: str | None


def expire(
    ctx: Context, book: Row[Any], rule: Rule, day: date, *, after: str | None = None, batch: int = BATCH
) -> Expired:
    """Let lapse what is due on a day in the next accounts of a book; the caller commits each batch.

    Each account has a journal of the kind `expire` of its own, into the book's account `expired`, once a day.
    The accounts are those of persons and organisations; go on with `after` until it is None.
    """
    members = _next(ctx.connection, book.id, after, batch)
    if not members:
        return Expired(0, None)
    into = own_account(ctx, book.id, EXPIRED)
    rows = locked(ctx.connection, [*members, into])
    done = _sources(ctx.connection, book.id, [_source(one, day) for one in members])
    given = Batch(ctx.at, rows)
    for ident, moves in _moves(ctx.connection, members).items():
        source = _source(ident, day)
        row = rows[ident]
        # What is not there cannot lapse, nor what must stay there.
        amount = min(
            lapsing(moves, rule, day, row.held), row.balance - row.held - max(row.lower_limit or 0, 0)
        )
        if amount > 0 and row.valid_to is None and source not in done:
            why = {"day": day.isoformat(), "months": rule.months, "since": rule.since.isoformat()}
            fact = NodeRef("expiry", source)
            lapse = transfer(book.id, EXPIRE, amount, out_of=ident, into=into, source=fact, detail=why)
            given.post(ctx.actor, lapse, request_id=ctx.request_id)
    given.write(ctx.connection)
    return Expired(len(given.rows.get(journal, ())), members[-1] if len(members) == batch else None)


def _next(connection: Connection, book_id: str, after: str | None, batch: int) -> Sequence[str]:
    c = account.c
    owned = c.resident_id.is_not(None) | c.organization_id.is_not(None)
    members = select(c.id).where(c.book_id == book_id, c.valid_to.is_(None), owned, c.balance > c.held)
    if after is not None:
        members = members.where(c.id > after)
    return connection.execute(members.order_by(c.id).limit(batch)).scalars().all()


def _source(account_id: str, day: date) -> str:
    """Return the fact that an account was looked at on a day, always the same one."""
    return str(uuid5(UUID(account_id), day.isoformat()))


def _sources(connection: Connection, book_id: str, sources: Sequence[str]) -> set[str]:
    j = journal.c
    of_these = any_of(j.source_id, literal(sources, IdList()))
    booked = select(j.source_id).where(
        j.book_id == book_id, j.kind == EXPIRE, j.source_type == "expiry", of_these
    )
    return set(connection.execute(booked).scalars())


def _moves(connection: Connection, members: Sequence[str]) -> dict[str, list[Move]]:
    """Return the entries of accounts, the oldest first."""
    e, j = entry.c, journal.c
    undone = journal.alias("undone")
    rows = (
        select(e.account_id, e.journal_id, e.amount, j.at, j.reverses_id, undone.c.kind)
        .join(journal, j.id == e.journal_id)
        .outerjoin(undone, undone.c.id == j.reverses_id)
        .where(any_of(e.account_id, literal(list(members), IdList())))
        .order_by(e.account_id, e.journal_id)
    )
    found: dict[str, list[Move]] = {}
    for row in connection.execute(rows):
        # Who is given back what had lapsed has it from that day on: or else it would lapse again at once.
        undoes = None if row.kind == EXPIRE else row.reverses_id
        move = Move(row.journal_id, day_of(row.at), row.amount, undoes)
        found.setdefault(row.account_id, []).append(move)
    return found
