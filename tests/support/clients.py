"""Clients over HTTP/1.1: one connection each, kept open, with nothing between the test and the bytes."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

PATIENCE = 60.0
HEAD = (
    "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "Accept: application/graphql-response+json\r\nAuthorization: Bearer {token}\r\n"
    "Content-Length: {length}\r\n\r\n"
)


class Gone(Exception):  # noqa: N818 - a state of the other side, not a mistake
    """The server has gone before its answer was whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `seconds` passed since the request was sent."""

    status: int
    headers: Mapping[str, str]
    body: Any
    seconds: float

    @property
    def data(self) -> Any:
        """The data of an answer without errors."""
        assert self.status == 200, (self.status, self.body)
        assert "errors" not in self.body, self.body
        return self.body["data"]


@dataclass
class Client:
    """A caller with a token. One request at a time; the next one connects again where the server has gone."""

    port: int
    token: str = field(repr=False)
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def send(self, query: str, **variables: Any) -> Answer:
        """Send an operation and return its answer, whatever it is.

        Raises:
            Gone: there is no whole answer.
        """
        began = time.monotonic()
        body = json.dumps({"query": query, "variables": variables}).encode()
        head = HEAD.format(token=self.token, length=len(body)).encode()
        try:
            async with asyncio.timeout(PATIENCE):
                status, headers, answer = await self._exchange(head + body)
        except TimeoutError as error:
            raise AssertionError(f"no answer within {PATIENCE:.0f} seconds") from error
        except (OSError, EOFError) as error:
            self.close()
            raise Gone from error
        return Answer(status, headers, json.loads(answer), time.monotonic() - began)

    async def _exchange(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        writer.write(request)
        await writer.drain()
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        answer = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self.close()
        return int(first.split(" ")[1]), headers, answer
