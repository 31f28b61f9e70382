"""Counts of many new rows, added up the ancestors at once."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from linli import model as t
from linli import rollup
from linli.importing.bulk import bulk_insert
from linli.territory import ancestor_keys


def add_counts(
    connection: Connection, metric: str, by_path: Mapping[str, int], new_from: int | None = None
) -> None:
    """Count what stands at each path there and above it.

    Grids with keys from `new_from` on are new in this transaction, so nobody has counted anything there yet.
    The caller holds the grids of the paths, or has just made them.
    """
    sums: dict[int, int] = {}
    for path, amount in by_path.items():
        for key in ancestor_keys(path):
            sums[key] = sums.get(key, 0) + amount
    fresh = {key: n for key, n in sums.items() if new_from is not None and key >= new_from}
    insert_counts(connection, metric, fresh.items())
    rollup.fold(connection, wait=True)  # its lock keeps the folder from the same rows
    for amount in sorted({n for key, n in sums.items() if key not in fresh}):
        rollup.add_along(
            connection, [k for k, n in sums.items() if n == amount and k not in fresh], metric, amount
        )


def insert_counts(connection: Connection, metric: str, counts: Iterable[tuple[int, int]]) -> None:
    """Write the counts of grids that have none of this metric."""
    bulk_insert(connection, t.rollup, ("grid_key", "value"), counts, {"metric": metric})
