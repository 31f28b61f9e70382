"""Failures as clients see them: what they can mend in words, all else masked behind the request's id."""

from collections.abc import Sequence
from dataclasses import dataclass
from traceback import extract_tb
from typing import Any, Final

import orjson
from sqlalchemy.exc import DataError

from linli.database.database import Unavailable
from linli_graphql.service.errors import RequestError

RETRY: Final = ((b"retry-after", b"1"),)
CHALLENGE: Final = ((b"www-authenticate", b'Bearer realm="linli"'),)
HEADERS: Final = {401: CHALLENGE, 405: ((b"allow", b"POST"),), 429: RETRY, 503: RETRY}
DATA_EXCEPTION: Final = "22"  # SQLSTATE class: a value that the database cannot hold

Errors = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer: an HTTP status, GraphQL errors, and whether it is a fault of ours."""

    status: int
    errors: Errors
    fault: bool = False

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Headers that go with the status."""
        return HEADERS.get(self.status, ())

    @property
    def outcome(self) -> str:
        """How it is counted."""
        if self.fault:
            return "fault"
        return "unavailable" if self.status == 503 else "refused"

    @property
    def body(self) -> bytes:
        """The JSON of an answer without data."""
        return orjson.dumps({"errors": list(self.errors)})


def failure_of(error: Exception, request_id: str, log: Any) -> Failure:
    """Return how an exception is answered; what nobody foresaw is logged, without anybody's data."""
    match error:
        case RequestError():
            return Failure(error.status, error.errors)
        case Unavailable():
            return _failure(503, "UNAVAILABLE", "The database cannot be reached; try again in a moment.")
        case TimeoutError():
            return _failure(503, "TIMEOUT", "The answer took too long; ask for less.")
        case RecursionError():
            return _failure(400, "LIMIT_EXCEEDED", "The request is nested too deeply.")
        case _ if isinstance(error, DataError) or _sqlstate(error).startswith(DATA_EXCEPTION):
            return _failure(400, "BAD_USER_INPUT", "A value cannot be stored or compared.")
        case _:
            log.error("fault", request_id=request_id, fault=type(error).__name__, at=places(error))
            return _masked(request_id)


def places(error: BaseException) -> list[str]:
    """Return where an exception came through; its message and locals may hold personal values."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)]


def _sqlstate(error: Exception) -> str:
    return str(getattr(error, "sqlstate", ""))


def _failure(status: int, code: str, message: str) -> Failure:
    return Failure(status, RequestError.of(status, code, message).errors)


def _masked(request_id: str) -> Failure:
    extensions = {"code": "INTERNAL", "requestId": request_id}
    error = {"message": "Something failed here; report the request id.", "extensions": extensions}
    return Failure(500, [error], fault=True)
