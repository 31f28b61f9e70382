"""GraphQL over WebSocket: who may open a socket, and what is said on it (graphql-transport-ws)."""

from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Scope, Send

from linli_graphql.service.errors import RequestError
from linli_graphql.transport.admission import Admission
from linli_graphql.transport.arrival import arrival_of
from linli_graphql.transport.messages import PROTOCOL, Code
from linli_graphql.transport.options import AppOptions
from linli_graphql.transport.origins import Origins
from linli_graphql.transport.replies import DEFAULTS
from linli_graphql.transport.session import Desk, Session

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
        if not Origins(self.options.origins).welcome(arrival):
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


async def deny(scope: Scope, send: Send, status: int) -> None:
    """Refuse a socket before it is open, with a status where the server can tell it."""
    if DENIAL not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": int(Code.FORBIDDEN)})
        return
    headers = [(b"content-length", b"0"), (b"x-request-id", arrival_of(scope).request_id.encode()), *DEFAULTS]
    await send({"type": f"{DENIAL}.start", "status": status, "headers": headers})
    await send({"type": f"{DENIAL}.body", "body": b""})
