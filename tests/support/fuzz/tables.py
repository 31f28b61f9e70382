"""The rows in memory, and what single expressions of declarations say of them: one simple query each."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Engine, FromClause, Table, bindparam, cast, inspect, literal, select
from sqlalchemy.types import Date, Integer, String

from linli.model import metadata
from linli.model.types import Id, Instant
from linli_graphql.declare.fields import ObjectType
from linli_graphql.declare.kinds import Choice, Kind, Scalar
from tests.policies.worlds import Row
from tests.support.fuzz.judge import IndexedWorld
from tests.support.fuzz.world import name_of

BINDS: Mapping[Kind, Any] = {
    Scalar.ID: Id(),
    Scalar.INT: Integer(),
    Scalar.DATE: Date(),
    Scalar.DATE_TIME: Instant(),
}


@dataclass
class Tables:
    """A database read once, and a memory of expressions."""

    engine: Engine
    world: IndexedWorld = field(init=False)
    memory: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world = IndexedWorld(random.Random(0))
        with self.engine.connect() as connection:
            there = set(inspect(connection).get_table_names())
            for table in (one for one in metadata.sorted_tables if one.name in there):
                statement = select(table) if "id" in table.c else select(table, ident(table).label("id"))
                rows = connection.execute(statement).mappings()
                self.world.rows[name_of(table)] = [dict(row) for row in rows]

    def rows(self, one: ObjectType) -> list[Row]:
        """Every row of a type, seen or not."""
        return self.world.rows[name_of(self.table(one))]

    def row(self, one: ObjectType, ident: str | None) -> Row | None:
        return self.world.by_id(name_of(self.table(one)), ident)

    @staticmethod
    def table(one: ObjectType) -> Table:
        if one.table is None:
            raise TypeError(f"{one.name} has no table")
        return one.table

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self.memory:
            self.memory[key] = make()
        return self.memory[key]

    def values(self, key: Any, table: Table, expression: Callable[[FromClause], ColumnElement[Any]]) -> Any:
        """Return the value of an expression for each row, by id."""
        rows = table.alias()
        return self.once(key, lambda: dict(self._pairs(select(ident(rows), expression(rows)))))

    def related(self, key: Any, table: Table, target: ObjectType, on: Any) -> dict[str, list[Row]]:
        """Return the rows to which a condition leads, by the id of the row where it begins."""

        def read() -> dict[str, list[Row]]:
            here, there = table.alias(), self.table(target).alias()
            found: dict[str, list[Row]] = {}
            for one, other in self._pairs(
                select(ident(here), ident(there)).select_from(here.join(there, on(here, there)))
            ):
                row = self.row(target, other)
                found.setdefault(one, []).extend([row] if row else [])
            return found

        pairs: dict[str, list[Row]] = self.once(key, read)
        return pairs

    def meeting(self, one: ObjectType, condition: Callable[[FromClause], ColumnElement[bool]]) -> set[str]:
        """Return the ids of the rows for which a condition holds."""
        rows = self.table(one).alias()
        with self.engine.connect() as connection:
            return set(connection.execute(select(ident(rows)).where(condition(rows))).scalars())

    def ranks(
        self, key: Any, one: ObjectType, order: Callable[[FromClause], Sequence[Any]]
    ) -> dict[str, int]:
        """Return the place of each row in an order, by id."""

        def read() -> dict[str, int]:
            rows = self.table(one).alias()
            with self.engine.connect() as connection:
                ids = connection.execute(select(ident(rows)).order_by(*order(rows))).scalars()
                return {ident: number for number, ident in enumerate(ids)}

        found: dict[str, int] = self.once(key, read)
        return found

    def _pairs(self, statement: Any) -> list[tuple[Any, Any]]:
        with self.engine.connect() as connection:
            return [(one, other) for one, other in connection.execute(statement)]


def ident(rows: FromClause) -> ColumnElement[Any]:
    """Return what tells rows apart: their id, or the whole key of those that have none."""
    if "id" in rows.c:
        return rows.c.id
    first, *others = rows.primary_key
    whole: ColumnElement[Any] = cast(first, String)
    for one in others:
        whole = whole.concat("|").concat(cast(one, String))
    return whole


def cursor_of(one: ObjectType, row: Row) -> str:
    """Return the cursor of a row; parts of others have no place."""
    return f"{row['path']}{row['id']}" if one.part_of is None else f"/0/{row[one.part_of.key]}"


def shown(kind: Kind, value: Any) -> Any:
    """Return a value of Python as GraphQL takes it from a resolver."""
    if value is None or isinstance(kind, Choice):
        return value
    match kind:
        case Scalar.BOOLEAN:
            return bool(value)
        case Scalar.DATE if isinstance(value, date):
            return value.isoformat()
        case Scalar.DATE_TIME if isinstance(value, datetime):
            return answered(value)
        case Scalar.DECIMAL | Scalar.BIG_INT:
            return str(value)
        case _:
            return value


def answered(value: datetime) -> str:
    """Return an instant as answers have it: in UTC, with no more of a second than there is."""
    text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "+00:00"


def bound(kind: Kind, value: Any) -> ColumnElement[Any]:
    """Return an argument's value as an element of SQL."""
    if value is None:
        return bindparam(None, None, type_=Id())  # a literal null would be compared by IS
    if kind is Scalar.DECIMAL:
        return literal(Decimal(value))
    if kind is Scalar.BIG_INT:
        return literal(int(value))
    return literal(value, BINDS.get(kind, String()))
