"""What a verb answers that is not a node, and what the audit is told of such a verb."""

from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from linli.ids import public_id
from linli.verbs.inputs import Input, NodeRef


class Answer(BaseModel):
    """Base of answers: frozen, camelCase outside. Its fields stand in the verb's payload.

    An answer is told once, to who asked. It is never stored, and its text never shows what is in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show no value: a log or an error may hold this object's text."""
        return ()


def named(data: Input) -> dict[str, Any]:
    """Return what an input names, for the audit: its ids and choices by field, and never a text."""
    fields = type(data).model_fields.items()
    found = {name: _named(getattr(data, name), _is_choice(info.annotation)) for name, info in fields}
    return {name: value for name, value in found.items() if value is not None}


def _named(value: Any, chosen: bool) -> Any:  # noqa: FBT001 - private, and said at its one call
    match value:
        case NodeRef():
            return public_id(value.type, value.id)
        case list() | tuple():
            return [found for one in value if (found := _named(one, chosen)) is not None] or None
        case Input():
            return named(value) or None
        case str() if chosen:
            return value
    return None


def _is_choice(annotation: Any) -> bool:
    return get_origin(annotation) is Literal or any(_is_choice(one) for one in get_args(annotation))
