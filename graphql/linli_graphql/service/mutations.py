"""Mutations: each root field is a deed in a transaction of its own, then its payload is read."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import orjson
from graphql import FieldNode

from linli.access.actors import actor_of_token
from linli.database.database import Unavailable
from linli.deeds import Outcome, Request, perform
from linli.errors import Unauthenticated
from linli.verbs.inputs import NodeRef
from linli.verbs.verb import Verb
from linli_graphql.plan.root import by_id
from linli_graphql.plan.selection import Document, Selection, arguments_of, picked
from linli_graphql.schema.assemble import payload_name
from linli_graphql.service.errors import RequestError, user_error
from linli_graphql.service.planner import Operation
from linli_graphql.service.reading import Part

if TYPE_CHECKING:
    from linli_graphql.service.service import Incoming, Service

PLAIN = ("__typename", "errors")
NIL = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class _Field:
    """One mutation field of a request; `verb` is None for `__typename`."""

    operation: Operation
    incoming: "Incoming"
    document: Document
    verb: Verb | None
    key: str
    nodes: list[FieldNode]

    @property
    def payload_type(self) -> str:
        """The name of its type."""
        return "Mutation" if self.verb is None else payload_name(self.verb)

    def payload(self) -> Selection:
        """Return what is selected of its payload."""
        return self.document.fields(self.payload_type, self.nodes)


class Mutations:
    """Performs deeds and reads their payloads."""

    def __init__(self, service: "Service") -> None:
        self._service = service
        self._in_flight: WeakValueDictionary[tuple[Any, ...], asyncio.Lock] = WeakValueDictionary()

    async def execute(self, operation: Operation, incoming: "Incoming") -> bytes:
        """Perform the fields of a mutation one after the other and return the answer's JSON.

        Raises:
            RequestError: something cannot be answered; then nothing has been done.
        """
        document = operation.plain(self._service.schema)
        verbs = self._service.registry.verbs
        fields = {
            key: _Field(operation, incoming, document, verbs.get(nodes[0].name.value), key, nodes)
            for key, nodes in document.root("Mutation", operation.node.selection_set).items()
        }
        for field in fields.values():
            await self._check(field)
        lost: list[dict[str, Any]] = []
        members = [(key, await self._field(field, lost)) for key, field in fields.items()]
        errors = b',"errors":' + orjson.dumps(lost) if lost else b""
        return b'{"data":' + _object(members) + errors + b"}"

    async def _check(self, field: _Field) -> None:
        """Refuse a payload that could not be read, while nothing has been done yet."""
        await self._service.callers.of(field.incoming.token)
        for key, group in field.payload().items():
            if field.verb is not None and group[0].name.value not in PLAIN:
                await self._service.reader.check(
                    self._part(field, key, group, NodeRef(field.verb.returns, NIL))
                )

    async def _field(self, field: _Field, lost: list[dict[str, Any]]) -> bytes:
        if field.verb is None:
            return b'"Mutation"'
        data = dict(arguments_of(field.document, "Mutation", field.nodes[0])["input"])
        key = data.pop("idempotencyKey", None)
        try:
            caller = await self._service.callers.of(field.incoming.token)
        except RequestError:
            # The token was good for the fields before, whose outcome must still be told.
            outcome = Outcome(refusals=(Unauthenticated(),))
        else:
            prove = partial(actor_of_token, token=field.incoming.token or "")
            request = Request(caller.actor, field.verb, data, key, field.incoming.request_id, prove)
            outcome = await self._perform(request)
        return _object(
            [
                (key, await self._member(field, key, group, outcome, lost))
                for key, group in field.payload().items()
            ]
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

    async def _member(
        self, field: _Field, key: str, group: list[FieldNode], outcome: Outcome, lost: list[dict[str, Any]]
    ) -> bytes:
        match group[0].name.value:
            case "__typename":
                return orjson.dumps(field.payload_type)
            case "errors":
                return self._errors(field, group, outcome)
            case _ if outcome.ref is None:
                return b"null"
            case _:
                text, errors = await self._thing(self._part(field, key, group, outcome.ref), key)
                lost += [{**error, "path": [field.key, *error["path"]]} for error in errors]
                return text

    def _errors(self, field: _Field, group: list[FieldNode], outcome: Outcome) -> bytes:
        language, messages = field.incoming.language, self._service.messages
        errors = [user_error(one, messages, language) for one in outcome.refusals]
        return orjson.dumps([picked(field.document, "UserError", group, one) for one in errors])

    async def _thing(self, part: Part, key: str) -> tuple[bytes, list[dict[str, Any]]]:
        """Return what was done as the caller may see it; failing that, null and why: the deed stands."""
        try:
            text, errors = await self._service.reader.read(part)
        except RequestError as error:
            return b"null", [{**one, "path": [key]} for one in error.errors]
        except Unavailable:
            message = "It is done, but the database cannot be read now."
            return b"null", [{"message": message, "path": [key], "extensions": {"code": "UNAVAILABLE"}}]
        return orjson.dumps(orjson.loads(text)[key]), errors

    def _part(self, field: _Field, key: str, group: list[FieldNode], ref: NodeRef) -> Part:
        target = self._service.registry.node(ref.type)
        if target is None:
            raise TypeError(f"no type has ids of {ref.type}")
        return Part(
            field.operation,
            field.incoming.token,
            ("payload", field.key, key),
            lambda compiler: by_id(compiler, target.name, group, key),
            {"id": ref.id},
        )


def _object(members: list[tuple[str, bytes]]) -> bytes:
    return b"{" + b",".join(orjson.dumps(key) + b":" + value for key, value in members) + b"}"
