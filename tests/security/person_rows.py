"""Rows about a person in every declared table, of whatever plugins there are, each word marked.

`MINE` marks what tells of the person, `OTHERS` what tells of somebody else in a row that the two share.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    insert,
    select,
)

from linli import model as t
from linli.clock import now
from linli.ids import uuid7
from linli.model.types import Id, Instant
from linli.privacy.declared import Personal, PersonalTable

MINE, OTHERS = "王的", "别人的"
SETTLED = {"core_grid", "core_resident", "core_account", "core_organization"}
LONGEST_WORD = 64
Row = dict[str, Any]


@dataclass
class Grower:
    """Makes rows; `made` holds one row of each table, to which others may refer."""

    connection: Connection
    personal: Personal
    person: Row
    other: Row
    made: dict[str, Row] = field(default_factory=dict)
    count: int = 0

    def grow(self) -> None:
        """Make a row of each table about the person alone, and one for each way shared with the other."""
        self.made |= {"core_grid": self._first(t.grid), "core_resident": self.person["core_resident"]}
        self.made["core_account"] = self.person["core_account"]
        for table in t.metadata.sorted_tables:
            if table.name in SETTLED or table.name not in self._needed():
                continue
            one = self.personal.found.get(table.name)
            ways = list(one.ways) if one else []
            self.made[table.name] = self._insert(table, one, dict.fromkeys(ways, self.person))
            for mine in ways if len(ways) > 1 else ():
                shared = {way: self.person if way == mine else self.other for way in ways}
                self._insert(table, one, shared)

    def _needed(self) -> set[str]:
        """The declared tables, and those that they cannot do without."""
        needed = set(self.personal.found)
        for table in reversed(t.metadata.sorted_tables):
            if table.name in needed:
                needed |= {key.column.table.name for c in table.c if not c.nullable for key in c.foreign_keys}
        return needed

    def _first(self, table: Table) -> Row:
        return dict(
            self.connection.execute(select(table).where(table.c.level == "grid")).mappings().first() or {}
        )

    def _insert(self, table: Table, one: PersonalTable | None, whose: dict[str, dict[str, Row]]) -> Row:
        self.count += 1
        row = {column.name: self._value(column, one, whose) for column in table.c}
        if "path" in row:
            row |= {"grid_id": self.made["core_grid"]["id"], "path": self.made["core_grid"]["path"]}
        self.connection.execute(insert(table).values(row))
        return row

    def _value(self, column: Column[Any], one: PersonalTable | None, whose: dict[str, Any]) -> Any:
        if one is not None and column.name in one.ways:
            target = one.ways[column.name]
            return self._of(whose[column.name], target)
        kind = column.type
        if isinstance(kind, Id):
            return self._reference(column)
        if free(column):
            words = f"{self._mark(column, one, whose)}:{column.table.name}.{column.name} {self.count}"
            return {"said": words} if isinstance(kind, JSON) else words
        return self._plain(column)

    def _of(self, who: dict[str, Row], target: str) -> str:
        """Return the id of somebody's row in a table: the other's rows in plugins are new ids."""
        row = who.get(target) or (self.made.get(target) if who is self.person else None)
        return str(row["id"]) if row else self._another(target)

    def _another(self, target: str) -> str:
        table = t.metadata.tables[target]
        one = self.personal.found[target]
        return str(self._insert(table, one, dict.fromkeys(one.ways, self.other))["id"])

    def _reference(self, column: Column[Any]) -> str | None:
        key = next(iter(column.foreign_keys), None)
        if key is not None:
            row = self.made.get(key.column.table.name)
            return None if column.nullable or row is None else str(row["id"])
        return None if column.nullable else uuid7()

    def _mark(self, column: Column[Any], one: PersonalTable | None, whose: dict[str, Any]) -> str:
        said = next((each for each in one.fields if each.column == column.name), None) if one else None
        if one is None or said is None:
            return "nobody"
        way = one.whose(said)
        return MINE if way is None or whose[way] is self.person else OTHERS

    def _plain(self, column: Column[Any]) -> Any:
        kind: Any = column.type
        if column.nullable and not isinstance(kind, String):
            return None
        if isinstance(kind, Instant):
            return now()
        if isinstance(kind, Date):
            return date(2026, 1, self.count % 28 + 1)
        if isinstance(kind, Boolean):
            return False
        if isinstance(kind, Integer | Numeric):
            return self.count + 100
        if isinstance(kind, LargeBinary):
            return b""
        return f"w{self.count}"[: kind.length or 8]


def free(column: Column[Any]) -> bool:
    """Whether people write into a column what they like."""
    kind = column.type
    if column.name in ("path", "old_path") or isinstance(kind, Id | Instant):
        return False
    return isinstance(kind, JSON) or (
        isinstance(kind, String) and (kind.length is None or kind.length > LONGEST_WORD)
    )


def marked(personal: Personal, erase: Sequence[str]) -> Iterator[str]:
    """Yield the marks of the person's words in columns that erasure treats so."""
    for one in personal.tables:
        for said in one.fields:
            column = one.table.c[said.column]
            if one.table.name not in SETTLED and free(column) and said.erase in erase:
                yield f"{MINE}:{one.table.name}.{said.column}"


def everything(connection: Connection, tables: Sequence[Table]) -> str:
    """Return all rows of tables as one text."""
    told = []
    for table in tables:
        told += [f"{table.name} {tuple(row)!r}" for row in connection.execute(select(table))]
    return "\n".join(told)


def day_of(value: datetime) -> date:
    """Return the date of an instant."""
    return value.date()
