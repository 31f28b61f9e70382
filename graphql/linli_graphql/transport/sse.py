"""Server-sent events: the distinct connections mode of the graphql-sse protocol."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from linli_graphql.service.service import Incoming, Service
from linli_graphql.service.subscriptions import Subscriptions
from linli_graphql.transport.admission import Admission
from linli_graphql.transport.body import ClientGoneError, WhileWanted
from linli_graphql.transport.failures import failure_of
from linli_graphql.transport.media import EVENTS
from linli_graphql.transport.metrics import Metrics
from linli_graphql.transport.options import Limits
from linli_graphql.transport.replies import VARY, Reply, refusal

HEADERS: Final = [
    (b"content-type", f"{EVENTS}; charset=utf-8".encode()),
    (b"x-accel-buffering", b"no"),  # a proxy that buffers would hold events back
    VARY,
]
COMPLETE: Final = b"event: complete\ndata:\n\n"
PING: Final = b":\n\n"


@dataclass(frozen=True)
class EventStreams:
    """Operations answered as streams: subscriptions, and queries and mutations as a stream of one."""

    service: Service
    subscriptions: Subscriptions
    admission: Admission
    metrics: Metrics
    limits: Limits
    log: Any

    async def serve(self, incoming: Incoming, scope: Scope, receive: Receive, send: Send) -> Reply | None:
        """Stream the answers of an operation; return a reply instead where there is nothing to stream."""
        began, outcome = perf_counter(), "answered"
        stream = _Stream(send, self.limits)
        try:
            with self.admission.admitted(scope), WhileWanted(receive, None):
                async with self._answers(incoming) as answers:
                    await stream.run(answers)
        except (ClientGoneError, OSError):
            outcome = "gone"
        except Exception as error:  # noqa: BLE001 - the edge of the service: every fault becomes an answer
            failure = failure_of(error, incoming.request_id or "", self.log)
            if not stream.begun:
                return refusal(failure)
            outcome = failure.outcome
            await stream.fail(failure.body)
        self.metrics.request("sse", outcome, perf_counter() - began)
        return None

    @asynccontextmanager
    async def _answers(self, incoming: Incoming) -> AsyncIterator[AsyncIterator[bytes]]:
        if await self.service.is_subscription(incoming):
            async with self.subscriptions.subscribe(incoming) as answers:
                yield answers
        else:
            async with asyncio.timeout(self.limits.answer_seconds):
                answer = await self.service.execute(incoming)
            async with aclosing(_one(answer)) as answers:
                yield answers


class _Stream:
    """One stream as it is written; it begins once the first answers can be had."""

    def __init__(self, send: Send, limits: Limits) -> None:
        self.begun = False
        self._send = send
        self._limits = limits

    async def run(self, answers: AsyncIterator[bytes]) -> None:
        await self._begin()
        waiting = asyncio.ensure_future(_next(answers))
        try:
            while True:
                done, _ = await asyncio.wait({waiting}, timeout=self._limits.ping_seconds)
                if not done:
                    await self._write(PING)
                    continue
                if (answer := waiting.result()) is None:
                    break
                await self._write(event(answer))
                waiting = asyncio.ensure_future(_next(answers))
        finally:
            # The generator may be closed only once nobody is inside it any more.
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await self._write(COMPLETE, more=False)

    async def fail(self, body: bytes) -> None:
        """Tell why the stream ends, and end it."""
        await self._write(event(body) + COMPLETE, more=False)

    async def _begin(self) -> None:
        self.begun = True
        await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await self._write(PING)

    async def _write(self, text: bytes, *, more: bool = True) -> None:
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._send({"type": "http.response.body", "body": text, "more_body": more})
        except TimeoutError:
            # A client that does not read holds a place that others want.
            raise ClientGoneError from None


def event(answer: bytes) -> bytes:
    """Return an answer as an event; JSON may break lines between its tokens, an event's data may not."""
    return b"event: next\ndata: " + answer.replace(b"\n", b" ") + b"\n\n"


async def _one(answer: bytes) -> AsyncGenerator[bytes, None]:
    yield answer


async def _next(answers: AsyncIterator[bytes]) -> bytes | None:
    return await anext(answers, None)
