"""The outermost layer: request ids, hosts, headers of every answer, and faults that nobody caught."""

from collections.abc import Mapping
from contextlib import suppress
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linli_graphql.service.errors import RequestError
from linli_graphql.transport.arrival import Arrival, arrive, host_of
from linli_graphql.transport.cors import Headers, allow, headers_for, is_preflight
from linli_graphql.transport.failures import Failure, failure_of
from linli_graphql.transport.options import AppOptions
from linli_graphql.transport.replies import DEFAULTS, refusal

NOT_FOUND = 404
HSTS = (b"strict-transport-security", b"max-age=31536000")


class Edge:
    """Wraps the whole application; nothing gets past it unanswered.

    `direct` are applications by path, for requests that need no router.
    """

    def __init__(self, app: ASGIApp, direct: Mapping[str, ASGIApp], options: AppOptions, log: Any) -> None:
        self._app = app
        self._direct = direct
        self._options = options
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        arrival = arrive(scope)
        if scope["type"] == "websocket":
            await self._socket(arrival, scope, receive, send)
            return
        more = headers_for(arrival, scope["path"], self._options.origins)
        if scope["scheme"] == "https":
            more.append(HSTS)
        sending = _Sending(send, [(b"x-request-id", arrival.request_id.encode()), *more])
        began = perf_counter()
        await self._request(arrival, scope, receive, sending)
        if self._options.access_log:
            self._tell(arrival, scope, sending.status, perf_counter() - began)

    async def _request(self, arrival: Arrival, scope: Scope, receive: Receive, sending: "_Sending") -> None:
        if not self._welcomes(arrival):
            error = RequestError.of(400, "BAD_REQUEST", "The Host header names no host that is served here.")
            await refusal(Failure(error.status, error.errors)).send(sending)
            return
        if is_preflight(arrival, scope, self._options.origins):
            await allow(sending)
            return
        app = self._direct.get(scope["path"], self._app)
        try:
            await app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - the last door: everything is answered, nothing is shown
            failure = failure_of(error, arrival.request_id, self._log)
            if not sending.status:
                await refusal(failure).send(sending)

    async def _socket(self, arrival: Arrival, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._welcomes(arrival):
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the last door: a socket's fault stays its own
            failure_of(error, arrival.request_id, self._log)
            with suppress(OSError, RuntimeError):
                await send({"type": "websocket.close", "code": 1011})

    def _welcomes(self, arrival: Arrival) -> bool:
        header = arrival.headers.get(b"host")
        if header is None:
            return not self._options.hosts
        host = host_of(header)
        return host is not None and (not self._options.hosts or host in self._options.hosts)

    def _tell(self, arrival: Arrival, scope: Scope, status: int, seconds: float) -> None:
        # A path that is not served may be anything, such as a number or a token pasted behind the slash.
        path = scope["path"][:200] if status != NOT_FOUND else "(unknown)"
        self._log.info(
            "request",
            request_id=arrival.request_id,
            method=scope["method"],
            path=path,
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


class _Sending:
    """Adds the headers of every answer and remembers its status."""

    def __init__(self, send: Send, more: Headers) -> None:
        self.status = 0
        self._send = send
        self._more = more

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], *self._more]
            given = dict(headers)
            message["headers"] = headers + [one for one in DEFAULTS if one[0] not in given]
        await self._send(message)
