"""Plain values on their way from TOML and variables to a settings model."""

import json
from collections.abc import Mapping
from typing import Any


def to_json(value: object) -> str:
    """Return JSON text, in which a model's strict mode still reads dates, paths and enums from strings."""
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> object:
    return dict(value) if isinstance(value, Mapping) else value.isoformat()


def nested(data: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    """Set the value at `path`, making tables on the way; what is no table stays for validation to refuse."""
    table: Any = data
    for name in path[:-1]:
        table = table.setdefault(name, {}) if isinstance(table, dict) else None
    if isinstance(table, dict):
        table[path[-1]] = value


def found_path(data: Any, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the part of `path` that exists in the data; validators add names of their own behind it."""
    for depth, part in enumerate(path):
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if not in_list and not (isinstance(data, Mapping) and part in data):
            return path[:depth]
        data = data[part]
    return path
