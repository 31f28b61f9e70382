"""Forms: what requests share whose document, operation and shape of variables are the same."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from graphql import GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues

from linli_graphql.declare.fields import RootResolver
from linli_graphql.declare.registry import Registry
from linli_graphql.plan.plan import Plan
from linli_graphql.plan.selection import Document, Selection
from linli_graphql.plan.shape import split
from linli_graphql.service.cache import Lru
from linli_graphql.service.documents import Prepared
from linli_graphql.service.variables import Signature

MOST_VALUES: Final = 500  # in the variables of a form that is kept


class RootKind(StrEnum):
    """How a root field is answered."""

    PLANNED = "planned"
    RESOLVED = "resolved"
    INTROSPECTION = "introspection"


@dataclass(frozen=True)
class Family:
    """The plans of one part of a form, by the shapes of the decisions that they consulted."""

    consulted: tuple[tuple[str, str], ...]
    plans: Lru[Hashable, Plan]


@dataclass(frozen=True, eq=False)
class Form:
    """An operation with slots in place of the values that are only bound.

    Attributes:
        document: what selections are read from.
        families: the plans that were made for it, kept for as long as it is.
    """

    prepared: Prepared = field(repr=False)
    node: OperationDefinitionNode
    signature: Signature
    document: Document = field(repr=False)
    registry: Registry = field(repr=False)
    families: dict[Hashable, Family] = field(default_factory=dict, repr=False)

    @cached_property
    def roots(self) -> Selection:
        """The root fields of a query."""
        return self.document.root("Query", self.node.selection_set)

    @cached_property
    def kinds(self) -> Mapping[str, RootKind]:
        """How each root field of a query is answered."""
        return {key: self._kind(nodes[0].name.value) for key, nodes in self.roots.items()}

    @cached_property
    def planned(self) -> Selection:
        """The root fields of a query that one statement answers."""
        found = {key: nodes for key, nodes in self.roots.items() if self.kinds[key] is RootKind.PLANNED}
        return self.roots if len(found) == len(self.roots) else found

    def _kind(self, name: str) -> RootKind:
        if name in ("__schema", "__type"):
            return RootKind.INTROSPECTION
        resolved = isinstance(self.registry.roots.get(name), RootResolver)
        return RootKind.RESOLVED if resolved else RootKind.PLANNED


@dataclass(frozen=True)
class Operation:
    """One request's operation: its form, and its variables as Python values."""

    form: Form
    variables: dict[str, Any] = field(repr=False)
    coerced: VariableValues | None = field(default=None, repr=False)

    @property
    def node(self) -> OperationDefinitionNode:
        """Its definition in the document."""
        return self.form.node

    def plain(self) -> Document:
        """Return what selections are read from where values are needed now, not bound later."""
        slotted = self.form.document
        values = self.coerced or self.form.signature.coerced(slotted.schema, self.variables, quiet=True)
        return Document(slotted.schema, slotted.fragments, values)


class Forms:
    """The forms that were seen lately; without `suggestions`, no error tells a name of the schema."""

    def __init__(
        self, schema: GraphQLSchema, registry: Registry, *, suggestions: bool = True, size: int = 2_000
    ) -> None:
        self._schema = schema
        self._registry = registry
        self._quiet = not suggestions
        self._known: Lru[Hashable, Form] = Lru(size)

    def operation(self, prepared: Prepared, name: str | None, given: Mapping[str, Any]) -> Operation:
        """Return the operation of a request, with its variables.

        Raises:
            RequestError: the name is unknown or missing; a variable is missing or of the wrong type.
        """
        node, signature = prepared.operation(name)
        variables, coerced = signature.quick(given), None
        if variables is None:
            coerced = signature.coerced(self._schema, given, quiet=self._quiet)
            variables = coerced.coerced
        pairs = {one: split(signature.kinds[one], value, (one,)) for one, value in variables.items()}
        key = (prepared, name, *((one, shape) for one, (_, shape) in pairs.items()))
        form = self._known.get(key)
        if form is None:
            slotted = VariableValues({}, {one: value for one, (value, _) in pairs.items()})
            document = Document(self._schema, prepared.fragments, slotted)
            form = Form(prepared, node, signature, document, self._registry)
            if coerced is None or _is_small(variables):
                self._known.put(key, form)
        return Operation(form, variables, coerced)


def _is_small(variables: Mapping[str, Any]) -> bool:
    """Whether a form of these variables is worth its room: long lists hardly ever come twice alike."""
    waiting, seen = [*variables.values()], 0
    while waiting and seen <= MOST_VALUES:
        one, seen = waiting.pop(), seen + 1
        if isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return seen <= MOST_VALUES
