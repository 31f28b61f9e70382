"""What a settings model allows: its names, and the type that stands behind a dotted key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Unknown:
    """A key that a model does not have: `path` ends at the wrong name, `known` may stand in its place."""

    path: tuple[str, ...]
    known: tuple[str, ...]


def names(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the type of each field by the name that people write."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def table_type(annotation: object) -> type[BaseModel] | None:
    """Return the model in an annotation, which may be optional."""
    options = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return next((kind for kind in options if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def lookup(model: type[BaseModel], path: tuple[str, ...]) -> Any | Unknown:
    """Return the annotation of the key at `path`, or where the path goes wrong."""
    annotation: Any = model
    for depth, name in enumerate(path):
        table = table_type(annotation)
        known = names(table) if table else {}
        annotation = known.get(name) if table else _item_type(annotation)
        if annotation is None:
            return Unknown(path[: depth + 1], tuple(known))
    return annotation


def _item_type(annotation: object) -> Any:
    """Return what a mapping or a list holds, None for anything else."""
    origin, args = get_origin(annotation), get_args(annotation)
    return args[-1 if issubclass(origin, Mapping) else 0] if isinstance(origin, type) and args else None


def sections(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """Yield the keys of a model two levels deep: what people misplace between sections."""
    for name, annotation in names(model).items():
        table = table_type(annotation)
        yield from ((name, inner) for inner in names(table)) if table else [(name,)]
