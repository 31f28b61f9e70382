"""One open socket: it says who asks, then runs operations side by side until one of the two leaves."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from linli.database.database import Unavailable
from linli_graphql.service.errors import RequestError
from linli_graphql.service.service import Incoming, Service
from linli_graphql.service.subscriptions import FRESH_SECONDS, Subscriptions
from linli_graphql.transport import messages
from linli_graphql.transport.arrival import arrival_of
from linli_graphql.transport.body import ClientGoneError
from linli_graphql.transport.budget import Budget
from linli_graphql.transport.failures import failure_of
from linli_graphql.transport.messages import ClosingError, Code, Said
from linli_graphql.transport.metrics import Metrics
from linli_graphql.transport.options import AppOptions
from linli_graphql.transport.parameters import MalformedError, Parameters, from_value

WHO: Final = "{ viewer { name } }"


@dataclass(frozen=True)
class Desk:
    """What answers the operations of all sockets."""

    service: Service
    subscriptions: Subscriptions
    metrics: Metrics
    budget: Budget
    log: Any


class Session:
    """A socket that has been accepted; `run` returns once it is closed."""

    def __init__(self, desk: Desk, options: AppOptions, scope: Scope, receive: Receive, send: Send) -> None:
        self._desk = desk
        self._options = options
        self._limits = options.limits
        self._scope = scope
        self._arrival = arrival_of(scope)
        self._receive = receive
        self._send = send
        self._token: str | None = None
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                await self._initialise()
                if self._token is not None:
                    group.create_task(self._stay_known())
                while True:
                    await self._heed(await self._said(), group)
        except* ClosingError as closings:
            await self._close(closings)
        except* ClientGoneError:
            pass

    async def _said(self) -> Said:
        message = await self._receive()
        if message["type"] != "websocket.receive":
            raise ClientGoneError
        return messages.read(message.get("text"), self._limits.message_bytes)

    async def _initialise(self) -> None:
        try:
            async with asyncio.timeout(self._limits.init_seconds):
                while (said := await self._said()).type != "connection_init":
                    await self._before(said)
        except TimeoutError:
            raise ClosingError(Code.INIT_TIMEOUT, "Connection initialisation timeout") from None
        self._token = messages.token_of(said.payload) or self._options.credentials.of_socket(self._arrival)
        try:
            await self._desk.service.callers.of(self._token)
        except RequestError:
            raise ClosingError(Code.FORBIDDEN, "Forbidden") from None
        except Unavailable:
            raise ClosingError(Code.TRY_AGAIN, "Try again later") from None
        await self._tell(messages.ACK)

    async def _stay_known(self) -> None:
        """Close the socket of a caller whose proof has ended, though nothing is asked on it."""
        asking = Incoming(WHO, token=self._token)
        while True:
            await asyncio.sleep(FRESH_SECONDS)
            if self._running:  # operations find out by themselves
                continue
            try:
                await self._desk.service.execute(asking)
            except RequestError as error:
                if error.status == 401:
                    raise ClosingError(Code.FORBIDDEN, "Forbidden") from None
            except Unavailable:
                continue

    async def _before(self, said: Said) -> None:
        if said.type not in ("ping", "pong"):
            raise ClosingError(Code.UNAUTHORIZED, "Unauthorized")
        if said.type == "ping":
            await self._tell(messages.PONG)

    async def _heed(self, said: Said, group: asyncio.TaskGroup) -> None:
        match said.type:
            case "connection_init":
                raise ClosingError(Code.TOO_MANY_INITS, "Too many initialisation requests")
            case "ping":
                await self._tell(messages.PONG)
            case "subscribe":
                await self._subscribe(said, group)
            case "complete" if (task := self._running.pop(said.id, None)) is not None:
                task.cancel()

    async def _subscribe(self, said: Said, group: asyncio.TaskGroup) -> None:
        if said.id in self._running:
            raise ClosingError(Code.TWICE, "Subscriber already exists")
        try:
            self._desk.budget.spend(self._scope, self._token)
            parameters = from_value(said.payload, self._options.documents)
            if len(self._running) >= self._limits.operations_per_socket:
                message = f"A socket runs {self._limits.operations_per_socket} operations at once."
                raise RequestError.of(429, "LIMIT_EXCEEDED", message)
        except MalformedError:
            raise ClosingError(Code.BAD_MESSAGE, "The payload is no GraphQL request") from None
        except RequestError as error:
            await self._tell(messages.error(said.id, error.errors))
            return
        self._running[said.id] = group.create_task(self._perform(said.id, self._incoming(parameters)))

    def _incoming(self, parameters: Parameters) -> Incoming:
        return Incoming(
            parameters.query,
            parameters.variables,
            parameters.operation_name,
            self._token,
            self._arrival.language,
            self._arrival.request_id,
            self._arrival.address,
            introspection=self._token is not None or self._options.introspection,
        )

    async def _perform(self, ident: str, incoming: Incoming) -> None:
        began, outcome, last = perf_counter(), "answered", messages.complete(ident)
        try:
            with self._desk.budget.charged(self._scope, self._token):
                await self._answer(ident, incoming)
        except (ClosingError, ClientGoneError):
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the service: every fault becomes an answer
            failure = failure_of(error, self._arrival.request_id, self._desk.log)
            if failure.status == 401:
                raise ClosingError(Code.FORBIDDEN, "Forbidden") from None
            outcome, last = failure.outcome, messages.error(ident, failure.errors)
        self._desk.metrics.request("websocket", outcome, perf_counter() - began)
        # The client may use the id again as soon as it reads the last message.
        self._running.pop(ident, None)
        await self._tell(last)

    async def _answer(self, ident: str, incoming: Incoming) -> None:
        if not await self._desk.service.is_subscription(incoming):
            async with asyncio.timeout(self._limits.answer_seconds):
                answer = await self._desk.service.execute(incoming)
            await self._tell(messages.next_(ident, answer))
            return
        async with self._desk.subscriptions.subscribe(incoming) as answers:
            async for answer in answers:
                await self._tell(messages.next_(ident, answer))

    async def _tell(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._send({"type": "websocket.send", "text": text})
        except TimeoutError:
            raise ClosingError(Code.TOO_SLOW, "The client reads too slowly") from None
        except (OSError, RuntimeError):  # servers raise either once the other side is gone
            raise ClientGoneError from None

    async def _close(self, closings: ExceptionGroup[ClosingError]) -> None:
        first = closings.exceptions[0]
        if isinstance(first, ClosingError):
            with suppress(OSError, RuntimeError, TimeoutError):
                async with asyncio.timeout(1):
                    message = {"type": "websocket.close", "code": int(first.code), "reason": first.reason}
                    await self._send(message)
