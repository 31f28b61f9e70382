"""Following the declared references from a person to every row that is about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, false, or_, select, type_coerce

from linli.model.types import Id
from linli.privacy.declared import RESIDENT, Personal, PersonalField, PersonalTable


@dataclass(frozen=True)
class Person:
    """A person and the ids of their rows, by table: accounts, memberships, entries."""

    id: str
    ids: Mapping[str, frozenset[str]] = field(repr=False)

    def rows(self, one: PersonalTable) -> ColumnElement[bool]:
        """The rows of a table that lead to the person by any way."""
        if one.table.name == RESIDENT:
            return one.table.c.id == self.id
        return or_(false(), *(self.by(one, column) for column in one.ways))

    def by(self, one: PersonalTable, column: str) -> ColumnElement[bool]:
        """The rows of a table that lead to the person by this way."""
        found = self.ids.get(one.ways[column], frozenset())
        return typed(one.table, column).in_(sorted(found))

    def told_by(self, one: PersonalTable, what: PersonalField) -> ColumnElement[bool]:
        """The rows of a table in which a column tells of the person."""
        if one.table.name == RESIDENT:
            return one.table.c.id == self.id
        way = one.whose(what)
        return false() if way is None else self.by(one, way)


def follow(connection: Connection, personal: Personal, resident_id: str) -> Person:
    """Return a person with the ids of all rows that lead to them, table by table."""
    ids: dict[str, frozenset[str]] = {RESIDENT: frozenset({resident_id})}
    wanted = {target for one in personal.tables for target in one.ways.values()}
    for one in personal.tables:
        if one.table.name in wanted - {RESIDENT} and "id" in one.table.c:
            rows = select(typed(one.table, "id")).where(Person(resident_id, ids).rows(one))
            ids[one.table.name] = frozenset(map(str, connection.execute(rows).scalars()))
    return Person(resident_id, ids)


def typed(table: Table, column: str) -> ColumnElement[Any]:
    """Return a column of ids; of a table that only the database knows, as the model's own type."""
    return type_coerce(table.c[column], Id())
