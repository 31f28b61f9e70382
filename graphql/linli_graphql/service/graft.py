"""Grafting: values that Python computes are set into the JSON that the database made."""

from collections.abc import Iterator
from typing import Any

from linli_graphql.plan.compiler import Graft


def graft(data: dict[str, Any], grafts: tuple[Graft, ...]) -> list[dict[str, Any]]:
    """Set every grafted value, one call of its resolver for all rows; return faults as GraphQL errors.

    A resolver that fails loses its own field and nothing else.
    """
    errors = []
    for one in grafts:
        rows = list(_rows(data, one.path))
        inputs = [{name: row.pop(alias, None) for name, alias in one.hidden} for row in rows]
        try:
            values = one.field.resolve(inputs)
            if len(values) != len(rows):
                raise ValueError("a resolver returned another number of values than rows")
        except Exception as fault:  # noqa: BLE001 - a plugin's code may raise anything; the field is lost, no more
            errors.append(
                {
                    "message": "This field failed.",
                    "path": [*one.path, one.key],
                    "extensions": {"code": "INTERNAL", "field": one.key, "fault": type(fault).__name__},
                }
            )
            continue
        for row, value in zip(rows, values, strict=True):
            row[one.key] = value
    return errors


def _rows(value: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _rows(item, path)
    elif isinstance(value, dict):
        if path:
            yield from _rows(value.get(path[0]), path[1:])
        else:
            yield value
