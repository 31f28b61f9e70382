"""What ends with a network or with a person who leaves; deeds and reactions share it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, update

from linli.clock import today

from .models import help_, member, shift, space

OPEN_HELP = help_.c.valid_to.is_(None)


def change_all(
    connection: Connection, at: datetime, table: Table, rows: ColumnElement[bool], **values: Any
) -> Sequence[Row[Any]]:
    """Change rows at once, one version on, and return them."""
    stamped = values | {"updated_at": at, "version": table.c.version + 1}
    return connection.execute(update(table).where(rows).values(stamped).returning(table)).all()


def end_members(connection: Connection, at: datetime, rows: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """End memberships that last."""
    return change_all(connection, at, member, rows & member.c.until.is_(None), until=today())


def cancel_shifts(connection: Connection, at: datetime, rows: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Cancel shifts of today and later days."""
    coming = shift.c.until > today()
    return change_all(connection, at, shift, rows & coming, state="cancelled", until=today())


def withdraw_help(connection: Connection, at: datetime, rows: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Withdraw help that is asked or offered and not done."""
    return change_all(connection, at, help_, rows & OPEN_HELP, state="withdrawn", valid_to=at)


def end_network(connection: Connection, at: datetime, network_id: str) -> None:
    """End what stands in a network that is closed."""
    end_members(connection, at, member.c.network_id == network_id)
    cancel_shifts(connection, at, shift.c.network_id == network_id)
    withdraw_help(connection, at, help_.c.network_id == network_id)
    spaces = (space.c.network_id == network_id) & space.c.valid_to.is_(None)
    change_all(connection, at, space, spaces, valid_to=at)
