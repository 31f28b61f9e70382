"""What a journal is before it is written: its legs, what must hold of them, and the rows that come of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from linli.ids import uuid7
from linli.policy import Actor
from linli.verbs.inputs import NodeRef

from .hashing import Line
from .models import KIND_LENGTH, LARGEST, REASON_LENGTH


@dataclass(frozen=True, slots=True)
class Leg:
    """So much to one account, or from it where the amount is negative."""

    account_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class Journal:
    """What is to be posted.

    Attributes:
        kind: what happened, in the words of the plugin that posts, such as `earn`.
        source: the fact that is booked; the same fact is booked once for each kind.
        detail: what explains the entries: texts, whole numbers and lists of them, never a personal value.
        restores: it gives back what was there before, so that no upper limit stands against it.
        own: the actor is the account's owner; the journal then keeps no actor, so that an owner who is taken
            off the account is not found by it.
    """

    book_id: str
    kind: str
    legs: Sequence[Leg]
    source: NodeRef | None = None
    reason: str = ""
    reverses_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    restores: bool = False
    own: bool = False


def transfer(book_id: str, kind: str, amount: int, *, out_of: str, into: str, **more: Any) -> Journal:
    """Return the journal that moves an amount from one account to another.

    Raises:
        ValueError: the amount is not above nothing, so that it would go the other way.
    """
    if amount <= 0:
        raise ValueError(f"no journal: a transfer of {amount}")
    return Journal(book_id, kind, (Leg(out_of, -amount), Leg(into, amount)), **more)


def check(given: Journal) -> None:
    """Refuse what is no journal.

    Raises:
        ValueError: the program is at fault.
    """
    amounts = [leg.amount for leg in given.legs]
    if len(amounts) < 2 or sum(amounts) != 0 or 0 in amounts:
        raise ValueError(f"no journal: the legs are {amounts}")
    if len({leg.account_id for leg in given.legs}) < len(amounts):
        raise ValueError("no journal: an account stands in it twice")
    if len(given.kind) > KIND_LENGTH or len(given.reason) > REASON_LENGTH:
        raise ValueError("no journal: its kind or its reason is too long")
    if not _is_plain(given.detail):
        raise ValueError("no journal: its detail may hold texts, whole numbers and lists of them by name")


def _is_plain(value: Any) -> bool:
    """Whether every database gives a value back as it was hashed; fractions are not given back so."""
    if isinstance(value, Mapping):
        return all(isinstance(name, str) and _is_plain(one) for name, one in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, int):
        return abs(value) <= LARGEST
    return value is None or isinstance(value, str)


def falls_short(row: Row[Any], balance: int, amount: int) -> bool:
    """Whether an account that stands at `balance` has not so much, less what is held of it."""
    if row.lower_limit is None:
        return amount < 0 and balance + amount < -LARGEST
    return amount < 0 and balance - int(row.held) + amount < int(row.lower_limit)


def runs_over(row: Row[Any], balance: int, amount: int, *, restores: bool) -> bool:
    """Whether an account that stands at `balance` may not have so much."""
    most = LARGEST if row.upper_limit is None or restores else row.upper_limit
    return amount > 0 and balance + amount > most


def lines_of(given: Journal, balances: Mapping[str, int]) -> list[Line]:
    """Return the lines of a journal, where `balances` are those after it."""
    return [
        (number, leg.account_id, leg.amount, balances[leg.account_id])
        for number, leg in enumerate(given.legs, 1)
    ]


def journal_row(actor: Actor, at: datetime, given: Journal) -> dict[str, Any]:
    """Return the columns of a new journal, `hash` excepted."""
    return {
        "id": uuid7(),
        "book_id": given.book_id,
        "kind": given.kind,
        "source_type": given.source.type if given.source else None,
        "source_id": given.source.id if given.source else None,
        "reverses_id": given.reverses_id,
        "reason": given.reason,
        "actor_id": None if given.own else actor.account_id,
        "at": at,
        "detail": dict(given.detail),
    }
