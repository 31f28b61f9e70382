"""The server under the application: uvicorn, with deadlines for those who send or read too slowly."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from linli_graphql.service.errors import RequestError
from linli_graphql.transport.failures import Failure
from linli_graphql.transport.options import Limits
from linli_graphql.transport.replies import DEFAULTS

LIMITS: Final = Limits()
STOP_SECONDS: Final = 30


class WriteDeadline:
    """Aborts a connection whose other side does not read what it was sent."""

    SECONDS: ClassVar[float] = LIMITS.send_seconds

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def start(self, transport: asyncio.Transport) -> None:
        """Begin to wait: more is to be sent than buffers hold."""
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(self.SECONDS, transport.abort)

    def stop(self) -> None:
        """It has been read, or the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class HttpProtocol(HttpToolsProtocol):
    """HTTP whose headers must arrive in time and in a bounded size, and whose answers must be read."""

    HEADER_SECONDS: ClassVar[float] = 15
    HEADER_BYTES: ClassVar[int] = 64 * 1024

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unread = WriteDeadline()
        self._header_timer: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._awaits_headers = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._set_header_timer()

    def data_received(self, data: bytes) -> None:
        awaited = self._awaits_headers
        super().data_received(data)
        if not self._awaits_headers:  # as a rule they come whole, and need no timer
            return
        if awaited:  # else they began behind something else in this piece
            self._header_bytes += len(data)
        if self._header_timer is None:
            self._set_header_timer()
        if self._header_bytes > self.HEADER_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._awaits_headers, self._header_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._have_headers()
        if not self.url.startswith(b"/"):
            # Such a target names a host of its own, past the one that was checked.
            raise ValueError("the target is no path")
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._have_headers()
        self._unread.stop()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self._unread.start(self.transport)
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread.stop()
        super().resume_writing()

    def shutdown(self) -> None:
        super().shutdown()
        self._end_stream()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Answer what is no HTTP, in the form and with the headers of every other answer."""
        error = RequestError.of(400, "BAD_REQUEST", "This is no request that is understood here.")
        body = Failure(error.status, error.errors).body
        fields = [*DEFAULTS, (b"content-type", b"application/json"), (b"connection", b"close")]
        fields.append((b"content-length", str(len(body)).encode()))
        lines = [b"HTTP/1.1 400 Bad Request", *(name + b": " + value for name, value in fields), b"", body]
        self.transport.write(b"\r\n".join(lines))
        self.transport.close()

    def _end_stream(self) -> None:
        """Answers may be finished before the server stops; streams would never end by themselves."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete or self.transport.is_closing():
            return
        if cycle.chunked_encoding:
            cycle.disconnected = True
            cycle.message_event.set()
            self.transport.close()
        else:  # nobody knows yet which of the two it will be
            self.loop.call_later(0.1, self._end_stream)

    def _set_header_timer(self) -> None:
        self._header_timer = self.loop.call_later(self.HEADER_SECONDS, self.transport.abort)

    def _have_headers(self) -> None:
        self._awaits_headers = False
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


class SocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket whose messages must be read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unread = WriteDeadline()

    def pause_writing(self) -> None:
        self._unread.start(self.transport)
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread.stop()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread.stop()
        super().connection_lost(exc)


# Nothing that may hold a query string is logged here; the application has an access log of its own.
SETTINGS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "http": HttpProtocol,
        "ws": SocketProtocol,
        "ws_max_size": LIMITS.message_bytes,
        "ws_per_message_deflate": False,
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "log_level": "warning",
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": STOP_SECONDS,
    }
)


def serve(factory: str, host: str, port: int, workers: int, proxies: Sequence[str] = ()) -> None:
    """Serve the application that `factory` (`module:function`) makes until told to stop."""
    settings = {**SETTINGS, **believing(proxies)}
    uvicorn.run(factory, factory=True, host=host, port=port, workers=workers, **settings)


def believing(proxies: Sequence[str]) -> dict[str, Any]:
    """Return settings under which these addresses and networks are believed whom they speak for."""
    return {"proxy_headers": bool(proxies), "forwarded_allow_ips": [*proxies]}


def server(app: Any, host: str, port: int, **settings: Any) -> uvicorn.Server:
    """Return a server of an application, for whoever runs it on a loop of their own."""
    return uvicorn.Server(uvicorn.Config(app, host=host, port=port, **{**SETTINGS, **settings}))
