"""Refusals: what a person did that cannot be done, with a code, a place and a sentence in their language."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Refusal(Exception):  # noqa: N818 - the domain's word: nothing went wrong in the program
    """A deed that is refused as data: `code` for programs, `key` of the message, `path` into the input."""

    code: str
    key: str
    path: tuple[str, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code} {self.key} {self.params}"


class NotFound(Refusal):
    """There is no such row, or none that the caller may know of: the two are never told apart."""

    def __init__(self, *path: str) -> None:
        super().__init__("NOT_FOUND", "error.not_found", path)


class Forbidden(Refusal):
    """The caller sees the row, or the place, and may not do this there."""

    def __init__(self, permission: str, reason: str, *path: str) -> None:
        super().__init__("FORBIDDEN", "error.forbidden", path, {"permission": permission})
        self.reason = reason


class Conflict(Refusal):
    """The row has changed since the caller read it."""

    def __init__(self, *path: str) -> None:
        super().__init__("CONFLICT", "error.conflict", path or ("version",))


class Invalid(Refusal):
    """The input is well formed and cannot be right; `key` says why."""

    def __init__(self, key: str, *path: str, **params: Any) -> None:
        super().__init__("INVALID_INPUT", key, path, params)


class AlreadyExists(Refusal):
    """There is one already."""

    def __init__(self, key: str, *path: str, **params: Any) -> None:
        super().__init__("ALREADY_EXISTS", key, path, params)


class QuotaExceeded(Refusal):
    """The caller has had as much as may be had for now; `traces` are written although the deed is refused."""

    def __init__(self, key: str, *path: str, traces: Sequence[Any] = (), **params: Any) -> None:
        super().__init__("QUOTA_EXCEEDED", key, path, params)
        self.traces = tuple(traces)


class Unauthenticated(Refusal):
    """The deed needs an account that signs in."""

    def __init__(self) -> None:
        super().__init__("UNAUTHENTICATED", "error.unauthenticated")
