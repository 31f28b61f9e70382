"""GraphQL inputs and answers from the pydantic models of verbs: one declaration serves both."""

import types
from datetime import date, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from graphql import (
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)
from pydantic.fields import FieldInfo

from linli.verbs.answers import Answer
from linli.verbs.inputs import Input, NodeRef
from linli.verbs.verb import Verb
from linli_graphql.declare.kinds import Choice, Scalar
from linli_graphql.schema.types import TypeBuilder

PLAIN: dict[Any, Scalar] = {
    str: Scalar.STRING,
    int: Scalar.INT,
    bool: Scalar.BOOLEAN,
    date: Scalar.DATE,
    datetime: Scalar.DATE_TIME,
    NodeRef: Scalar.ID,
    dict: Scalar.JSON,
}


class InputBuilder:
    """Makes types of models, and enums of their literals; equal enums of the graph are shared."""

    def __init__(self, types_: TypeBuilder, choices: tuple[Choice, ...]) -> None:
        self.types = types_
        self.choices = {frozenset(value for value, _ in one.values): one for one in choices}
        self.made: dict[str, GraphQLInputObjectType] = {}
        self.answers: dict[str, GraphQLObjectType] = {}

    def verb_input(self, verb: Verb, name: str) -> GraphQLInputObjectType:
        """Return the input type of a verb: the model's fields, and the key of a repetition if it writes."""
        if verb.answer is not None:
            return self._make(verb.input, name, {})
        text = "Key under which a repetition of this very deed is recognised; up to 80 characters."
        key = GraphQLInputField(GraphQLString, description=self.types.describe("Input.idempotencyKey", text))
        return self._make(verb.input, name, {"idempotencyKey": key})

    def payload_fields(self, model: type[Answer], name: str) -> dict[str, GraphQLField]:
        """Return the fields of an answer as its payload has them: null where the verb was refused."""
        return self._answer_fields(model, name, always=False)

    def _answer(self, model: type[Answer]) -> GraphQLObjectType:
        name = model.__name__
        if name not in self.answers:
            text = (model.__doc__ or name).strip().split("\n")[0]
            self.answers[name] = GraphQLObjectType(
                name,
                self._answer_fields(model, name, always=True),
                description=self.types.describe(name, text),
            )
        return self.answers[name]

    def _answer_fields(self, model: type[Answer], owner: str, *, always: bool) -> dict[str, GraphQLField]:
        fields = {}
        for info in model.model_fields.values():
            name = str(info.alias)
            kind, optional = self._type(info.annotation, _enum_name(owner, name))
            description = self.types.describe(f"{owner}.{name}", _described(info))
            shown = GraphQLNonNull(kind) if always and not optional else kind
            fields[name] = GraphQLField(shown, description=description)
        return fields

    def _make(
        self, model: type[Input], name: str, extra: dict[str, GraphQLInputField]
    ) -> GraphQLInputObjectType:
        if name not in self.made:
            fields = {
                str(info.alias): self._field(name, str(info.alias), info)
                for info in model.model_fields.values()
            }
            text = (model.__doc__ or name).strip().split("\n")[0]
            self.made[name] = GraphQLInputObjectType(
                name, {**fields, **extra}, description=self.types.describe(name, text)
            )
        return self.made[name]

    def _field(self, owner: str, name: str, info: FieldInfo) -> GraphQLInputField:
        kind, optional = self._type(info.annotation, _enum_name(owner, name))
        required = info.is_required() and not optional
        description = self.types.describe(f"{owner}.{name}", _described(info))
        return GraphQLInputField(GraphQLNonNull(kind) if required else kind, description=description)

    def _type(self, annotation: Any, enum_name: str) -> tuple[Any, bool]:
        origin = get_origin(annotation)
        if origin is Annotated:
            return self._type(get_args(annotation)[0], enum_name)
        if origin in (Union, types.UnionType):
            inner = [one for one in get_args(annotation) if one is not type(None)]
            return self._type(inner[0], enum_name)[0], True
        if origin in (tuple, list):
            item, _ = self._type(get_args(annotation)[0], enum_name)
            return GraphQLList(GraphQLNonNull(item)), False
        if origin is Literal:
            return self.types.enum(self._choice(get_args(annotation), enum_name)), False
        if isinstance(annotation, type) and issubclass(annotation, Input):
            return self._make(annotation, f"{annotation.__name__}Input", {}), False
        if isinstance(annotation, type) and issubclass(annotation, Answer):
            return self._answer(annotation), False
        return self.types.kind(PLAIN[origin or annotation]), False

    def _choice(self, values: tuple[str, ...], enum_name: str) -> Choice:
        known = self.choices.get(frozenset(values))
        if known is not None:
            return known
        texts = tuple((value, f"{value.replace('_', ' ').capitalize()}.") for value in values)
        return Choice(enum_name, "One of these.", texts)


def _enum_name(owner: str, name: str) -> str:
    return f"{owner.removesuffix('Input').removesuffix('Payload')}{name[0].upper()}{name[1:]}"


def _described(info: FieldInfo) -> str:
    """Return a field's description; of an optional one, that of the type that it may have."""
    inner = (
        mark
        for arm in get_args(info.annotation)
        if get_origin(arm) is Annotated
        for mark in get_args(arm)[1:]
    )
    said = (mark.description for mark in inner if isinstance(mark, FieldInfo) and mark.description)
    return info.description or next(said, "")
