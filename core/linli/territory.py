"""The one door of `path`: whoever places a row takes its path from the grid's row, locked.

Without the lock, a writer beside a mover leaves rows in the wrong place.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Row,
    Table,
    and_,
    bindparam,
    column,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy import table as named_table

from linli.database.together import Step, together
from linli.errors import NotFound
from linli.model import grid, scoped_table
from linli.model.types import Id
from linli.policy import Range

OPEN_GRID = and_(grid.c.id == bindparam("at", type_=Id()), grid.c.valid_to.is_(None))
LOCKED_GRID = select(grid).where(OPEN_GRID).with_for_update(read=True)


def place_row(connection: Connection, table: Table, grid_id: str, values: dict[str, Any]) -> str:
    """Insert one row at a grid and return the path it got.

    Raises:
        NotFound: the grid does not exist or is closed.
    """
    step = Step(
        _placing(table, tuple(values)), {f"new_{name}": one for name, one in values.items()} | {"at": grid_id}
    )
    (row,) = together(connection, [step])
    if row is None:
        raise NotFound("grid")
    return str(row[0])


@lru_cache(maxsize=256)
def _placing(table: Table, names: tuple[str, ...]) -> Executable:
    typed = [bindparam(f"new_{name}", type_=table.c[name].type) for name in names]
    source = select(*typed, grid.c.id, grid.c.path).where(OPEN_GRID).with_for_update(read=True)
    return insert(table).from_select([*names, "grid_id", "path"], source).returning(table.c.path)


@lru_cache(maxsize=256)
def locked_place(table: Table) -> Executable:
    """Return the statement that share-locks the grid of the row whose id is bound as `row`."""
    place = select(table.c.grid_id).where(table.c.id == bindparam("row", type_=Id())).scalar_subquery()
    return select(grid.c.id).where(grid.c.id == place).with_for_update(read=True)


def relocate(connection: Connection, table: Table, rows: ColumnElement[bool], grid_id: str) -> str:
    """Give the placed rows that `rows` selects another grid and return their new path.

    Raises:
        NotFound: the grid does not exist or is closed.
    """
    place = lock_grid(connection, grid_id)
    connection.execute(update(table).where(rows).values(grid_id=place.id, path=place.path))
    return str(place.path)


def lock_grid(connection: Connection, grid_id: str) -> Row[Any]:
    """Return an open grid's row, share-locked so that it cannot move before this transaction ends.

    Raises:
        NotFound: the grid does not exist or is closed.
    """
    row = connection.execute(LOCKED_GRID, {"at": grid_id}).one_or_none()
    if row is None:
        raise NotFound("grid")
    return row


def next_key(connection: Connection, table: Table) -> int:
    """Return an unused key for a grid or a party branch; keys are small integers and never used again."""
    if connection.dialect.name == "postgresql":
        # The lock lives until commit, so that two makers of grids do not take one key.
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(literal(f"{table.name}.key")))))
    return int(connection.execute(select(func.coalesce(func.max(table.c.key), 0) + 1)).scalar_one())


def ancestor_keys(path: str) -> list[int]:
    """Return the keys along a path, outermost first, the place itself last."""
    return [int(part) for part in path.split("/") if part]


def move_subtree(connection: Connection, old: str, new: str) -> int:
    """Rewrite the paths below `old` to begin with `new`, in every scoped table; return the rows touched.

    The caller holds the subtree's grid rows (`lock_subtree`).
    """
    touched = 0
    for name in scoped_tables(connection):
        touched += connection.execute(_rewrite(name), _rewrite_values(old, new)).rowcount
    return touched


def lock_subtree(connection: Connection, path: str) -> list[str]:
    """Lock the grids below a path, in the order of their ids, and return those ids."""
    below = Range.below(path)
    statement = select(grid.c.id).where(grid.c.path >= below.low, grid.c.path < below.high)
    return list(connection.execute(statement.order_by(grid.c.id).with_for_update()).scalars())


def scoped_tables(connection: Connection) -> list[str]:
    """Return the names of all tables that carry a path, those of disabled plugins too; grids come first."""
    names = connection.execute(select(scoped_table.c.name).order_by(scoped_table.c.name)).scalars()
    return [grid.name, *(name for name in names if name != grid.name)]


def _rewrite(name: str) -> Any:
    rows = named_table(name, column("path"))
    return (
        update(rows)
        .where(rows.c.path >= bindparam("low"), rows.c.path < bindparam("high"))
        .values(path=bindparam("new").concat(func.substr(rows.c.path, bindparam("start"))))
    )


def _rewrite_values(old: str, new: str) -> dict[str, Any]:
    below = Range.below(old)
    return {"low": below.low, "high": below.high, "new": new, "start": len(old) + 1}


def common_ancestor(connection: Connection, path: str, other: str) -> Row[Any]:
    """Return the lowest grid above or at both paths, or the first path's root where they share none."""
    ours, theirs = ancestor_keys(path), set(ancestor_keys(other))
    shared = [key for key in ours if key in theirs] or ours[:1]
    return connection.execute(select(grid).where(grid.c.key == shared[-1])).one()
