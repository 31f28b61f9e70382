"""What is written down of personal columns, and the tables they stand in, even of disabled plugins."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter

from sqlalchemy import Connection, MetaData, Table, inspect, select

from linli import model as t
from linli.messages import Language
from linli.plugins.personal import PERSONS

RESIDENT = t.resident.name


@dataclass(frozen=True, slots=True)
class PersonalField:
    """A declared column; see `linli.plugins.personal.PersonalData` for what each part means."""

    table: str
    column: str
    plugin: str
    purpose: Mapping[str, str]
    sensitivity: str
    retention: Mapping[str, str]
    keep: str
    after: str | None
    erase: str
    refers: str | None
    whose: str | None

    def told(self, language: Language) -> dict[str, str]:
        """Return the line of the register in a language."""
        return {
            "field": f"{self.table}.{self.column}",
            "plugin": self.plugin,
            "purpose": self.purpose[language],
            "sensitivity": self.sensitivity,
            "retention": self.retention[language],
        }


@dataclass(frozen=True)
class PersonalTable:
    """A table about persons: its declared columns, and which of them lead to whom."""

    table: Table
    fields: tuple[PersonalField, ...]

    @cached_property
    def ways(self) -> Mapping[str, str]:
        """The columns that lead to a person, and the tables that they lead to."""
        targets = {one.column: one.refers or _target(self.table, one.column) for one in self.fields}
        return {column: target for column, target in targets.items() if target is not None}

    def whose(self, one: PersonalField) -> str | None:
        """Return the way to the person of whom a column tells: its own, the one said, or the first."""
        if one.column in self.ways or self.table.name == RESIDENT:
            return one.column if one.column in self.ways else None
        return one.whose or next(iter(self.ways), None)


@dataclass(frozen=True)
class Personal:
    """All tables about persons in this database, each after those that it leads to."""

    tables: tuple[PersonalTable, ...]
    found: Mapping[str, PersonalTable] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "found", {one.table.name: one for one in self.tables})


def read_fields(connection: Connection) -> tuple[PersonalField, ...]:
    """Return every declared column, the core's first, then by plugin, in the order of the declarations."""
    p = t.personal_field
    order = (p.c.plugin != "core", p.c.plugin, p.c.place)
    return tuple(
        PersonalField(
            row.table_name,
            row.column_name,
            row.plugin,
            {"en": row.purpose_en, "zh-CN": row.purpose_zh},
            row.sensitivity,
            {"en": row.retention_en, "zh-CN": row.retention_zh},
            row.keep,
            row.after,
            row.erase,
            row.refers,
            row.whose,
        )
        for row in connection.execute(select(p).order_by(*order))
    )


def read_personal(connection: Connection) -> Personal:
    """Return the tables about persons that there are, as the database has them now."""
    by_table: dict[str, list[PersonalField]] = {}
    for one in read_fields(connection):
        by_table.setdefault(one.table, []).append(one)
    existing = set(inspect(connection).get_table_names())
    tables = {
        name: PersonalTable(_table(connection, name), tuple(fields))
        for name, fields in by_table.items()
        if name in existing
    }
    order = TopologicalSorter({name: set(_needs(one, tables)) - {name} for name, one in tables.items()})
    return Personal(tuple(tables[name] for name in order.static_order()))


def _needs(one: PersonalTable, tables: Mapping[str, PersonalTable]) -> Iterator[str]:
    return (target for target in one.ways.values() if target in tables)


def _table(connection: Connection, name: str) -> Table:
    """Return a table as the running code knows it, or else as the database does."""
    known = t.metadata.tables.get(name)
    if known is not None:
        return known
    return Table(name, MetaData(), autoload_with=connection, resolve_fks=False)


def _target(table: Table, column: str) -> str | None:
    targets = [key.target_fullname.partition(".")[0] for key in table.c[column].foreign_keys]
    return next((one for one in targets if one in PERSONS), None)
