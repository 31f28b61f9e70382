"""LINLI_* environment variables laid over a configuration."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from linli.config.faults import ConfigError, Fault, FaultList, nearest
from linli.config.reading import Document
from linli.config.shape import Unknown, lookup, names, sections
from linli.config.source import Source, Variable
from linli.config.values import nested, to_json

PREFIX: Final = "LINLI_"
NEST: Final = "__"
FROM_FILE: Final = "_file"
RESERVED: Final = ("LINLI_LANG", "LINLI_CONFIG", "LINLI_TRACE", "LINLI_TEST")


def variables(environ: Mapping[str, str], model: type[BaseModel]) -> tuple[Variable, ...]:
    """Return the variables that mean a key of the configuration.

    A container platform adds names of its own for a service called linli (LINLI_PORT, LINLI_SERVICE_HOST):
    without a double underscore only a name that all but matches a key is taken for one.
    """
    found = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and not name.startswith(RESERVED):
            path = tuple(name.removeprefix(PREFIX).lower().split(NEST))
            if len(path) > 1 or _means_key(path[0], model):
                found.append(Variable(name, path, environ[name]))
    return tuple(found)


def _means_key(name: str, model: type[BaseModel]) -> bool:
    plain = name.removesuffix(FROM_FILE)
    single = {"_".join(path) for path in sections(model) if len(path) > 1}
    return plain in single or nearest(plain, names(model)) is not None


def laid_over(
    document: Document, model: type[BaseModel], faults: FaultList, prefix: tuple[str, ...] = ()
) -> Document:
    """Return the document with the variables below `prefix` set in it, read as the types of `model`."""
    source = document.source
    data: dict[str, Any] = json.loads(to_json(document.data))
    overrides = dict(source.overrides)
    for variable in source.variables:
        if variable.path[: len(prefix)] != prefix:
            continue
        setting = faults.attempt(_setting, variable, model, prefix, source)
        if setting is not None:
            path, value = setting
            if (*prefix, *path) in overrides:
                other = overrides[*prefix, *path]
                faults.add(
                    source.variable_fault(variable, (*prefix, *path), "config.variable_twice", other=other)
                )
            overrides[*prefix, *path] = variable.name
            nested(data, path, value)
    return Document(data, replace(source, overrides=overrides))


def _setting(
    variable: Variable, model: type[BaseModel], prefix: tuple[str, ...], source: Source
) -> tuple[tuple[str, ...], object]:
    """Return the key below `prefix` that a variable sets and its value."""
    path = variable.path[len(prefix) :]
    kind = lookup(model, path)
    if not isinstance(kind, Unknown):
        return path, _value(variable.text, kind)
    if path[-1].endswith(FROM_FILE):
        inner = (*path[:-1], path[-1].removesuffix(FROM_FILE))
        inner_kind = lookup(model, inner)
        if not isinstance(inner_kind, Unknown):
            return inner, _value(_file_text(variable, (*prefix, *inner), source), inner_kind)
    raise ConfigError([_unknown(variable, kind, model, prefix, source)])


def _unknown(
    variable: Variable, kind: Unknown, model: type[BaseModel], prefix: tuple[str, ...], source: Source
) -> Fault:
    near = nearest(kind.path[-1], kind.known)
    joined = [path for path in sections(model) if "_".join(path) == variable.path[-1]]
    rest = variable.path[len(prefix) + len(kind.path) :]
    path = joined[0] if joined else (*kind.path[:-1], near, *rest) if near else None
    if path is None:
        return source.variable_fault(variable, variable.path, "config.unknown_variable")
    right = PREFIX + NEST.join((*prefix, *path)).upper()
    return source.variable_fault(variable, variable.path, "config.unknown_variable_near", near=right)


def _file_text(variable: Variable, key: tuple[str, ...], source: Source) -> str:
    folder = Path() if source.file is None else source.file.parent
    file = folder / variable.text
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ConfigError(
            [source.variable_fault(variable, key, "config.secret_not_utf8", file=file)]
        ) from error
    except (OSError, ValueError) as error:
        raise ConfigError(
            [source.variable_fault(variable, key, "config.secret_unreadable", file=file)]
        ) from error


def _value(text: str, kind: Any) -> object:
    """Return the first reading of the text that the type accepts; the bare text where none does."""
    adapter: TypeAdapter[object] = TypeAdapter(kind)
    for candidate in _readings(text):
        try:
            adapter.validate_json(to_json(candidate), strict=True)
        except ValidationError:
            continue
        return candidate
    return text


def _readings(text: str) -> Iterator[object]:
    yield text
    for literal in (text, text.lower()):
        try:
            yield tomllib.loads(f"value = {literal}")["value"]
        except (ValueError, RecursionError):
            continue
    yield [part.strip() for part in text.split(",") if part.strip()]
