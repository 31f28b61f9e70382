"""The retention job: what has been kept for its declared period is deleted or emptied, on the day."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Date, Select, Table, and_, or_, select, type_coerce

from linli import model as t
from linli.clock import PLACE_ZONE
from linli.context import Context
from linli.model.types import Id, Instant
from linli.plugins.personal import WITH_THE_PERSON, ended_before
from linli.privacy.declared import PersonalField, PersonalTable, read_personal
from linli.privacy.emptying import delete_rows, empty_rows
from linli.privacy.following import typed

BATCH = 500


@dataclass(frozen=True, slots=True)
class Due:
    """Columns of one table whose period is over after the same time, and what is to be done to the rows."""

    table: PersonalTable
    fields: tuple[PersonalField, ...]

    @property
    def name(self) -> str:
        """How the report names it."""
        return f"{self.table.table.name}: {', '.join(field.column for field in self.fields)}"


def periods(ctx: Context) -> tuple[Due, ...]:
    """Return what has a period, deletions first."""
    found = []
    for one in read_personal(ctx.connection).tables:
        groups: dict[tuple[str, str | None, str | None, bool], list[PersonalField]] = {}
        for field in one.fields:
            if field.keep != WITH_THE_PERSON and field.erase != "keep":
                deletes = field.erase == "delete"
                groups.setdefault((field.keep, field.after, one.whose(field), deletes), []).append(field)
        found += [Due(one, tuple(fields)) for fields in groups.values()]
    return tuple(sorted(found, key=lambda due: due.fields[0].erase != "delete"))


def end_period(ctx: Context, due: Due, day: date) -> int:
    """Empty or delete at most 500 rows whose period is over on a day; return how many there were.

    Rows that an open request names, or the person who made it, wait until it is decided.
    """
    field = due.fields[0]
    rows = and_(_over(due.table.table, field, day), _not_held(due.table, field))
    if field.erase == "delete":
        return delete_rows(ctx.connection, due.table.table, rows, BATCH)
    return empty_rows(ctx.connection, due.table, due.fields, rows, ctx.at, BATCH)


def run_daily(
    day: date, do: Callable[[Callable[[Context], int]], int], dues: tuple[Due, ...]
) -> Iterator[tuple[Due, int]]:
    """Do all that is due on a day, batch by batch, each in a transaction that `do` opens; yield figures."""
    for due in dues:
        total, done = 0, BATCH
        while done == BATCH:
            done = do(lambda ctx, due=due: end_period(ctx, due, day))  # type: ignore[misc]  # bound on purpose
            total += done
        yield due, total


def _over(table: Table, field: PersonalField, day: date) -> ColumnElement[bool]:
    last = ended_before(field.keep, day)
    after = table.c[field.after or ""]
    if isinstance(after.type, Date):
        return type_coerce(after, Date()) <= last
    return type_coerce(after, Instant()) < datetime.combine(last + timedelta(days=1), time(), PLACE_ZONE)


def _not_held(one: PersonalTable, field: PersonalField) -> ColumnElement[bool]:
    r = t.data_request.c
    is_open = r.state == "open"
    found: list[ColumnElement[bool]] = []
    if "id" in one.table.c:
        named = select(r.about_id).where(is_open, r.about_id.is_not(None))
        found.append(typed(one.table, "id").not_in(named))
    people: Select[tuple[str]] = select(r.resident_id).where(is_open)
    if one.table.name == t.resident.name:
        found.append(one.table.c.id.not_in(people))
    elif (way := one.whose(field)) is not None:
        column = type_coerce(one.table.c[way], Id())
        if one.ways[way] == t.account.name:
            people = select(t.account.c.id).where(t.account.c.resident_id.in_(people))
        if one.ways[way] in (t.account.name, t.resident.name):
            found.append(or_(column.is_(None), column.not_in(people)))
    return and_(*found)
