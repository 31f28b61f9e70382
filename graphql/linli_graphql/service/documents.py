"""Documents: parsed and validated once, kept by their text."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    recommended_rules,
    specified_rules,
    validate,
)

from linli_graphql.service.cache import Lru
from linli_graphql.service.errors import RequestError, described
from linli_graphql.service.limits import MOST_TOKENS, check_limits
from linli_graphql.service.variables import MOST_ERRORS, Signature, signature_of
from linli_graphql.service.workshop import Workshop

RULES = (*specified_rules, *recommended_rules)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A document that is valid for the schema."""

    document: DocumentNode = field(repr=False)
    fragments: Mapping[str, FragmentDefinitionNode]
    operations: Mapping[str | None, tuple[OperationDefinitionNode, Signature]]

    def operation(self, name: str | None) -> tuple[OperationDefinitionNode, Signature]:
        """Return the operation to run, and its variables.

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
        return self._known.get(text) or self._known.put(text, self._prepare(text))

    async def learn(self, text: str, workshop: Workshop) -> None:
        """Prepare a document in the workshop, unless it is known.

        Raises:
            RequestError: as `prepare` does.
        """
        if self._known.get(text) is None:
            self._known.put(text, await workshop.run(lambda: self._prepare(text)))

    def _prepare(self, text: str) -> Prepared:
        try:
            document = parse(text, max_tokens=MOST_TOKENS, no_location=False)
        except GraphQLError as error:
            raise RequestError(400, [described(error, "GRAPHQL_PARSE_FAILED")]) from error
        check_limits(document)
        # The last error says that there are more.
        most = MOST_ERRORS - 1
        errors = validate(self.schema, document, RULES, max_errors=most, hide_suggestions=self._quiet)
        if errors:
            raise RequestError(400, [described(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        operations = {
            one.name.value if one.name else None: (one, signature_of(self.schema, one))
            for one in document.definitions
            if isinstance(one, OperationDefinitionNode)
        }
        return Prepared(document, fragments, operations)
