"""Rows for the tables of plugins, made from what the tables and the schema say of themselves."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, Table, UniqueConstraint

from linli.clock import today
from linli.model import metadata
from linli.model.types import Id, Instant
from linli_graphql.declare import fields as f
from linli_graphql.declare.kinds import Choice
from linli_graphql.declare.registry import Registry
from tests.policies.worlds import Row
from tests.support.fuzz.settling import OPEN_WIDE
from tests.support.fuzz.world import WORDS, RichWorld, name_of

USUAL: Final = 44
COUNTS: Final = {
    "ledger__book": 8,
    "credit_bank__bank": 8,
    "credit_bank__measure": 24,
    "credit_bank__activity": 120,
    "neighbor_network__network": 16,
    "neighbor_network__matter_step": 70,
}
OWNERS: Final = ("resident_id", "organization_id")
# A journal has one entry for an account.
ALONE: Final = {"ledger__entry": ["account_id", "journal_id"]}
BEHIND: Final = ("credit_bank__", "neighbor_network__")
AMOUNTS: Final = (1, 7, 120, 2**53 - 1)
SMALL: Final = 6
NULLS, OWN, NEAR, KNOWN_ONES, RECENT = 0.3, 0.75, 0.6, 0.35, 0.4
TRIES: Final = 200
EMPTY: Final = re.compile(r"(\w+) IS (NOT )?NULL")


def grow(world: RichWorld, registry: Registry, plugins: Sequence[str]) -> None:
    """Fill the tables of plugins that are empty yet, and let traces and ties lead to their rows."""
    grower = _Grower(world, _choices(registry), _known(world))
    for table in metadata.sorted_tables:
        if table.name.partition("__")[0] in plugins and table.name not in world.rows:
            grower.fill(table)
    nodes = [one for one in registry.nodes if one.table is not None and one.table.name in grower.filled]
    for row in (*world.rows["relationship"], *world.rows["event"]):
        if world.random.random() < KNOWN_ONES:
            one = world.random.choice(nodes)
            row["subject_type"] = one.node_type
            row["subject_id"] = world.pick(str(one.table))["id"]


def _choices(registry: Registry) -> dict[tuple[str, str], list[str]]:
    """The values of columns that the schema shows as enums, by table and column."""
    shown = (
        (one.table.name, each.column, each.kind)
        for one in registry.types.values()
        if one.table is not None
        for each in one.fields.values()
        if isinstance(each, f.Column)
    )
    return {
        (table, name): [value for value, _ in kind.values]
        for table, name, kind in shown
        if isinstance(kind, Choice)
    }


def _known(world: RichWorld) -> dict[str, list[str]]:
    """The people and bodies for whom callers speak; much is theirs, so that they see something."""
    callers = [row for row in world.rows["account"] if row["name"] in world.tokens]
    anchors = [row["anchor_organization_id"] for row in world.rows["assignment"]]
    return {
        "core_resident": [row["resident_id"] for row in callers if row["resident_id"]],
        "core_organization": [one for one in anchors if one],
    }


@dataclass
class _Grower:
    """Fills one table after the other."""

    world: RichWorld
    choices: Mapping[tuple[str, str], list[str]]
    known: Mapping[str, list[str]]
    filled: set[str] = field(default_factory=set)
    taken: set[tuple[Any, ...]] = field(default_factory=set)

    def fill(self, table: Table) -> None:
        """Make rows; those that would break a unique index are made anew."""
        self.filled.add(table.name)
        wanted = COUNTS.get(table.name, USUAL)
        for _ in range(TRIES * wanted):
            if len(self.world.rows.get(table.name, ())) == wanted:
                return
            values = self._values(table)
            keys = set(_keys(table, values))
            if self.taken.isdisjoint(keys):
                self.taken |= keys
                self.world.add(table.name, **values)
        raise AssertionError(f"too few rows fit into {table.name}")

    def _values(self, table: Table) -> Row:
        """The columns that `add` does not fill; what a row refers to says mostly whose it is, and where."""
        world, parents = self.world, []
        row: Row = {}
        for column in table.c:
            for key in column.foreign_keys:
                if column.name != "grid_id":
                    found = self._referred(column, key.column.table)
                    row[column.name] = found["id"] if found else None
                    parents += [found] if found and key.column.table.name.startswith(BEHIND) else []
                    if found and key.column.table.name == "ledger__account":
                        parents.append(found)
        if "grid_id" in table.c:
            near = parents[0] if parents and "path" in parents[0] else None
            place = near if near and world.random.random() < NEAR else world.place()
            row |= {name: place[name] for name in ("grid_id", "path")}
        self._owned(table, row, parents)
        for column in table.c:
            if column.name not in ("id", "version", "created_at", "updated_at", "valid_from", *row):
                row[column.name] = self._value(table, column)
        return row

    def _referred(self, column: Column[Any], target: Table) -> Row | None:
        rows, world = self.world.rows.get(name_of(target), []), self.world
        if not rows or (column.nullable and world.random.random() < NULLS):
            return None
        known = self.known.get(target.name)
        if known and world.random.random() < KNOWN_ONES:
            wanted = world.random.choice(known)
            return next(row for row in rows if row["id"] == wanted)
        return world.random.choice(rows)

    def _owned(self, table: Table, row: Row, parents: Sequence[Row]) -> None:
        """Somebody's, mostly that one's whose the rows are to which it refers; never of two."""
        if not all(name in table.c for name in OWNERS):
            return
        whose = next((one for one in reversed(parents) if any(one.get(name) for name in OWNERS)), None)
        if whose and self.world.random.random() < OWN:
            row.update({name: whose.get(name) for name in OWNERS})
        elif row["resident_id"]:
            row["organization_id"] = None

    def _value(self, table: Table, column: Column[Any]) -> Any:
        world, name, kind = self.world, column.name, column.type
        if name == "valid_to":
            return world.closed()
        if name == "until":
            end = world.until()
            return end if end or column.nullable else today() + timedelta(days=4000)
        if "limit" in name or (column.nullable and world.random.random() < NULLS):
            return None
        if (table.name, name) in self.choices:
            return world.random.choice(self.choices[table.name, name])
        if isinstance(kind, Id):
            return self._named(table, name)
        return self._of_kind(name, kind)

    def _of_kind(self, name: str, kind: Any) -> Any:
        world = self.world
        if isinstance(kind, Instant):
            return world.instant()
        if isinstance(kind, Date):
            return self._day()
        if isinstance(kind, Boolean):
            return world.any(True, False)
        if isinstance(kind, BigInteger):
            return world.any(*AMOUNTS, *((0, -5, -(2**53) + 1) if name == "balance" else ()))
        if isinstance(kind, Integer):
            return world.random.randint(1, SMALL)
        length = getattr(kind, "length", None)
        if not hasattr(kind, "length"):
            return world.any([], [world.any(*WORDS)], ["a", '"', "\\"], OPEN_WIDE)
        word = world.any(*WORDS) if length and length <= 32 else world.called()
        return word[:length]

    def _day(self) -> date:
        recent = self.world.random.random() < RECENT
        return today() - timedelta(days=self.world.random.randrange(70)) if recent else self.world.day()

    def _named(self, table: Table, name: str) -> str | None:
        """An id without a key of the table: of the plugin's rows that it is named after, or an account's."""
        last = name.removesuffix("_id").rpartition("_")[2]
        there = f"{table.name.partition('__')[0]}__{last}"
        ident: str = self.world.pick(there if there in self.world.rows else "account")["id"]
        return ident


def _keys(table: Table, row: Row) -> Iterator[tuple[Any, ...]]:
    """What of a row must not be there twice."""
    uniques: list[tuple[list[str], str]] = [
        (list(one.columns.keys()), "") for one in table.constraints if isinstance(one, UniqueConstraint)
    ]
    uniques.append((ALONE.get(table.name, []), ""))
    uniques += [
        (list(one.columns.keys()), str(one.dialect_options["sqlite"]["where"]))
        for one in table.indexes
        if one.unique
    ]
    uniques.append(([one.name for one in table.primary_key.columns if one.name != "id"], ""))
    for names, where in uniques:
        kept = all((row[name] is not None) is bool(other) for name, other in EMPTY.findall(where))
        values = [row[name] for name in names]
        if kept and values and None not in values:
            yield (table.name, *names, *values)
