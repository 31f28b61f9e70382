"""Territory: every path is its place's, every level stands below a wider one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    String,
    Table,
    cast,
    column,
    func,
    inspect,
    or_,
    select,
)
from sqlalchemy import table as named_table

from linli import model as t
from linli.config.model import SPINE
from linli.territory import scoped_tables
from linli.verify.findings import Finding, Findings

COMMUNITY = "community"


def verify_paths(connection: Connection) -> list[Finding]:
    """Find rows whose path is not their grid's, in every scoped table, those of disabled plugins too."""
    found = Findings()
    _tree(connection, found, t.grid, t.grid.c.path)
    _tree(connection, found, t.party_branch, t.party_branch.c.tree_path)
    existing = set(inspect(connection).get_table_names())
    for name in scoped_tables(connection):
        if name not in existing:
            found.add("verify.table_missing", table=name)
        elif name != t.grid.name:
            _placed(connection, found, name)
    unlisted = {one.name for one in t.metadata.tables.values() if one.info.get("scoped")} & existing
    for name in sorted(unlisted - set(scoped_tables(connection))):
        found.add("verify.table_unlisted", table=name)
    return found.all()


def _placed(connection: Connection, found: Findings, name: str) -> None:
    id_type = t.grid.c.id.type
    rows = named_table(name, column("id", id_type), column("grid_id", id_type), column("path"))
    place = t.grid.alias()
    joined = rows.outerjoin(place, place.c.id == rows.c.grid_id)
    _report(connection, found, joined, rows.c.id, name, "verify.no_grid", place.c.id.is_(None))
    _report(connection, found, joined, rows.c.id, name, "verify.path_differs", place.c.path != rows.c.path)


def _tree(connection: Connection, found: Findings, table: Table, path: ColumnElement[str]) -> None:
    above = table.alias()
    joined = table.outerjoin(above, above.c.id == table.c.parent_id)
    parent_path = func.coalesce(above.c[path.key or ""], "/")
    due = parent_path.concat(cast(table.c.key, String)).concat("/")
    _report(connection, found, joined, table.c.id, table.name, "verify.tree_differs", path != due)


def _report(
    connection: Connection,
    found: Findings,
    joined: FromClause,
    row_id: ColumnElement[Any],
    table: str,
    key: str,
    wrong: ColumnElement[bool],
) -> None:
    rows = select(row_id, func.count().over()).select_from(joined).where(wrong).order_by(row_id).limit(1)
    example = connection.execute(rows).one_or_none()
    if example is not None:
        found.add(key, table=table, count=example[1], id=example[0])


def verify_spine(connection: Connection, levels: Sequence[str] = SPINE) -> list[Finding]:
    """Find grids that stand below a closed one, a narrower level, or where their kind cannot stand.

    `levels` are those of the spine, from the widest to the narrowest.
    """
    found = Findings()
    cell, above = t.grid, t.grid.alias()
    kinds = select(
        cell.c.level,
        cell.c.spine,
        above.c.level.label("above"),
        above.c.spine.label("spine_above"),
        func.count().label("count"),
        func.min(cast(cell.c.id, String)).label("id"),
    )
    of_open = kinds.join(above, above.c.id == cell.c.parent_id).where(cell.c.valid_to.is_(None))
    for row in connection.execute(of_open.group_by(cell.c.level, cell.c.spine, above.c.level, above.c.spine)):
        if not _stands(row, levels):
            found.add("verify.level", level=row.level, above=row.above, count=row.count, id=row.id)
    closed = of_open.where(above.c.valid_to.is_not(None)).with_only_columns(
        func.count(), kinds.selected_columns.id
    )
    count, example = connection.execute(closed).one()
    if count:
        found.add("verify.closed_above", count=count, id=example)
    _rootless(connection, found, levels)
    return found.all()


def _stands(row: Any, levels: Sequence[str]) -> bool:
    if row.spine:
        known = row.level in levels and row.above in levels
        return bool(row.spine_above and known and levels.index(row.level) > levels.index(row.above))
    if not row.spine_above or COMMUNITY not in levels or row.above not in levels:
        return True
    return levels.index(row.above) >= levels.index(COMMUNITY)


def _rootless(connection: Connection, found: Findings, levels: Sequence[str]) -> None:
    root = t.grid.c
    side = select(root.id).where(
        root.parent_id.is_(None), or_(root.spine.is_(False), root.level.not_in(levels))
    )
    for row in connection.execute(side.where(root.valid_to.is_(None)).order_by(root.id).limit(1)):
        found.add("verify.side_root", id=row.id)
