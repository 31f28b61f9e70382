"""The variables of an operation: what a request gives becomes Python values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    VariableDefinitionNode,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values

from linli_graphql.service.errors import RequestError, described

MOST_ERRORS: Final = 20
LARGEST_INT: Final = 2**31
# Types whose values, where they come as this, are left by coercion as they are.
PLAIN: Final[Mapping[Any, type]] = {GraphQLString: str, GraphQLID: str, GraphQLInt: int, GraphQLBoolean: bool}


@dataclass(frozen=True)
class Signature:
    """The variables that an operation declares; `plain` where all of them are plain scalars."""

    definitions: Sequence[VariableDefinitionNode] = field(repr=False)
    kinds: Mapping[str, Any]
    plain: Mapping[str, type] | None

    def quick(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the variables where coercion would leave all as they are, else None."""
        if self.plain is None or given.keys() != self.plain.keys():
            return None
        for name, kind in self.plain.items():
            value = given[name]
            if type(value) is not kind or (type(value) is int and not -LARGEST_INT <= value < LARGEST_INT):
                return None
        return dict(given)

    def coerced(self, schema: GraphQLSchema, given: Mapping[str, Any], *, quiet: bool) -> VariableValues:
        """Return the variables; `quiet` errors tell no names of the schema.

        Raises:
            RequestError: one is missing or of the wrong type.
        """
        values = get_variable_values(
            schema, self.definitions, dict(given), max_errors=MOST_ERRORS - 1, hide_suggestions=quiet
        )
        if isinstance(values, list):
            raise RequestError(400, [described(error, "BAD_USER_INPUT") for error in values])
        return values


def signature_of(schema: GraphQLSchema, node: OperationDefinitionNode) -> Signature:
    """Return the variables of an operation that is valid for the schema."""
    definitions = tuple(node.variable_definitions or ())
    kinds = {one.variable.name.value: type_from_ast(schema, one.type) for one in definitions}
    bare = {name: kind.of_type if isinstance(kind, GraphQLNonNull) else kind for name, kind in kinds.items()}
    plain = {name: PLAIN[kind] for name, kind in bare.items() if kind in PLAIN}
    return Signature(definitions, kinds, plain if len(plain) == len(kinds) else None)
