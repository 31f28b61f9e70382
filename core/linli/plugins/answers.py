"""Checking what a hook returned against the type that its specification promises."""

from collections.abc import Callable, Sequence
from typing import Any, get_args, get_origin, get_type_hints


class AnswerError(Exception):
    """A hook returned something else than its specification says."""

    def __init__(self, found: object, wanted: str) -> None:
        self.found = found.__name__ if isinstance(found, type) else type(found).__name__
        self.wanted = wanted
        super().__init__(f"{self.found} instead of {wanted}")


def checked(spec: Callable[..., Any], answer: object) -> object:
    """Return the answer, lists as tuples that nobody can change afterwards; raises AnswerError."""
    promised = get_type_hints(spec).get("return", object)
    if get_origin(promised) is not Sequence:
        return _item(answer, promised)
    if not isinstance(answer, Sequence) or isinstance(answer, str | bytes):
        raise AnswerError(answer, "list")
    (item,) = get_args(promised)
    return tuple(_item(one, item) for one in answer)


def _item(value: object, promised: Any) -> object:
    if get_origin(promised) is type:
        (base,) = get_args(promised)
        if not (isinstance(value, type) and issubclass(value, base)):
            raise AnswerError(value, f"type[{base.__name__}]")
    elif isinstance(promised, type) and not isinstance(value, promised):
        raise AnswerError(value, promised.__name__)
    return value
