"""Counts by grid, exact at any moment, without a write ever queueing at an ancestor's row.

On PostgreSQL a write appends to `core_rollup_delta`; `fold` adds the rows up the ancestors; readers add
what is pending. SQLite has one writer, so it adds up at once.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, delete, func, insert, literal, select, text
from sqlalchemy.dialects import postgresql, sqlite

from linli.database.together import Step, together
from linli.errors import NotFound
from linli.ids import uuid7
from linli.model import grid, rollup, rollup_delta
from linli.territory import ancestor_keys

FOLD_LOCK = 0x6C696E01

FOLD = text(
    """
    WITH taken AS (DELETE FROM core_rollup_delta RETURNING path, metric, amount),
    sums AS (
        SELECT part::int AS grid_key, metric, sum(amount) AS amount
        FROM taken, unnest(string_to_array(trim(BOTH '/' FROM path), '/')) AS part
        GROUP BY 1, 2 ORDER BY 1, 2
    )
    INSERT INTO core_rollup AS r (grid_key, metric, value)
    SELECT grid_key, metric, amount FROM sums
    ON CONFLICT (grid_key, metric) DO UPDATE SET value = r.value + excluded.value
    """
)


APPEND = text(
    """
    INSERT INTO core_rollup_delta (id, grid_id, path, metric, amount)
    SELECT CAST(:id AS uuid), id, path, :metric, :amount FROM core_grid
    WHERE id = CAST(:grid_id AS uuid) AND valid_to IS NULL FOR SHARE RETURNING path
    """
)
ADD_UP = text(
    """
    INSERT INTO core_rollup (grid_key, metric, value)
    SELECT part.value, :metric, :amount
    FROM core_grid, json_each('[' || replace(trim(core_grid.path, '/'), '/', ',') || ']') AS part
    WHERE core_grid.id = :grid_id AND valid_to IS NULL
    ON CONFLICT (grid_key, metric) DO UPDATE SET value = value + excluded.value RETURNING grid_key
    """
)


def add(connection: Connection, grid_id: str, metric: str, amount: int) -> None:
    """Count `amount` more of `metric` at a grid and so at everything above it.

    Raises:
        NotFound: the grid does not exist or is closed.
    """
    together(connection, [count_step(connection.dialect, grid_id, metric, amount)])


def count_step(dialect: Dialect, grid_id: str, metric: str, amount: int) -> Step:
    """Return the statement that counts; its refusal is that there is no such open grid."""
    values = {"grid_id": grid_id, "metric": metric, "amount": amount}
    if dialect.name == "postgresql":
        return Step(APPEND, values | {"id": uuid7()}, NotFound("grid"))
    return Step(ADD_UP, values, NotFound("grid"))


def add_along(connection: Connection, keys: list[int], metric: str, amount: int) -> None:
    """Add to the counts of the grids with these keys, now."""
    rows = [{"grid_key": key, "metric": metric, "value": amount} for key in sorted(keys)]
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        statement: Any = postgresql.insert(rollup)
    else:
        statement = sqlite.insert(rollup)
    statement = statement.on_conflict_do_update(
        index_elements=[rollup.c.grid_key, rollup.c.metric],
        set_={"value": rollup.c.value + statement.excluded.value},
    )
    connection.execute(statement, rows)


def fold(connection: Connection, *, wait: bool = False) -> bool:
    """Add the pending deltas up the ancestors; return whether this call held the folder's lock.

    One folder works at a time; without `wait`, another one's work is left to it.
    """
    if connection.dialect.name != "postgresql":
        return True
    if wait:
        connection.execute(select(func.pg_advisory_xact_lock(FOLD_LOCK)))
    elif not connection.execute(select(func.pg_try_advisory_xact_lock(FOLD_LOCK))).scalar_one():
        return False
    connection.execute(FOLD)
    return True


def shift(connection: Connection, moved: str, old_parent: str, new_parent: str) -> None:
    """Take a subtree's counts from its old ancestors and give them to the new ones.

    The caller holds the subtree's grid rows, so no delta of it can be pending after the fold.
    """
    fold(connection, wait=True)
    key = ancestor_keys(moved)[-1]
    values = connection.execute(select(rollup.c.metric, rollup.c.value).where(rollup.c.grid_key == key)).all()
    old, new = ancestor_keys(old_parent), ancestor_keys(new_parent)
    for metric, value in values:
        add_along(connection, [one for one in old if one not in new], metric, -value)
        add_along(connection, [one for one in new if one not in old], metric, value)


def counted(metric: str, key: Any, path: Any) -> ColumnElement[int]:
    """Return the expression of one exact count: what is folded and what is pending below the path."""
    name = literal(metric, literal_execute=True)
    folded = (
        select(rollup.c.value)
        .where(rollup.c.grid_key == key, rollup.c.metric == name)
        .correlate_except(rollup)
        .scalar_subquery()
    )
    high = func.substr(path, 1, func.length(path) - 1).concat("0")
    pending = (
        select(func.coalesce(func.sum(rollup_delta.c.amount), 0))
        .where(rollup_delta.c.metric == name, rollup_delta.c.path >= path, rollup_delta.c.path < high)
        .correlate_except(rollup_delta)
        .scalar_subquery()
    )
    return func.coalesce(folded, 0) + pending


def count(connection: Connection, grid_id: str, metric: str) -> int:
    """Return the exact count of a metric at a grid and below."""
    place = connection.execute(select(grid.c.key, grid.c.path).where(grid.c.id == grid_id)).one()
    return int(connection.execute(select(counted(metric, place.key, literal(place.path)))).scalar_one())


def recount(connection: Connection, counts: Mapping[str, Any]) -> None:
    """Rebuild all counts from statements that give (path, amount) rows, one a metric, in one transaction."""
    fold(connection, wait=True)
    if connection.dialect.name == "postgresql":
        # Who has counted and not committed is waited for; who counts from here on waits.
        connection.execute(text("LOCK TABLE core_rollup_delta IN SHARE ROW EXCLUSIVE MODE"))
        connection.execute(FOLD)
    connection.execute(delete(rollup))
    for metric, statement in counts.items():
        sums: dict[int, int] = {}
        for path, amount in connection.execute(statement):
            for key in ancestor_keys(path):
                sums[key] = sums.get(key, 0) + amount
        rows = [{"grid_key": key, "metric": metric, "value": value} for key, value in sums.items()]
        if rows:
            connection.execute(insert(rollup), rows)
