"""The service: an operation of a caller goes in, the bytes of its answer come out."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from weakref import WeakSet

import orjson
import structlog
from graphql import FieldNode, GraphQLSchema, OperationType, execute_sync
from graphql.language import DocumentNode, SelectionSetNode

from linli.database.database import Database
from linli.deeds import Deeds
from linli.messages import Language, Messages
from linli.traces.strangers import Strangers
from linli_graphql.declare.fields import Asking, RootResolver, TooManyIdsError
from linli_graphql.declare.registry import Registry
from linli_graphql.plan.root import compile_roots
from linli_graphql.plan.selection import arguments_of, picked
from linli_graphql.service.callers import Callers
from linli_graphql.service.documents import Documents
from linli_graphql.service.errors import RequestError
from linli_graphql.service.forms import Form, Forms, Operation, RootKind
from linli_graphql.service.introspection import Introspection
from linli_graphql.service.mutations import Mutations
from linli_graphql.service.planner import Planner
from linli_graphql.service.reading import Part, Reader
from linli_graphql.service.terms import OPEN, Terms
from linli_graphql.service.workshop import Workshop


@dataclass(frozen=True)
class Incoming:
    """A GraphQL request as the transport understood it."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    token: str | None = field(default=None, repr=False)
    language: Language = "en"
    request_id: str | None = None
    address: str | None = field(default=None, repr=False)
    mutations: bool = True
    introspection: bool = True


class Service:
    """Answers queries and mutations of one deployment.

    Attributes:
        strangers: what was refused to callers without an account; whoever serves has it written down.
        fallbacks: how many root fields were answered by Python instead of one planned statement.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry,
        schema: GraphQLSchema,
        deeds: Deeds,
        messages: Messages,
        wake: Callable[[], None] = lambda: None,
        terms: Terms = OPEN,
    ) -> None:
        self.database = database
        self.registry = registry
        self.schema = schema
        self.deeds = deeds
        self.messages = messages
        self.wake = wake
        self.workshop = Workshop()
        self.strangers = Strangers()
        self.documents = Documents(schema, suggestions=terms.suggestions)
        self.forms = Forms(schema, registry, suggestions=terms.suggestions)
        self.callers = Callers(database, lambda: deeds.policy)
        self.planner = Planner(registry, database, terms, self.workshop)
        self.introspection = Introspection(schema)
        self.reader = Reader(database, self.callers, self.planner, lambda: self.deeds.vault)
        self.mutations = Mutations(self)
        self.fallbacks = 0
        self._told: WeakSet[Form] = WeakSet()
        self._log = structlog.get_logger("linli.service")

    async def execute(self, incoming: Incoming) -> bytes:
        """Return the JSON of an answer.

        Raises:
            RequestError: the request cannot be answered at all.
            Unavailable: the database cannot be reached.
        """
        operation = await self.prepare(incoming)
        match operation.node.operation:
            case OperationType.QUERY:
                return await self._query(operation, incoming)
            case OperationType.MUTATION if incoming.mutations:
                # Shielded: a deed that has begun runs to its end, whether or not the client still waits.
                return await asyncio.shield(self.mutations.execute(operation, incoming))
            case OperationType.MUTATION:
                raise RequestError.of(405, "METHOD_NOT_ALLOWED", "Mutations are sent by POST.")
            case _:
                message = "Subscriptions are followed over graphql-transport-ws or server-sent events."
                raise RequestError.of(400, "SUBSCRIPTION_TRANSPORT", message)

    async def is_subscription(self, incoming: Incoming) -> bool:
        """Whether the operation is to be followed.

        Raises:
            RequestError: the document is not valid, or has no such operation.
        """
        await self.documents.learn(incoming.query, self.workshop)
        node, _ = self.documents.prepare(incoming.query).operation(incoming.operation_name)
        return node.operation is OperationType.SUBSCRIPTION

    async def prepare(self, incoming: Incoming) -> Operation:
        """Return the operation of a request, validated, with its variables."""
        await self.documents.learn(incoming.query, self.workshop)
        prepared = self.documents.prepare(incoming.query)
        return self.forms.operation(prepared, incoming.operation_name, incoming.variables)

    async def afford(self, token: str | None, cost: int) -> None:
        """Refuse what several plans together could return.

        Raises:
            RequestError: it is more rows than the caller may ask for at once.
        """
        if cost > self.planner.terms.most_rows((await self.callers.of(token)).actor):
            raise RequestError.of(400, "LIMIT_EXCEEDED", f"That could return {cost} rows; ask for less.")

    async def _query(self, operation: Operation, incoming: Incoming) -> bytes:
        form = operation.form
        if not incoming.introspection and RootKind.INTROSPECTION in form.kinds.values():
            raise RequestError.of(400, "INTROSPECTION_DISABLED", "Sign in to introspect the schema.")
        self._check_introspection(form)
        text, errors = await self._read_roots(operation, incoming)
        if form.planned is form.roots and not errors:
            return b'{"data":' + text + b"}"
        if not form.planned and RootKind.RESOLVED not in form.kinds.values():
            await self.callers.current(incoming.token)
        found = orjson.loads(text)
        self._note_fallbacks(form)
        for key, nodes in form.roots.items():
            match form.kinds[key]:
                case RootKind.RESOLVED:
                    found[key] = await self._resolve(operation, incoming, nodes)
                case RootKind.INTROSPECTION:
                    found |= await self.workshop.run(partial(self._introspect, operation, nodes))
        answer = {"data": {key: found.get(key) for key in form.roots}}
        return orjson.dumps(answer | ({"errors": errors} if errors else {}))

    def _check_introspection(self, form: Form) -> None:
        asked = [
            node
            for key, nodes in form.roots.items()
            if form.kinds[key] is RootKind.INTROSPECTION
            for node in nodes
        ]
        self.introspection.check(asked, form.prepared.fragments)

    def _note_fallbacks(self, form: Form) -> None:
        """Count the root fields that no plan answers; a document that has some is told of once."""
        self.fallbacks += len(form.roots) - len(form.planned)
        if len(form.planned) < len(form.roots) and form not in self._told:
            self._told.add(form)
            fields = {nodes[0].name.value for key, nodes in form.roots.items() if key not in form.planned}
            self._log.info("fallback", fields=sorted(fields))

    async def _read_roots(
        self, operation: Operation, incoming: Incoming
    ) -> tuple[bytes, list[dict[str, Any]]]:
        planned = operation.form.planned
        if not planned:
            return b"{}", []
        return await self.reader.read(
            Part(operation, incoming.token, "roots", lambda compiler: compile_roots(compiler, planned))
        )

    async def _resolve(self, operation: Operation, incoming: Incoming, nodes: list[FieldNode]) -> Any:
        declared = self.registry.roots[nodes[0].name.value]
        if not isinstance(declared, RootResolver):
            raise TypeError("not a resolver")
        caller = await self.callers.current(incoming.token)
        document = operation.plain()
        asking = Asking(
            caller.actor, incoming.language, self.database.run, self.deeds.policy, self.deeds.consents
        )
        try:
            value = await declared.resolve(asking, arguments_of(document, "Query", nodes[0]))
        except TooManyIdsError as error:
            raise RequestError.of(400, "LIMIT_EXCEEDED", f"At most {error.most} ids at once.") from error
        return picked(document, declared.target, nodes, value)

    def _introspect(self, operation: Operation, nodes: list[FieldNode]) -> dict[str, Any]:
        selection = SelectionSetNode(selections=tuple(nodes))
        node = operation.node.__class__(
            operation=OperationType.QUERY,
            name=operation.node.name,
            variable_definitions=operation.node.variable_definitions,
            directives=(),
            selection_set=selection,
        )
        document = DocumentNode(definitions=(node, *operation.form.prepared.fragments.values()))
        result = execute_sync(self.schema, document, variable_values=operation.variables)
        return dict(result.data or {})
