"""What moving, merging and splitting grids have in common, and the preview of what they touch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Row,
    TableClause,
    column,
    func,
    insert,
    inspect,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import table as named_table

from linli import model as t
from linli import rollup
from linli.clock import today
from linli.context import Context
from linli.policy import Range
from linli.territory import ancestor_keys, lock_grid, lock_subtree, move_subtree, scoped_tables

TERRITORY_LOCK = 0x6C696E02


@dataclass(frozen=True, slots=True)
class GridImpact:
    """What a change of territory would touch: numbers of open rows, counted and not changed."""

    grids: int
    residents: int
    records: int
    accounts: int


def lock_territory(ctx: Context) -> None:
    """Let one change of territory happen at a time; ordinary writers are not held up by this."""
    if ctx.connection.dialect.name == "postgresql":
        ctx.connection.execute(select(func.pg_advisory_xact_lock(TERRITORY_LOCK)))


def relocate_subtree(ctx: Context, row: Row[Any], target: Row[Any]) -> None:
    """Rewrite the paths of a grid and all below it, and carry its counts to the new ancestors."""
    lock_subtree(ctx.connection, row.path)
    parent = row.path[: row.path[:-1].rindex("/") + 1]
    rollup.shift(ctx.connection, row.path, parent, target.path)
    move_subtree(ctx.connection, row.path, f"{target.path}{row.key}/")


def transfer(ctx: Context, row: Row[Any], target: Row[Any]) -> None:
    """Give everything that stands at a grid itself, not below it, to another grid, with its counts."""
    lock_subtree(ctx.connection, row.path)
    rollup.fold(ctx.connection, wait=True)
    for name in scoped_tables(ctx.connection):
        if name not in (t.grid.name, t.rollup_delta.name):
            _transfer_rows(ctx.connection, name, row, target)
    for table, names in _REFERENCES.items():
        _transfer_references(ctx.connection, table, names, row.id, target.id)
    _transfer_counts(ctx.connection, row, target)


def _transfer_rows(connection: Connection, name: str, row: Row[Any], target: Row[Any]) -> None:
    rows = named_table(name, column("grid_id", t.grid.c.id.type), column("path"))
    statement = update(rows).where(rows.c.grid_id == row.id)
    connection.execute(statement.values(grid_id=target.id, path=target.path))


_REFERENCES: dict[Any, tuple[str, ...]] = {
    t.assignment: ("anchor_grid_id",),
    t.coverage: ("side_grid_id", "spine_grid_id"),
    t.branch_coverage: ("covered_grid_id",),
    t.project_grid: ("served_grid_id",),
    t.relationship: ("subject_id", "object_id"),
}


def _transfer_references(
    connection: Connection, table: Any, names: tuple[str, ...], old: str, new: str
) -> None:
    """Point references at the successor; a row that says the same already is left at the closed grid."""
    for name in names:
        keys = [c for c in table.primary_key.columns if c.name != name]
        twin = table.alias()
        same: ColumnElement[bool] = (
            select(twin.c[name]).where(twin.c[name] == new, *(twin.c[c.name] == c for c in keys)).exists()
        )
        statement = update(table).where(table.c[name] == old)
        doubled = _held_already(new) if table is t.assignment else same
        connection.execute(statement.where(~doubled).values({name: new}))
    if table is t.assignment:
        left = update(table).where(table.c.anchor_grid_id == old, table.c.until.is_(None))
        connection.execute(left.values(until=today()))


def _held_already(new: str) -> ColumnElement[bool]:
    a, other = t.assignment.c, t.assignment.alias()
    return (
        select(other.c.id)
        .where(
            other.c.account_id == a.account_id,
            other.c.role == a.role,
            other.c.anchor_grid_id == new,
            other.c.until.is_(None),
            a.until.is_(None),
        )
        .exists()
    )


def _transfer_counts(connection: Connection, row: Row[Any], target: Row[Any]) -> None:
    key = row.key
    counts = connection.execute(
        select(t.rollup.c.metric, t.rollup.c.value).where(t.rollup.c.grid_key == key, t.rollup.c.value != 0)
    ).all()
    old = [int(part) for part in row.path.strip("/").split("/")]
    new = [int(part) for part in target.path.strip("/").split("/")]
    for metric, value in counts:
        rollup.add_along(connection, [one for one in old if one not in new], metric, -value)
        rollup.add_along(connection, [one for one in new if one not in old], metric, value)


def succeed(ctx: Context, row: Row[Any], target: Row[Any], kind: str) -> None:
    """Write down what became of a grid."""
    values = {"predecessor_id": row.id, "successor_id": target.id, "kind": kind, "at": ctx.at}
    ctx.connection.execute(insert(t.succession).values(values))


def close_emptied(ctx: Context, row: Row[Any]) -> None:
    """Close a grid whose contents were given away in this transaction."""
    now = ctx.connection.execute(select(t.grid).where(t.grid.c.id == row.id)).one()
    ctx.change("grid", now, {"valid_to": ctx.at})


def contents(ctx: Context, row: Row[Any]) -> dict[str, int]:
    """Return how many open rows stand in a grid or below it, by table, zeros left out."""
    lock_subtree(ctx.connection, row.path)
    names = (n for n in scoped_tables(ctx.connection) if n not in (t.rollup_delta.name, t.grid.name))
    counted = {name: number for name in names if (number := _open_rows(ctx.connection, name, row.path))}
    below = Range.below(row.path)
    g = t.grid.c
    grids = select(func.count()).where(g.path > row.path, g.path < below.high, g.valid_to.is_(None))
    number = ctx.connection.execute(grids).scalar_one()
    return counted | ({t.grid.name: number} if number else {})


def _open_rows(connection: Connection, name: str, path: str) -> int:
    known = t.metadata.tables.get(name)
    rows = known if known is not None else _stranger(connection, name)
    below = Range.below(path)
    statement = select(func.count()).where(rows.c.path >= below.low, rows.c.path < below.high)
    if "valid_to" in rows.c:
        statement = statement.where(rows.c.valid_to.is_(None))
    if "until" in rows.c:
        statement = statement.where(_lasting(rows.c.until))
    return int(connection.execute(statement).scalar_one())


def _stranger(connection: Connection, name: str) -> TableClause:
    """A table of a disabled plugin, as the database knows it."""
    return named_table(name, *(column(one["name"]) for one in inspect(connection).get_columns(name)))


def impact(connection: Connection, grid_ids: Sequence[str], to_id: str | None = None) -> GridImpact:
    """Return what a change of these grids would touch, `to_id` being where they go; nothing is changed.

    Raises:
        NotFound: one of the grids does not exist or is closed.
    """
    paths = _outermost({lock_grid(connection, one).path for one in grid_ids})
    names = [name for name in scoped_tables(connection) if name != t.rollup_delta.name]
    records = {name: sum(_open_rows(connection, name, path) for path in paths) for name in names}
    target = lock_grid(connection, to_id).path if to_id is not None else None
    return GridImpact(
        records[t.grid.name],
        records[t.resident.name],
        sum(records.values()),
        _accounts_seeing(connection, paths, target),
    )


def _outermost(paths: Iterable[str]) -> list[str]:
    """Return the paths that lie below no other, so that nothing is counted twice."""
    found: list[str] = []
    for path in sorted(paths):
        if not found or not path.startswith(found[-1]):
            found.append(path)
    return found


def _accounts_seeing(connection: Connection, paths: Sequence[str], target: str | None) -> int:
    """Count the accounts that could lose sight, or gain it where the grids go.

    They hold a role at a grid that changes, above it or below it; or where it goes, or above there.
    """
    a, g = t.assignment.c, t.grid.c
    keys = {key for path in (*paths, *([target] if target else ())) for key in ancestor_keys(path)}
    inside = [(g.path >= below.low) & (g.path < below.high) for below in map(Range.below, paths)]
    statement = select(func.count(a.account_id.distinct())).join(t.grid, g.id == a.anchor_grid_id)
    near = or_(g.key.in_(keys), *inside)
    return int(connection.execute(statement.where(near, _lasting(a.until))).scalar_one())


def _lasting(until: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(until.is_(None), until > literal(today(), Date()))
