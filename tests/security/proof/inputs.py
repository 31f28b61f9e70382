"""Inputs of mutations, built from the models of verbs; somebody else says which nodes they name."""

import random
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, get_nullable_type
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from linli.clock import now, today
from linli.verbs.inputs import Input, NodeRef, RefTo
from linli.verbs.verb import Verb

LATER: Final = (now() + timedelta(days=2)).isoformat()
# By the name of the field, where a word of the program is asked for that a model cannot know.
NAMED: Final[Mapping[str, Any]] = {"role": "grid_worker", "kind": "group", "type": "helps", "rule": "points"}
TEXTS: Final = (
    "words",
    "12345678",
    "13800138000",
    "11010519491231002X",
    "91110000600037341L",
    "1.5",
    "as many words as some texts must have",
)
YESTERDAY: Final = (today() - timedelta(days=1)).isoformat()
TRIED: Final[Mapping[Any, tuple[Any, ...]]] = {
    str: (*TEXTS, today().isoformat()),
    int: (1, 2, 5),
    bool: (True,),
    date: (today().isoformat(), YESTERDAY, LATER[:10]),
    datetime: (LATER,),
    dict: ({}, {"hours": 2}),
}
Refer = Callable[[tuple[str, ...]], str]


@dataclass(repr=False)
class Inputs:
    """Makes inputs; `refer` gives the id of a node of one of these types."""

    random: random.Random
    refer: Refer
    made: dict[Any, Any] = field(default_factory=dict)

    def of(self, verb: Verb) -> Iterator[dict[str, Any]]:
        """Yield inputs that the model takes: with all that it can hold, and with the least.

        Raises:
            AssertionError: nothing that is made here is taken.
        """
        variants = [
            one for whole in (True, False) if _taken(verb.input, one := self._model(verb.input, whole=whole))
        ]
        assert variants, f"tell tests/security/proof/inputs.py how to fill the input of {verb.name}"
        yield from variants

    def _model(self, model: type[Input], *, whole: bool) -> dict[str, Any]:
        return {
            str(info.alias): self._value(name, info, whole=whole)
            for name, info in model.model_fields.items()
            if whole or info.is_required()
        }

    def _value(self, name: str, info: FieldInfo, *, whole: bool) -> Any:
        annotation = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
        return self._of(name, annotation, whole=whole)

    def _of(self, name: str, annotation: Any, *, whole: bool) -> Any:
        origin = get_origin(annotation)
        marks = annotation.__metadata__ if origin is Annotated else ()
        for mark in marks:
            if isinstance(mark, RefTo):
                return self.refer(mark.types)
        plain = annotation.__origin__ if origin is Annotated else annotation
        if get_origin(plain) in (Union, types.UnionType):
            inner = next(one for one in get_args(plain) if one is not type(None))
            return self._of(name, inner, whole=whole)
        if get_origin(plain) in (tuple, list):
            return self._list(name, annotation, get_args(plain)[0], whole=whole)
        if get_origin(plain) is Literal:
            return self.random.choice(get_args(plain))
        if isinstance(plain, type) and issubclass(plain, Input):
            return self._model(plain, whole=whole)
        if plain is NodeRef:
            return self.refer(())
        return self._plain(name, annotation, plain)

    def _list(self, name: str, annotation: Any, item: Any, *, whole: bool) -> list[Any]:
        """As few items as are taken."""
        one = [self._of(name, item, whole=whole)]
        return one if _takes(annotation, one) else [*one, self._of(name, item, whole=whole)]

    def _plain(self, name: str, annotation: Any, plain: Any) -> Any:
        """A value that the annotation takes, tried one after the other."""
        named = (NAMED[name],) if name in NAMED else ()
        tried = TRIED.get(get_origin(plain) or plain, TEXTS)
        found = next((value for value in (*named, *tried) if _takes(annotation, value)), None)
        assert found is not None, f"tell tests/security/proof/inputs.py a value for {name}: {annotation}"
        return found


def wired(kind: Any, value: Any) -> Any:
    """Return a value as clients send it: what verbs call `grid` is GRID in an enum."""
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLInputObjectType) and isinstance(value, Mapping):
        return {name: wired(kind.fields[name].type, one) for name, one in value.items()}
    if isinstance(kind, GraphQLList) and isinstance(value, list):
        return [wired(kind.of_type, one) for one in value]
    if isinstance(kind, GraphQLEnumType) and isinstance(value, str):
        return next((name for name, one in kind.values.items() if one.value == value), value)
    return value


def _taken(model: type[Input], value: Mapping[str, Any]) -> bool:
    return _takes(model, dict(value))


def _takes(annotation: Any, value: Any) -> bool:
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return False
    return True
