"""A client's end of graphql-transport-ws, and a server to speak it with."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from linli_graphql.transport.app import AppOptions
from tests.graphql.serving import FOLLOW, SECONDS, Place, Served, listening, serving

PROTOCOL = "graphql-transport-ws"
TYPENAME = {"query": "{ __typename }"}
ACK = {"type": "connection_ack"}


@dataclass(frozen=True)
class Socket:
    """A client's end of a socket."""

    connection: ClientConnection

    async def say(self, type: str, **more: Any) -> None:
        await self.connection.send(json.dumps({"type": type, **more}))

    async def hear(self) -> Any:
        async with asyncio.timeout(SECONDS):
            return json.loads(await self.connection.recv())

    async def greet(self, token: str | None = None) -> None:
        payload = {"payload": {"Authorization": f"Bearer {token}"}} if token else {}
        await self.say("connection_init", **payload)
        assert await self.hear() == ACK

    async def closed(self) -> int:
        """Read until the server closes; return its code."""
        async with asyncio.timeout(SECONDS):
            with suppress(ConnectionClosed):
                async for _ in self.connection:
                    pass
            await self.connection.wait_closed()
        assert self.connection.close_code is not None
        return self.connection.close_code


@dataclass(frozen=True)
class Line:
    """A place served on a port."""

    served: Served
    port: int

    @asynccontextmanager
    async def socket(
        self, *, protocols: Sequence[str] = (PROTOCOL,), **headers: str
    ) -> AsyncIterator[Socket]:
        named = [Subprotocol(one) for one in protocols]
        url = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(url, subprotocols=named, additional_headers=headers, proxy=None) as connection:
            yield Socket(connection)

    async def refusal(self, **headers: str) -> int:
        with pytest.raises(InvalidStatus) as error:
            async with self.socket(**headers):
                pass
        return error.value.response.status_code

    def token(self, who: str) -> str:
        return self.served.place.tokens[who]

    def follow(self, within: str) -> dict[str, Any]:
        return {"query": FOLLOW, "variables": {"within": self.served.place.ids[within]}}

    async def followed(self, number: int) -> None:
        """Wait until so many subscriptions are followed."""
        async with asyncio.timeout(SECONDS):
            while len(self.served.hub) != number:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def line_to(place: Place, options: AppOptions) -> AsyncIterator[Line]:
    async with serving(place, options) as served, listening(served.app) as port:
        yield Line(served, port)
