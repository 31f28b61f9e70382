"""Rows being made, by table; written in bulk in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, insert

from linli.ids import uuid7
from linli.model import metadata

SINCE = date(2024, 1, 1)
CHUNK = 2_000

Row = dict[str, Any]


@dataclass
class Rows:
    """Collects rows; they are written in the order in which tables refer to each other."""

    at: datetime
    by_table: dict[Table, list[Row]] = field(default_factory=dict)

    def add(self, table: Table, **values: Any) -> Row:
        """Add a row with an id and times of its own and return it."""
        row: Row = {"id": uuid7(), "created_at": self.at, "updated_at": self.at, **values}
        if "valid_from" in table.c:
            row["valid_from"] = self.at
        if "since" in table.c:
            row["since"] = SINCE
        self.by_table.setdefault(table, []).append(row)
        return row

    def link(self, table: Table, **values: Any) -> None:
        """Add a row of a table that only joins two others."""
        self.by_table.setdefault(table, []).append(values)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(len(rows) for rows in self.by_table.values())

    def write(self, connection: Connection) -> Iterable[int]:
        """Insert everything; yields the number written so far."""
        done = 0
        for table in metadata.sorted_tables:
            rows = self.by_table.get(table, [])
            names = dict.fromkeys(name for row in rows for name in row)
            for start in range(0, len(rows), CHUNK):
                chunk = [{name: row.get(name) for name in names} for row in rows[start : start + CHUNK]]
                connection.execute(insert(table), chunk)
                done += len(chunk)
                yield done


def at(grid: Row) -> Row:
    """Return the columns of a row that stands at a grid."""
    return {"grid_id": grid["id"], "path": grid["path"]}
