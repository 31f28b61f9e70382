"""Answers of verbs in the shape of a payload: what is selected of a model, as GraphQL writes it."""

from typing import Any

from graphql import FieldNode, GraphQLList, GraphQLObjectType, get_nullable_type

from linli.ids import public_id
from linli.verbs.answers import Answer
from linli.verbs.inputs import NodeRef
from linli_graphql.plan.selection import Document, Selection


def answered(document: Document, type_name: str, selection: Selection, answer: Answer) -> dict[str, Any]:
    """Return what is selected of an answer, by response key; `type_name` is the type that has its fields."""
    parent: Any = document.schema.type_map[type_name]
    values = {str(info.alias): getattr(answer, name) for name, info in type(answer).model_fields.items()}
    found: dict[str, Any] = {}
    for key, group in selection.items():
        name = group[0].name.value
        found[key] = (
            type_name
            if name == "__typename"
            else _shown(document, parent.fields[name].type, group, values[name])
        )
    return found


def _shown(document: Document, kind: Any, nodes: list[FieldNode], value: Any) -> Any:
    kind = get_nullable_type(kind)
    if value is None:
        return None
    if isinstance(kind, GraphQLList):
        return [_shown(document, kind.of_type, nodes, one) for one in value]
    if isinstance(kind, GraphQLObjectType):
        return answered(document, kind.name, document.fields(kind.name, nodes), value)
    if isinstance(value, NodeRef):
        return public_id(value.type, value.id)
    return kind.serialize(value)
