"""Grafting: values that Python computes are set into the JSON that the database made."""

from collections.abc import Iterator
from typing import Any

from linli_graphql.plan.parts import Graft


def graft(data: dict[str, Any], grafts: tuple[Graft, ...]) -> list[dict[str, Any]]:
    """Set every grafted value, one call of its resolver for all rows; return faults as GraphQL errors.

    A resolver that fails loses its own field and nothing else.
    """
    errors = []
    for one in grafts:
        # Beside these there may be rows of other types, and rows that an equal graft has served.
        rows = [row for row in rows_at(data, one.path) if all(alias in row for _, alias in one.hidden)]
        inputs = [{name: row.pop(alias) for name, alias in one.hidden} for row in rows]
        try:
            values = list(zip(rows, one.field.resolve(inputs), strict=True))
        except Exception as fault:  # noqa: BLE001 - a plugin's code may raise anything; the field is lost, no more
            errors.append(
                {
                    "message": "This field failed.",
                    "path": [*one.path, one.key],
                    "extensions": {"code": "INTERNAL", "field": one.key, "fault": type(fault).__name__},
                }
            )
            continue
        for row, value in values:
            row[one.key] = value
    return errors


def rows_at(value: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the objects at a path of response keys, through lists and past nulls."""
    if isinstance(value, list):
        for item in value:
            yield from rows_at(item, path)
    elif isinstance(value, dict):
        if path:
            yield from rows_at(value.get(path[0]), path[1:])
        else:
            yield value
