"""How often personal values were looked at in clear text: by month, role and purpose, never by person."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from linli import model as t
from linli.clock import PLACE_ZONE

SMALLEST: Final = 5
OTHER: Final = "other"
NO_ROLE: Final = "none"


@dataclass(frozen=True, slots=True)
class AccessFigure:
    """Looks of a month in a role for a purpose; None where there were fewer than five, but some.

    Purposes that are named fewer than five times in the month are counted together as `other`.
    """

    month: str
    role: str
    purpose: str
    looks: int | None


def access_figures(connection: Connection) -> list[AccessFigure]:
    """Return the figures, the newest month first; who holds several roles is counted in each."""
    a = t.data_access.c
    month = _month(connection, a.at).label("month")
    looks = select(month, a.account_id, a.purpose, func.count().label("looks"))
    rows = connection.execute(looks.group_by(month, a.account_id, a.purpose)).all()
    named: Counter[tuple[str, str]] = Counter()
    for row in rows:
        named[row.month, row.purpose] += row.looks
    roles = _roles(connection)
    found: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        purpose = row.purpose if named[row.month, row.purpose] >= SMALLEST else OTHER
        for role in roles.get(row.account_id, {NO_ROLE}):
            found[row.month, role, purpose] += row.looks
    ordered = sorted(sorted(found.items()), key=lambda item: item[0][0], reverse=True)
    return [AccessFigure(*key, looks if looks >= SMALLEST else None) for key, looks in ordered]


def _roles(connection: Connection) -> dict[str, set[str]]:
    """Return the roles that accounts hold or once held; for figures the day does not matter."""
    a = t.assignment.c
    roles: dict[str, set[str]] = {}
    lookers = select(t.data_access.c.account_id)
    for row in connection.execute(select(a.account_id, a.role).where(a.account_id.in_(lookers))):
        roles.setdefault(row.account_id, set()).add(row.role)
    return roles


def _month(connection: Connection, at: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the month of an instant where the place is."""
    if connection.dialect.name == "postgresql":
        return func.to_char(func.timezone(PLACE_ZONE.key, at), "YYYY-MM")
    return func.strftime("%Y-%m", at, "+8 hours")
