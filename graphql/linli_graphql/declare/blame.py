"""Grafted values are computed by plugins' code: where that fails, the log names the plugin and the field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from linli.traces.faults import fault_text
from linli_graphql.declare.checks import Declared
from linli_graphql.declare.fields import Grafted, ObjectType

Inputs = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Blamed:
    """A plugin's resolver; what it raises goes on, to cost this field and nothing else."""

    plugin: str
    field: str
    grafted: Grafted

    def __call__(self, rows: Inputs) -> Sequence[Any]:
        try:
            return _one_each(self.grafted.resolve(rows), rows)
        except Exception as error:
            log, told = structlog.get_logger("linli.plugins"), fault_text(error, __file__)
            log.error("field failed", plugin=self.plugin, field=self.field, error=told)  # noqa: TRY400 - a traceback may show values
            raise


def _one_each(values: Sequence[Any], rows: Inputs) -> Sequence[Any]:
    if len(values) != len(rows):
        raise ValueError("it returned another number of values than it was given rows")
    return values


def contained(declared: Declared) -> dict[str, ObjectType]:
    """Return the types, each grafted field with the name of its plugin on it."""
    return {one.name: replace(one, fields=_fields(one, declared)) for one in declared.types.values()}


def _fields(one: ObjectType, declared: Declared) -> dict[str, Any]:
    found = dict(one.fields)
    for name, field in one.fields.items():
        if isinstance(field, Grafted):
            blamed = _Blamed(declared.owner(one.name, name), f"{one.name}.{name}", field)
            found[name] = replace(field, resolve=blamed)
    return found
