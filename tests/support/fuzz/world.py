"""A small, rich world for random documents: rows of every table, closed ones too, and many callers."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Table, insert

from linli.clock import today
from linli.model import metadata
from linli.search import tokens
from tests.policies.worlds import Row, World

NAMES: Final = (
    "王一",
    "李二",
    "张三丰",
    "赵 四",
    'O"Neil',
    "back\\slash",
    "it's",
    "行\n列",
    "𠮷田",
    "Zoë",
    "{a}",
    "a/b",
)
WORDS: Final = ("阳光", "城南", "Sunny", "花园", "服务", "Team 7", "党群", "邻里", "100%", "_x_")


@dataclass
class RichWorld(World):
    """Rows with every column filled; `tokens` are what the callers sign in with, by name."""

    tokens: dict[str, str] = field(default_factory=dict)

    def add(self, table: str, **values: Any) -> Row:
        made = self.instant()
        row = {"id": self.id(), "created_at": made, "updated_at": made, "valid_from": made, **values}
        columns = _table(table).c
        if "version" in columns:
            row.setdefault("version", self.random.randint(1, 9))
        if "search" in columns:
            row["search"] = tokens(row.get("name") or row.get("label") or "")
        whole = {column.key: row.get(column.key) for column in columns}
        self.rows.setdefault(table, []).append(whole)
        return whole

    def instant(self) -> datetime:
        at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=self.random.randrange(700))
        return at + timedelta(milliseconds=self.random.choice((0, 7, 120, 999, 86_399_999)))

    def day(self) -> date:
        return date(2024, 1, 1) + timedelta(days=self.random.randrange(700))

    def until(self) -> date | None:
        """Mostly not ended; ended long ago or today; or to end on a day far ahead."""
        ends = (today() - timedelta(days=400), today(), today() + timedelta(days=4000))
        return self.random.choice(ends) if self.random.random() < 0.35 else None

    def closed(self) -> datetime | None:
        return self.instant() if self.random.random() < 0.2 else None

    def called(self, *words: str) -> str:
        return "".join(self.random.choice(part) for part in (words or WORDS, NAMES))

    def some(self, table: str, chance: float = 0.6) -> str | None:
        return self.pick(table)["id"] if self.random.random() < chance else None

    def any(self, *values: Any) -> Any:
        return self.random.choice(values)


def store(world: World, connection: Connection) -> None:
    """Insert every row, tables in the order of their keys."""
    for table in metadata.sorted_tables:
        if rows := world.rows.get(name_of(table)):
            connection.execute(insert(table), rows)


def name_of(table: Table) -> str:
    """Return under which name a world keeps a table's rows."""
    return table.name.removeprefix("core_")


def _table(name: str) -> Table:
    found = metadata.tables.get(f"core_{name}")
    return metadata.tables[name] if found is None else found
