"""GraphQL over WebSocket: who may open a socket, and what is said on it (graphql-transport-ws)."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from linli_graphql.service.errors import RequestError
from linli_graphql.transport.admission import Admission
from linli_graphql.transport.arrival import Arrival, arrival_of
from linli_graphql.transport.messages import PROTOCOL, Code
from linli_graphql.transport.options import AppOptions
from linli_graphql.transport.replies import DEFAULTS
from linli_graphql.transport.session import Desk, Session

PORTS: Final = {"http": 80, "https": 443}
DENIAL: Final = "websocket.http.response"


@dataclass(frozen=True)
class SocketEndpoint:
    """`/graphql` over WebSocket, as an ASGI application."""

    desk: Desk
    admission: Admission
    options: AppOptions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrival = arrival_of(scope)
        await receive()
        if not self._welcomes(arrival):
            await deny(scope, send, 403)
            return
        try:
            self.desk.budget.spend(scope)
            with self.admission.admitted(scope):
                await self._open(scope, receive, send)
        except RequestError as error:
            await deny(scope, send, error.status)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        if PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            await send(
                {"type": "websocket.close", "code": int(Code.BAD_PROTOCOL), "reason": "Unknown protocol"}
            )
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        await Session(self.desk, self.options, scope, receive, send).run()

    def _welcomes(self, arrival: Arrival) -> bool:
        """Whether a page of this origin may open a socket; programs name no origin."""
        origin = arrival.headers.get(b"origin")
        if origin is None:
            return True
        text = origin.decode("latin-1")
        return text in self.options.origins or same_origin(text, arrival.text(b"host"))


async def deny(scope: Scope, send: Send, status: int) -> None:
    """Refuse a socket before it is open, with a status where the server can tell it."""
    if DENIAL not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": int(Code.FORBIDDEN)})
        return
    headers = [(b"content-length", b"0"), (b"x-request-id", arrival_of(scope).request_id.encode()), *DEFAULTS]
    await send({"type": f"{DENIAL}.start", "status": status, "headers": headers})
    await send({"type": f"{DENIAL}.body", "body": b""})


def same_origin(origin: str, host: str) -> bool:
    """Whether an origin is that of the server which a Host header names; TLS may end at a proxy before it."""
    try:
        there, here = urlsplit(origin), urlsplit(f"//{host}")
        default = PORTS.get(there.scheme)
        port, own = there.port or default, here.port or default
    except ValueError:
        return False
    return default is not None and there.hostname == here.hostname and port == own
