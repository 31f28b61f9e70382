"""A settings model's verdict on a document, told as faults."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from linli.config.faults import ConfigError, Fault, nearest
from linli.config.lines import KeyPath
from linli.config.reading import Document
from linli.config.shape import Unknown, lookup, sections
from linli.config.source import Source, dotted
from linli.config.values import found_path, to_json

M = TypeVar("M", bound=BaseModel)

OWN: Final = "linli."  # the type of a PydanticCustomError that names a message: "linli.config.…"
KINDS: Final = {
    "bool": "true_false",
    "dict": "table",
    "float": "number",
    "int": "whole_number",
    "list": "list",
    "model": "table",
    "path": "text",
    "set": "list",
    "string": "text",
    "tuple": "list",
}
BOUNDS: Final = {
    "greater_than": ("config.above", "gt"),
    "greater_than_equal": ("config.at_least", "ge"),
    "less_than": ("config.below", "lt"),
    "less_than_equal": ("config.at_most", "le"),
    "string_too_short": ("config.too_short", "min_length"),
    "string_too_long": ("config.too_long", "max_length"),
    "too_short": ("config.too_few", "min_length"),
    "too_long": ("config.too_many", "max_length"),
    "string_pattern_mismatch": ("config.pattern", "pattern"),
}


def validated(model: type[M], document: Document, prefix: tuple[str, ...] = ()) -> M:
    """Return the model of the document's data; raise all faults at once.

    `prefix` is the key of the table that the data are, as faults name it.
    """
    try:
        return model.model_validate_json(to_json(document.data), strict=True)
    except ValidationError as error:
        raise ConfigError(_faults(error, model, document, prefix)) from None  # its text shows secrets


def _faults(
    error: ValidationError, model: type[BaseModel], document: Document, prefix: tuple[str, ...]
) -> Iterator[Fault]:
    told: set[KeyPath] = set()
    for detail in error.errors(include_url=False):
        path = _path(detail, document.data)
        if path not in told:  # each branch of a union complains; one sentence is enough
            told.add(path)
            yield _fault(detail, path, model, prefix, document.source)


def _path(detail: ErrorDetails, data: Mapping[str, object]) -> KeyPath:
    found = found_path(data, detail["loc"])
    return detail["loc"][: len(found) + 1] if detail["type"] == "missing" else found


def _fault(
    detail: ErrorDetails, path: KeyPath, model: type[BaseModel], prefix: tuple[str, ...], source: Source
) -> Fault:
    place, kind = (*prefix, *path), detail["type"]
    if kind == "extra_forbidden":
        return _unknown_key(path, model, prefix, source)
    if kind == "missing":
        return source.fault(place, "config.missing")
    if kind in ("literal_error", "enum"):
        return _choice(detail, place, source)
    message, params = _sentence(kind, detail.get("ctx", {}))
    if message:
        return source.fault(place, message, **params)
    expected = KINDS.get(kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_from"))
    if kind.endswith(("_type", "_parsing", "_from_float")) and expected:
        wanted = source.translator.text(f"config.kind.{expected}")
        return source.fault(place, "config.wrong_type", wanted=wanted, found=_found(detail["input"], source))
    reason = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ").rstrip(".。")
    return source.fault(place, "config.refused", reason=reason)


def _sentence(kind: str, context: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    if kind.startswith(OWN):
        return kind.removeprefix(OWN), context
    message, bound = BOUNDS.get(kind, (None, ""))
    return message, {"bound": context.get(bound)}


def _unknown_key(path: KeyPath, model: type[BaseModel], prefix: tuple[str, ...], source: Source) -> Fault:
    name = str(path[-1])
    place, outer = (*prefix, *path), (*prefix, *path[:-1])
    beside = lookup(model, tuple(str(part) for part in path))
    known = beside.known if isinstance(beside, Unknown) else ()
    near = nearest(name, known)
    moved = [inner for inner in sections(model) if inner[-1] == name]
    right = (*outer, near) if near else (*prefix, *moved[0]) if moved else None
    if right is not None:
        return source.fault(place, "config.unknown_key_near", near=dotted(right))
    if known:
        return source.fault(place, "config.unknown_key", known=", ".join(known))
    return source.fault(place, "config.unknown_key_alone")


def _choice(detail: ErrorDetails, place: KeyPath, source: Source) -> Fault:
    choices = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
    near = nearest(str(detail["input"]), choices)
    if near is not None:
        return source.fault(place, "config.choice_near", choices=", ".join(choices), near=near)
    return source.fault(place, "config.choice", choices=", ".join(choices))


def _found(value: object, source: Source) -> str:
    names = {
        bool: "true_false",
        int: "whole_number",
        float: "number",
        str: "text",
        list: "list",
        dict: "table",
    }
    return source.translator.text(f"config.kind.{names.get(type(value), 'nothing')}")
