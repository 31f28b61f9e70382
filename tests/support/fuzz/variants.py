"""Other ways to the same answer: values grafted by Python in place of columns, statements cut into pieces."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from linli.database.sqlite import SqliteDatabase
from linli_graphql.declare.fields import Column, Field, Grafted, ObjectType
from linli_graphql.declare.kinds import Choice, Kind, Scalar
from linli_graphql.declare.registry import Registry
from tests.support.fuzz.tables import answered

# A hidden column comes as the driver's JSON has it: these make of it what the planned column shows.
UNTOUCHED = frozenset({Scalar.ID, Scalar.STRING, Scalar.INT, Scalar.DATE})


def grafted(registry: Registry, generator: random.Random, share: float = 0.5) -> Registry:
    """Return a registry in which a random share of the columns is computed by Python, with equal values."""

    def field(one: Field) -> Field:
        if not isinstance(one, Column) or generator.random() >= share or one.kind is Scalar.DECIMAL:
            return one
        return Grafted(
            needs=(one.column,),
            resolve=_same(one.column, one.kind),
            kind=one.kind,
            description=one.description,
        )

    def of(one: ObjectType) -> ObjectType:
        return replace(one, fields={name: field(each) for name, each in one.fields.items()})

    return replace(registry, types={name: of(one) for name, one in registry.types.items()})


def _same(column: str, kind: Kind) -> Callable[[Sequence[Mapping[str, Any]]], Sequence[Any]]:
    return lambda rows: [_plain(kind, row[column]) for row in rows]


def _plain(kind: Kind, value: Any) -> Any:
    if value is None or kind in UNTOUCHED:
        return value
    if isinstance(kind, Choice):
        return value.upper()
    match kind:
        case Scalar.BOOLEAN:
            return bool(value)
        case Scalar.DATE_TIME:
            return answered(datetime.fromisoformat(value))
        case Scalar.BIG_INT:
            return str(value)
        case _:
            return json.loads(value) if isinstance(value, str) else value


@dataclass
class Patience:
    """How many statements are to be refused next, whatever they are."""

    refuse: int = 0


class ShallowDatabase(SqliteDatabase):
    """SQLite that says of statements that they are too deep, so that they are cut into pieces."""

    def __init__(self, file: str, patience: Patience) -> None:
        super().__init__(file)
        self._patience = patience

    def accepts(self, text: str, parameters: int) -> bool:
        if self._patience.refuse > 0:
            self._patience.refuse -= 1
            return False
        return super().accepts(text, parameters)
