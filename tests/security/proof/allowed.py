"""Which canaries a persona may be shown: from the lines of the policy, the rows, and what fields declare.

Nothing of the compiled policy or of the planner takes part: rows are judged one by one by the slow evaluator.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from linli_graphql.declare import fields as f
from tests.policies.worlds import Row
from tests.security.proof.place import Place
from tests.support.fuzz.judge import Judge
from tests.support.fuzz.tables import shown

Told = Mapping[str, frozenset[bytes]]
NOTHING: frozenset[bytes] = frozenset()


@dataclass(repr=False)
class Allowed:
    """Answers for every persona of a place; what a field tells of each row is worked out once."""

    place: Place
    memory: dict[tuple[str, str], Told] = field(default_factory=dict)

    def to(self, judge: Judge) -> frozenset[bytes]:
        """Return the canaries that a caller may be shown."""
        found: set[bytes] = set()
        for one in self.place.composition.registry.types.values():
            if one.table is not None:
                for row in self.rows(one, judge):
                    found |= self._of_row(one, one, row, judge)
        return frozenset(found)

    def rows(self, one: f.ObjectType, judge: Judge) -> list[Row]:
        """Return the rows of a type that a caller may see."""
        rows = self.place.tables.rows(one)
        if one.own:
            mine = judge.actor.account_id
            return [row for row in rows if mine and mine in (row["id"], row.get("account_id"))]
        if one.part_of is not None:
            return self._parts(one, judge)
        return [row for row in rows if judge.sees(one, row)]

    def telling(self) -> dict[str, frozenset[str]]:
        """Return the fields that show canaries of some rows, by type."""
        found: dict[str, set[str]] = defaultdict(set)
        for one in self.place.composition.registry.types.values():
            if one.table is not None:
                parts = [each.target for each in one.fields.values() if isinstance(each, f.Part)]
                for part in (one, *(self.place.composition.registry.types[name] for name in parts)):
                    found[part.name] |= {name for name in part.fields if self._told(part, one, name)}
        return {name: frozenset(names) for name, names in found.items()}

    def _parts(self, one: f.ObjectType, judge: Judge) -> list[Row]:
        """The parts of the rows that the caller sees."""
        found: dict[str, Row] = {}
        for whole in self.place.composition.registry.types.values():
            for name, declared in whole.fields.items():
                if getattr(declared, "target", None) == one.name and whole.table is not None:
                    on = getattr(declared, "on", None)
                    pairs = self.place.tables.related((whole.name, name), whole.table, one, on)
                    for row in self.rows(whole, judge):
                        found |= {part["id"]: part for part in pairs.get(row["id"], ())}
        return list(found.values())

    def _of_row(self, one: f.ObjectType, whose: f.ObjectType, row: Row, judge: Judge) -> set[bytes]:
        found: set[bytes] = set()
        for name, declared in one.fields.items():
            if isinstance(declared, f.Part):
                if declared.action is None or judge.may(str(whose.resource), declared.action, row):
                    part = self.place.composition.registry.types[declared.target]
                    found |= self._of_row(part, whose, row, judge)
                continue
            told = self._told(one, whose, name).get(row["id"], NOTHING)
            gate = declared.permission if isinstance(declared, f.Sensitive) else None
            if told and (gate is None or judge.may(gate, "read", row)):
                found |= told
        return found

    def _told(self, one: f.ObjectType, whose: f.ObjectType, name: str) -> Told:
        """What a field tells of each row to whoever is shown it."""
        key = (f"{whose.name} {one.name}", name)
        if key not in self.memory:
            values = self._values(key, whose, one.fields[name])
            found = self.place.canaries.found
            told = {row: frozenset(found(orjson.dumps(value, default=str))) for row, value in values.items()}
            self.memory[key] = defaultdict(frozenset, {row: some for row, some in told.items() if some})
        return self.memory[key]

    def _values(self, key: Any, whose: f.ObjectType, declared: f.Field) -> Mapping[str, Any]:
        tables = self.place.tables
        rows, table = tables.rows(whose), tables.table(whose)
        match declared:
            case f.Column():
                return {row["id"]: shown(declared.kind, row[declared.column]) for row in rows}
            case f.Grafted():
                needs = [{need: row[need] for need in declared.needs} for row in rows]
                ids = [row["id"] for row in rows]
                return dict(zip(ids, declared.resolve(needs), strict=True))
            case f.Computed():
                values: Mapping[str, Any] = tables.values(key, table, declared.sql)
                return values
            case f.Sensitive():
                masked: Mapping[str, Any] = tables.values(key, table, declared.masked)
                return masked
            case _:
                return {}
