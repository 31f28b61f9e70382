"""The messages of graphql-transport-ws: what a client may say, and how it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import orjson

from linli_graphql.service.errors import RequestError
from linli_graphql.transport.arrival import bearer

PROTOCOL: Final = "graphql-transport-ws"
LONGEST_ID: Final = 128
SIMPLE: Final = ("connection_init", "ping", "pong")

ACK: Final = '{"type":"connection_ack"}'
PONG: Final = '{"type":"pong"}'


class Code(IntEnum):
    """Why a socket is closed."""

    TOO_SLOW = 1008
    TOO_LARGE = 1009
    TRY_AGAIN = 1013
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    BAD_PROTOCOL = 4406
    INIT_TIMEOUT = 4408
    TWICE = 4409
    TOO_MANY_INITS = 4429


class ClosingError(Exception):
    """The socket is to be closed."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a client, well formed."""

    type: str
    id: str = ""
    payload: Any = None


def read(text: str | None, most: int) -> Said:
    """Return a client's message.

    Raises:
        ClosingError: it is too long, or no message of the protocol.
    """
    if text is None:
        raise ClosingError(Code.BAD_MESSAGE, "Messages are text")
    if len(text) > most or len(data := text.encode()) > most:
        raise ClosingError(Code.TOO_LARGE, "The message is too large")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise ClosingError(Code.BAD_MESSAGE, "Messages are JSON") from None
    if not isinstance(value, dict):
        raise ClosingError(Code.BAD_MESSAGE, "Messages are JSON objects")
    return _checked(value)


def _checked(value: Mapping[str, Any]) -> Said:
    kind, ident, payload = value.get("type"), value.get("id"), value.get("payload")
    if kind in SIMPLE and (payload is None or isinstance(payload, dict)):
        return Said(str(kind), payload=payload)
    if kind in ("subscribe", "complete") and isinstance(ident, str) and 0 < len(ident) <= LONGEST_ID:
        return Said(str(kind), ident, payload)
    raise ClosingError(Code.BAD_MESSAGE, "There is no such message")


def token_of(payload: Any) -> str | None:
    """Return the bearer token in the payload of connection_init, None where it has none.

    Raises:
        ClosingError: it has an Authorization that is no bearer token.
    """
    given = {name.lower(): value for name, value in (payload or {}).items()}
    header = given.get("authorization")
    if header is None:
        return None
    try:
        return bearer(header if isinstance(header, str) else "")
    except RequestError:
        raise ClosingError(Code.FORBIDDEN, "Forbidden") from None


def next_(ident: str, answer: bytes) -> str:
    """Return the message that carries an answer."""
    return (b'{"id":' + orjson.dumps(ident) + b',"type":"next","payload":' + answer + b"}").decode()


def error(ident: str, errors: Any) -> str:
    """Return the message that ends an operation with errors."""
    return orjson.dumps({"id": ident, "type": "error", "payload": list(errors)}).decode()


def complete(ident: str) -> str:
    """Return the message that ends an operation."""
    return orjson.dumps({"id": ident, "type": "complete"}).decode()
