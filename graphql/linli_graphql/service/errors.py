"""Faults of a request, as GraphQL errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from linli.errors import Refusal
from linli.messages import Language, Messages


@dataclass
class RequestError(Exception):
    """A request that cannot be answered at all.

    Attributes:
        status: HTTP status under `application/graphql-response+json`.
        errors: the `errors` of the answer.
    """

    status: int
    errors: Sequence[dict[str, Any]]

    @classmethod
    def of(cls, status: int, code: str, message: str) -> "RequestError":
        """Return the error of one sentence."""
        return cls(status, [{"message": message, "extensions": {"code": code}}])


def described(error: GraphQLError, code: str) -> dict[str, Any]:
    """Return a GraphQL error as JSON, with its code."""
    found: dict[str, Any] = {"message": error.message, "extensions": {"code": code}}
    if error.locations:
        found["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    return found


def user_error(refusal: Refusal, messages: Messages, language: Language) -> dict[str, Any]:
    """Return a refusal as a `UserError`, its message in the caller's language."""
    return {
        "code": refusal.code,
        "message": messages.text(refusal.key, language, **refusal.params),
        "path": list(refusal.path),
        "__typename": "UserError",
    }
