"""References that the database itself does not watch, and open rows that point to closed ones."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, FromClause, Table, func, inspect, or_, select, text

from linli import model as t
from linli.clock import today
from linli.verify.findings import Finding, Findings

NODES: Mapping[str, Table] = {
    "grid": t.grid,
    "party_branch": t.party_branch,
    "organization": t.organization,
    "resident": t.resident,
    "household": t.household,
    "dwelling": t.dwelling,
    "project": t.project,
}


def verify_references(connection: Connection, tables: Iterable[Table] | None = None) -> list[Finding]:
    """Find references to rows that are not there, and open rows that refer to closed nodes.

    `tables` are those whose foreign keys are followed, the core's if left out.
    """
    found = Findings()
    if connection.dialect.name == "sqlite":
        _foreign_keys(connection, found)
    _soft(connection, found)
    existing = set(inspect(connection).get_table_names())
    for table in t.metadata.sorted_tables if tables is None else tables:
        if table.name in existing:
            for column in table.columns:
                _open_to_closed(connection, found, column)
    _derived(connection, found)
    return found.all()


def _foreign_keys(connection: Connection, found: Findings) -> None:
    """PostgreSQL keeps foreign keys in any case; SQLite only for connections that ask for it."""
    for table, row, target, _ in connection.execute(text("PRAGMA foreign_key_check")):
        found.add("verify.foreign_key", table=table, row=row, target=target)


def _soft(connection: Connection, found: Findings) -> None:
    h, e = t.household.c, t.event.c
    _missing(connection, found, h.head_id, t.resident)
    _missing(connection, found, e.grid_id, t.grid)
    r = t.relationship.c
    for name, table in NODES.items():
        _missing(connection, found, r.subject_id, table, r.subject_type == name)
        _missing(connection, found, r.object_id, table, r.object_type == name)


def _missing(
    connection: Connection, found: Findings, column: Column[Any], target: Table, *where: ColumnElement[bool]
) -> None:
    there = target.alias()
    joined = column.table.outerjoin(there, there.c.id == column)
    lost = (column.is_not(None), there.c.id.is_(None), *where)
    _report(connection, found, "verify.reference", column, target, joined, lost)


def _open_to_closed(connection: Connection, found: Findings, column: Column[Any]) -> None:
    table = column.table
    opened = [table.c[name].is_(None) for name in ("valid_to", "until") if name in table.c]
    for key in column.foreign_keys:
        if opened and "valid_to" in key.column.table.c:
            there = key.column.table.alias()
            joined = table.join(there, there.c[key.column.name] == column)
            closed: list[ColumnElement[bool]] = [*opened, there.c.valid_to.is_not(None)]
            if key.column.table is t.resident:  # the pseudonym of somebody erased: what is open ends by rule
                closed.append(there.c.closed_reason.is_distinct_from("erased"))
            _report(connection, found, "verify.closed_reference", column, key.column.table, joined, closed)


def _derived(connection: Connection, found: Findings) -> None:
    """A role that follows from a post ends with it."""
    a, p = t.assignment, t.post
    ended = (p.c.until <= today(), or_(a.c.until.is_(None), a.c.until > p.c.until))
    joined = a.join(p, p.c.id == a.c.post_id)
    _report(connection, found, "verify.role_outlives_post", a.c.post_id, p, joined, ended)


def _report(
    connection: Connection,
    found: Findings,
    key: str,
    column: Column[Any],
    target: FromClause,
    joined: FromClause,
    where: Iterable[ColumnElement[bool]],
) -> None:
    table = column.table
    first = next(iter(table.primary_key))
    rows = select(first, func.count().over()).select_from(joined).where(*where).order_by(first).limit(1)
    example = connection.execute(rows).one_or_none()
    if example is not None:
        found.add(
            key,
            table=table.name,
            column=column.name,
            target=getattr(target, "name", ""),
            count=example[1],
            id=example[0],
        )
