"""Mutations: each root field is a deed in a transaction of its own, then its payload is read."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import orjson
from graphql import FieldNode

from linli.deeds import Outcome, Request, perform
from linli.verbs.verb import Verb
from linli_graphql.plan.root import by_id
from linli_graphql.plan.selection import Document, arguments_of, picked
from linli_graphql.schema.assemble import payload_name
from linli_graphql.service.errors import user_error
from linli_graphql.service.planner import Operation
from linli_graphql.service.reading import Part

if TYPE_CHECKING:
    from linli_graphql.service.service import Incoming, Service


@dataclass(frozen=True)
class _Field:
    """One mutation field of a request."""

    operation: Operation
    incoming: "Incoming"
    document: Document
    verb: Verb
    key: str
    nodes: list[FieldNode]


class Mutations:
    """Performs deeds and reads their payloads."""

    def __init__(self, service: "Service") -> None:
        self._service = service
        self._in_flight: WeakValueDictionary[tuple[Any, ...], asyncio.Lock] = WeakValueDictionary()

    async def execute(self, operation: Operation, incoming: "Incoming") -> bytes:
        """Perform the fields of a mutation one after the other and return the answer's JSON."""
        document = operation.plain(self._service.schema)
        members = []
        for key, nodes in document.root("Mutation", operation.node.selection_set).items():
            name = nodes[0].name.value
            if name == "__typename":
                members.append((key, b'"Mutation"'))
                continue
            field = _Field(operation, incoming, document, self._service.registry.verbs[name], key, nodes)
            members.append((key, await self._field(field)))
        return b'{"data":' + _object(members) + b"}"

    async def _field(self, field: _Field) -> bytes:
        data = dict(arguments_of(field.document, "Mutation", field.nodes[0])["input"])
        idempotency_key = data.pop("idempotencyKey", None)
        caller = await self._service.callers.of(field.incoming.token)
        request = Request(caller.actor, field.verb, data, idempotency_key, field.incoming.request_id)
        outcome = await self._perform(request)
        selected = field.document.fields(payload_name(field.verb), field.nodes)
        return _object(
            [(key, await self._member(field, key, group, outcome)) for key, group in selected.items()]
        )

    async def _perform(self, request: Request) -> Outcome:
        service = self._service

        async def deed() -> Outcome:
            outcome = await service.database.run(
                lambda connection: perform(connection, service.deeds, request)
            )
            if outcome.ref is not None:
                service.wake()
            return outcome

        if request.key is None:
            return await deed()
        # Equal keys wait here in memory, so that they never hold connections while they wait.
        name = (request.actor.account_id, request.verb.name, request.key)
        lock = self._in_flight.setdefault(name, asyncio.Lock())
        async with lock:
            return await deed()

    async def _member(self, field: _Field, key: str, group: list[FieldNode], outcome: Outcome) -> bytes:
        match group[0].name.value:
            case "__typename":
                return orjson.dumps(payload_name(field.verb))
            case "errors":
                return self._errors(field, group, outcome)
            case _:
                return await self._thing(field, key, group, outcome)

    def _errors(self, field: _Field, group: list[FieldNode], outcome: Outcome) -> bytes:
        language, messages = field.incoming.language, self._service.messages
        errors = [user_error(one, messages, language) for one in outcome.refusals]
        return orjson.dumps([picked(field.document, "UserError", group, one) for one in errors])

    async def _thing(self, field: _Field, key: str, group: list[FieldNode], outcome: Outcome) -> bytes:
        target = self._service.registry.node(outcome.ref.type) if outcome.ref else None
        if target is None or outcome.ref is None:
            return b"null"
        text, _ = await self._service.reader.read(
            Part(
                field.operation,
                field.incoming.token,
                ("payload", field.key, key),
                lambda compiler: by_id(compiler, target.name, group, key),
                {"id": outcome.ref.id},
            )
        )
        return orjson.dumps(orjson.loads(text)[key])


def _object(members: list[tuple[str, bytes]]) -> bytes:
    return b"{" + b",".join(orjson.dumps(key) + b":" + value for key, value in members) + b"}"
