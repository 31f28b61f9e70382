"""Mutations: each root field is a deed in a transaction of its own, then its payload is read."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import orjson
from graphql import FieldNode
from sqlalchemy import Connection

from linli.access.actors import actor_of_token
from linli.database.database import Unavailable
from linli.deeds import Outcome, Request, perform
from linli.errors import Unauthenticated
from linli.verbs.inputs import NodeRef
from linli.verbs.verb import Verb
from linli_graphql.plan.root import by_id
from linli_graphql.plan.selection import Document, Selection, arguments_of, picked
from linli_graphql.schema.assemble import payload_name
from linli_graphql.service.answers import answered
from linli_graphql.service.errors import RequestError, user_error
from linli_graphql.service.forms import Operation
from linli_graphql.service.reading import Look, Part

if TYPE_CHECKING:
    from linli_graphql.service.service import Incoming, Service

PLAIN = ("__typename", "errors")
CANNOT_BE_READ = MappingProxyType(
    {
        "message": "It is done, but the database cannot be read now.",
        "extensions": {"code": "UNAVAILABLE"},
    }
)
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

    def things(self) -> Selection:
        """Return what is selected of the node that was made or changed."""
        return {key: group for key, group in self.payload().items() if group[0].name.value not in PLAIN}


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
        document = operation.plain()
        verbs = self._service.registry.verbs
        fields = {
            key: _Field(operation, incoming, document, verbs.get(nodes[0].name.value), key, nodes)
            for key, nodes in document.root("Mutation", operation.node.selection_set).items()
        }
        cost = 0
        for field in fields.values():
            cost += await self._check(field)
        await self._service.afford(incoming.token, cost)
        lost: list[dict[str, Any]] = []
        members = [(key, await self._field(field, lost)) for key, field in fields.items()]
        errors = b',"errors":' + orjson.dumps(lost) if lost else b""
        return b'{"data":' + _object(members) + errors + b"}"

    async def _check(self, field: _Field) -> int:
        """Refuse a payload that could not be read, while nothing has been done yet; return its cost."""
        await self._service.callers.of(field.incoming.token)
        if field.verb is None or (part := self._part(field, field.verb)) is None:
            return 0
        return (await self._service.reader.prepare(part)).plan.cost

    async def _field(self, field: _Field, lost: list[dict[str, Any]]) -> bytes:
        if field.verb is None:
            return b'"Mutation"'
        data = dict(arguments_of(field.document, "Mutation", field.nodes[0])["input"])
        key = data.pop("idempotencyKey", None)
        part = self._part(field, field.verb)
        try:
            caller = await self._service.callers.of(field.incoming.token)
            look = await self._service.reader.prepare(part) if part else None
        except RequestError:
            # The token was good for the fields before, whose outcome must still be told.
            return self._payload(field, Outcome(refusals=(Unauthenticated(),)), {})
        prove = partial(actor_of_token, token=field.incoming.token or "")
        incoming = field.incoming
        request = Request(
            caller.actor, field.verb, data, key, incoming.request_id, prove, address=incoming.address
        )
        outcome, text = await self._perform(request, look)
        if caller.actor.account_id is None:
            self._service.strangers.note(field.verb.name, field.verb.returns, incoming.address)
        if outcome.answer is not None:
            things = answered(field.document, field.payload_type, field.things(), outcome.answer)
        else:
            things = await self._things(field, look, outcome.ref, text, lost) if look and outcome.ref else {}
        return self._payload(field, outcome, things)

    async def _perform(self, request: Request, look: Look | None) -> tuple[Outcome, bytes | None]:
        """Do the deed and read its payload in one transaction."""
        service = self._service

        def work(connection: Connection) -> tuple[Outcome, bytes | None]:
            outcome = perform(connection, service.deeds, request)
            return outcome, look.at(connection, outcome.ref.id) if look and outcome.ref else None

        async def deed() -> tuple[Outcome, bytes | None]:
            done = await service.database.run(work)
            if not done[0].refusals:
                service.wake()
            return done

        if request.key is None:
            return await deed()
        # Equal keys wait here in memory, so that they never hold connections while they wait.
        name = (request.actor.account_id, request.verb.name, request.key)
        lock = self._in_flight.setdefault(name, asyncio.Lock())
        async with lock:
            return await deed()

    def _payload(self, field: _Field, outcome: Outcome, things: Mapping[str, Any]) -> bytes:
        members = []
        for key, group in field.payload().items():
            match group[0].name.value:
                case "__typename":
                    members.append((key, orjson.dumps(field.payload_type)))
                case "errors":
                    members.append((key, self._errors(field, group, outcome)))
                case _:
                    members.append((key, orjson.dumps(things.get(key))))
        return _object(members)

    def _errors(self, field: _Field, group: list[FieldNode], outcome: Outcome) -> bytes:
        language, messages = field.incoming.language, self._service.messages
        errors = [user_error(one, messages, language) for one in outcome.refusals]
        return orjson.dumps([picked(field.document, "UserError", group, one) for one in errors])

    async def _things(
        self, field: _Field, look: Look, ref: NodeRef, text: bytes | None, lost: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Return what was done as the caller may see it; failing that, nothing and why: the deed stands."""
        part, reader = replace(look.part, given={"id": ref.id}), self._service.reader
        try:
            if text is None:
                whole, errors = await reader.read(part)
            else:
                whole, errors = await reader.finish(part, look.plan, text)
        except RequestError as error:
            whole, errors = b"{}", _untold(field, error.errors)
        except Unavailable:
            whole, errors = b"{}", _untold(field, [CANNOT_BE_READ])
        lost += [{**error, "path": [field.key, *error["path"]]} for error in errors]
        things: dict[str, Any] = orjson.loads(whole)
        return things

    def _part(self, field: _Field, verb: Verb) -> Part | None:
        """Return the part of a payload that is read: the node under every key that selects it."""
        if verb.answer is not None:
            return None
        selected = field.things()
        target = self._service.registry.node(verb.returns)
        if target is None:
            raise TypeError(f"no type has ids of {verb.returns}")
        if not selected:
            return None
        return Part(
            field.operation,
            field.incoming.token,
            ("payload", field.key),
            lambda compiler: by_id(compiler, target.name, selected),
            {"id": NIL},
        )


def _object(members: list[tuple[str, bytes]]) -> bytes:
    return b"{" + b",".join(orjson.dumps(key) + b":" + value for key, value in members) + b"}"


def _untold(field: _Field, errors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "path": [key]} for one in errors for key in field.things()]
