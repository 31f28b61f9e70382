"""What deeds that change or end rows have in common."""

from datetime import date
from typing import Any

from sqlalchemy import Row, func, select

from linli.clock import today
from linli.context import Context
from linli.errors import Invalid
from linli.search import tokens
from linli.verbs.inputs import Input

TREE_LOCK = 0x6C696E04


def given(data: Input, fixed: tuple[str, ...], free: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the fields that an update changes: what is left out stays.

    Null empties a field of `free`; in a field of `fixed`, which is never empty, it changes nothing.
    """
    names = data.model_fields_set
    kept = {name: getattr(data, name) for name in fixed if name in names}
    return {name: value for name, value in kept.items() if value is not None} | {
        name: getattr(data, name) for name in free if name in names
    }


def searchable(values: dict[str, Any], name: str = "name") -> dict[str, Any]:
    """Return the values with the search tokens of their name, where it is among them."""
    return values | {"search": tokens(values[name])} if name in values else values


def ended_on(row: Row[Any], until: date | None) -> date:
    """Return the day on which a tie ends: today, or a day given that lies between its first day and today.

    Raises:
        Invalid: the tie had not begun on that day, or the day has not come.
    """
    if until is None:
        return today()
    if not row.since <= until <= today():
        raise Invalid("error.end_day", "until", since=row.since.isoformat())
    return until


def lock_trees(ctx: Context) -> None:
    """Let one change of who stands below whom happen at a time, so that two together make no circle."""
    if ctx.connection.dialect.name == "postgresql":
        ctx.connection.execute(select(func.pg_advisory_xact_lock(TREE_LOCK)))
