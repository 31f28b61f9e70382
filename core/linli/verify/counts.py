"""Counts by grid against a recount of the rows that they count."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, select

from linli import model as t
from linli.counts import core_counts
from linli.territory import ancestor_keys
from linli.verify.findings import Finding, Findings


def verify_counts(connection: Connection, counts: Mapping[str, Select[Any]] | None = None) -> list[Finding]:
    """Find grids whose count of a metric, pending deltas included, is not what a recount gives.

    `counts` holds, by metric, the statement of (path, amount) rows from which it can be recounted; the
    core's if left out. The connection must see one moment (`linli.verify.snapshot`).
    """
    found = Findings()
    names = {row.key: row for row in connection.execute(select(t.grid.c.key, t.grid.c.id, t.grid.c.name))}
    for metric, statement in (core_counts() if counts is None else counts).items():
        kept, due = _kept(connection, metric), _folded(connection, statement)
        wrong = sorted(key for key in kept.keys() | due.keys() if kept[key] != due[key])
        if wrong:
            key = wrong[0]
            name = names[key].name if key in names else f"key {key}"
            found.add(
                "verify.count", metric=metric, count=len(wrong), grid=name, kept=kept[key], due=due[key]
            )
    return found.all()


def _kept(connection: Connection, metric: str) -> Counter[int]:
    r, d = t.rollup.c, t.rollup_delta.c
    rows = connection.execute(select(r.grid_key, r.value).where(r.metric == metric))
    kept = Counter({row.grid_key: row.value for row in rows})
    pending = _folded(connection, select(d.path, d.amount).where(d.metric == metric))
    kept.update(pending)
    return kept


def _folded(connection: Connection, statement: Select[Any]) -> Counter[int]:
    """Add (path, amount) rows up the ancestors."""
    rows = statement.subquery()
    path, amount = rows.c
    sums: Counter[int] = Counter()
    for row_path, value in connection.execute(select(path, func.sum(amount)).group_by(path)):
        for key in ancestor_keys(row_path):
            sums[key] += int(value)
    return sums
