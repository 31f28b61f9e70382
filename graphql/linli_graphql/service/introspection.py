"""Introspection: how much a selection of the schema would give, reckoned before it is read."""

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_introspection_query,
    parse,
)

from linli_graphql.service.errors import RequestError

TIMES: Final = 1.5  # more than the whole schema once is more than any tool asks for
FEW: Final = 4
WRAPPED: Final = 0.6  # how many types are the list or the non-null form of another one


class Introspection:
    """What lists of the schema hold: all types, and of the rest as many as a type has on average."""

    def __init__(self, schema: GraphQLSchema) -> None:
        types = [*schema.type_map.values()]
        owners = [one for one in types if isinstance(one, GraphQLObjectType | GraphQLInterfaceType)]
        fields = [field for one in owners for field in one.fields.values()]
        inputs = sum(len(one.fields) for one in types if isinstance(one, GraphQLInputObjectType))
        choices = sum(len(one.values) for one in types if isinstance(one, GraphQLEnumType))
        self._sizes: Mapping[str, float] = {
            "types": len(types),
            "fields": len(fields) / max(len(owners), 1),
            "args": sum(len(one.args) for one in fields) / max(len(fields), 1),
            "inputFields": inputs / len(types),
            "enumValues": choices / len(types),
            "directives": len(schema.directives),
            "possibleTypes": FEW,
            "ofType": WRAPPED,
        }
        document = parse(get_introspection_query())
        whole, *rest = document.definitions
        named = {one.name.value: one for one in rest if isinstance(one, FragmentDefinitionNode)}
        self.most = TIMES * self._cost(whole, named)

    def check(self, nodes: list[FieldNode], fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        """Refuse a selection that would give too much.

        Raises:
            RequestError: it would.
        """
        if sum(self._cost(node, fragments) for node in nodes) > self.most:
            message = "The introspection goes too far into the schema; ask for less at once."
            raise RequestError.of(400, "LIMIT_EXCEEDED", message)

    def _cost(self, node: Any, fragments: Mapping[str, FragmentDefinitionNode]) -> float:
        """Return how many fields a selection gives; fragments are opened, which limits have bounded."""
        if isinstance(node, FragmentSpreadNode):
            node = fragments[node.name.value]
        below = node.selection_set.selections if node.selection_set else ()
        inside = sum(self._cost(one, fragments) for one in below)
        if not isinstance(node, FieldNode):
            return inside
        return 1 + inside * self._sizes.get(node.name.value, 1)
