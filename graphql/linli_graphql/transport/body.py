"""Reading a body: piece by piece, no further than allowed; and seeing whether the client is still there."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from linli_graphql.service.errors import RequestError
from linli_graphql.transport.arrival import LONGEST, Headers
from linli_graphql.transport.media import is_json
from linli_graphql.transport.options import Limits


class ClientGoneError(Exception):
    """Nobody is there any more to be answered."""


def check_body_headers(headers: Headers, limits: Limits) -> None:
    """Refuse a body by its headers, before any of it is read.

    Raises:
        RequestError: 413 or 415.
    """
    if not is_json(headers.get(b"content-type", b"")[:LONGEST].decode("latin-1")):
        raise RequestError.of(415, "UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json in UTF-8.")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise RequestError.of(415, "UNSUPPORTED_MEDIA_TYPE", "Send the body without compression.")
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > 12 or int(length) > limits.body_bytes:
        raise too_large(limits)


async def read_body(receive: Receive, limits: Limits) -> bytes:
    """Return a whole body.

    Raises:
        RequestError: 413, it is longer than allowed; 408, it takes longer than allowed.
        ClientGoneError: the client left before its end.
    """
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _read(receive, limits)
    except TimeoutError:
        raise RequestError.of(408, "REQUEST_TIMEOUT", "The body took too long to arrive.") from None


async def _read(receive: Receive, limits: Limits) -> bytes:
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        piece = message.get("body", b"")
        size += len(piece)
        if size > limits.body_bytes:
            raise too_large(limits)
        pieces.append(piece)
        more = message.get("more_body", False)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def too_large(limits: Limits) -> RequestError:
    """Return the refusal of a body that is too long."""
    return RequestError.of(413, "PAYLOAD_TOO_LARGE", f"A request may have {limits.body_bytes:,} bytes.")


class WhileWanted:
    """Stops the work inside it once nobody waits for it: `with WhileWanted(receive, seconds)`.

    It begins to look after half a second only: by then nearly every answer is given.

    Raises:
        ClientGoneError: the client left, and the work was cancelled.
        TimeoutError: the work took longer than it may.
    """

    PATIENCE = 0.5

    def __init__(self, receive: Receive, seconds: float | None) -> None:
        self._receive = receive
        self._seconds = seconds
        self._reason: Exception | None = None
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._work = asyncio.current_task()
        patience = self.PATIENCE if self._seconds is None else min(self.PATIENCE, self._seconds)
        self._timer = asyncio.get_running_loop().call_later(patience, self._begin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._reason is not None and kind is asyncio.CancelledError and self._work is not None:
            self._work.uncancel()
            raise self._reason from None

    def _begin(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        left = None if self._seconds is None else max(self._seconds - self.PATIENCE, 0)
        try:
            async with asyncio.timeout(left):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
            self._reason = ClientGoneError()
        except TimeoutError as error:
            self._reason = error
        if self._work is not None:
            self._work.cancel()
