"""A configuration as it may be shown: every value, but no secret."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel
from sqlalchemy.engine import make_url

from linli.config.model import Config

HIDDEN: Final = "***"
SECRET: Final = re.compile(r"pass|secret|token|credential|salt|key$", re.IGNORECASE)
USER: Final = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*@")


def shown(config: Config) -> Iterator[str]:
    """Yield one line a key, `server.port = 8000`, with the variable that sets it, if one does."""
    overrides = config.source.overrides
    for path, value in _values(config, ()):
        by = next((overrides[path[:end]] for end in range(len(path), 0, -1) if path[:end] in overrides), None)
        yield f"{'.'.join(path)} = {value!r}" + (f"  # {by}" if by else "")


def _values(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        for name, inner in value.items():
            below = path if path == ("plugins",) and name == "tables" else (*path, str(name))
            yield from _values(inner, below)
    else:
        yield path, _redacted(path[-1] if path else "", value)


def _redacted(name: str, value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if name in ("url", "owner_url"):
        return _without_password(str(value))
    if SECRET.search(name):
        return HIDDEN
    if isinstance(value, list | tuple):
        return [_redacted(name, one) for one in value]
    return USER.sub(f"{HIDDEN}@", str(value))


def _without_password(url: str) -> str:
    parsed = make_url(url)
    hidden = {name: HIDDEN for name in parsed.query if SECRET.search(name)}
    return parsed.update_query_dict(hidden).render_as_string(hide_password=True)
