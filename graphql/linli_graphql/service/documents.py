"""Documents: parsed and validated once, kept by their text."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    type_from_ast,
    validate,
)
from graphql.execution.values import get_variable_values

from linli_graphql.service.cache import Lru
from linli_graphql.service.errors import RequestError, described
from linli_graphql.service.limits import check_limits

MOST_TOKENS = 4_000
MOST_ERRORS = 20


@dataclass(frozen=True)
class Prepared:
    """A document that is valid for the schema."""

    hash: str
    document: DocumentNode
    fragments: Mapping[str, FragmentDefinitionNode]
    operations: Mapping[str | None, OperationDefinitionNode]
    _kinds: dict[str | None, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    def kinds(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> Mapping[str, Any]:
        """Return the types of an operation's variables by name."""
        name = operation.name.value if operation.name else None
        found = self._kinds.get(name)
        if found is None:
            definitions = operation.variable_definitions or ()
            found = {one.variable.name.value: type_from_ast(schema, one.type) for one in definitions}
            self._kinds[name] = found
        return found

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation to run.

        Raises:
            RequestError: the name is unknown, or is missing where there are several.
        """
        if name is None and len(self.operations) > 1:
            raise RequestError.of(
                400, "OPERATION_NAME_REQUIRED", "Send operationName: the document has several."
            )
        found = self.operations.get(name) if name is not None else next(iter(self.operations.values()))
        if found is None:
            raise RequestError.of(400, "OPERATION_NOT_FOUND", "The document has no operation of this name.")
        return found


class Documents:
    """The documents that were seen lately; without `suggestions`, no error tells a name of the schema."""

    def __init__(self, schema: GraphQLSchema, *, suggestions: bool = True, size: int = 1_000) -> None:
        self.schema = schema
        self._quiet = not suggestions
        self._known: Lru[str, Prepared] = Lru(size)

    def prepare(self, text: str) -> Prepared:
        """Return the parsed and validated document.

        Raises:
            RequestError: it cannot be parsed, is over a limit, or is not valid for the schema.
        """
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return self._known.get(key) or self._known.put(key, self._prepare(key, text))

    def variables(self, operation: OperationDefinitionNode, given: Mapping[str, Any]) -> Any:
        """Return an operation's variables as Python values.

        Raises:
            RequestError: a variable is missing or of the wrong type.
        """
        definitions = list(operation.variable_definitions or ())
        values = get_variable_values(
            self.schema, definitions, dict(given), max_errors=MOST_ERRORS, hide_suggestions=self._quiet
        )
        if isinstance(values, list):
            raise RequestError(400, [described(error, "BAD_USER_INPUT") for error in values])
        return values

    def _prepare(self, key: str, text: str) -> Prepared:
        try:
            document = parse(text, max_tokens=MOST_TOKENS, no_location=False)
        except GraphQLError as error:
            raise RequestError(400, [described(error, "GRAPHQL_PARSE_FAILED")]) from error
        check_limits(document)
        errors = validate(self.schema, document, max_errors=MOST_ERRORS, hide_suggestions=self._quiet)
        if errors:
            raise RequestError(400, [described(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        operations = {
            one.name.value if one.name else None: one
            for one in document.definitions
            if isinstance(one, OperationDefinitionNode)
        }
        return Prepared(key, document, fragments, operations)
