"""The parameters of a GraphQL request, from a body, a query string or a message, checked for their form."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from linli_graphql.service.errors import RequestError

ESCAPED_NUL: Final = re.compile(r"\\u(?:0000|\{0+\})")
HASH: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
MOST_FIELDS: Final = 16
JSON_FIELDS: Final = ("variables", "extensions")

Documents = Mapping[str, str]


class MalformedError(RequestError):
    """A request that has not the form of a GraphQL request."""

    def __init__(self, message: str) -> None:
        super().__init__(400, [{"message": message, "extensions": {"code": "BAD_REQUEST"}}])


@dataclass(frozen=True, slots=True)
class Parameters:
    """A well-formed GraphQL request; `trusted` says that its document came from the deployment's own."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    trusted: bool = False


def from_body(body: bytes, documents: Documents) -> Parameters:
    """Return the parameters of a JSON body.

    Raises:
        RequestError: it is no JSON, or no GraphQL request.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise MalformedError("The body is not JSON.") from None
    if isinstance(value, list):
        raise MalformedError("Send one operation in a request; lists of operations are not taken.")
    return from_value(value, documents)


def from_query_string(query_string: bytes, documents: Documents) -> Parameters:
    """Return the parameters of a GET request.

    Raises:
        RequestError: it cannot be decoded, or is no GraphQL request.
    """
    try:
        text = query_string.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise MalformedError("The query string is not URL-encoded UTF-8.") from None
    given = dict(pairs)
    if len(given) != len(pairs):
        raise MalformedError("A parameter stands twice in the query string.")
    return from_value({name: _decoded(name, value) for name, value in given.items()}, documents)


def from_value(value: Any, documents: Documents) -> Parameters:
    """Return the parameters in a decoded JSON value.

    Raises:
        MalformedError: it is no GraphQL request.
        RequestError: it names a document that is not trusted.
    """
    if not isinstance(value, dict):
        raise MalformedError("A request is a JSON object.")
    query = _text(value, "query")
    operation_name = _text(value, "operationName")
    variables, extensions = _object(value, "variables"), _object(value, "extensions")
    name = _document_id(value, extensions)
    if name is None:
        if query is None:
            raise MalformedError("The parameter `query` is missing.")
        return _without_nul(Parameters(query, variables, operation_name))
    return _without_nul(_named(name, query, documents, variables, operation_name))


def _decoded(name: str, value: str) -> Any:
    if name not in JSON_FIELDS or not value:
        return value or None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise MalformedError(f"The parameter `{name}` is not JSON.") from None


def _text(value: Mapping[str, Any], name: str) -> str | None:
    found = value.get(name)
    if found is not None and not isinstance(found, str):
        raise MalformedError(f"The parameter `{name}` must be a string.")
    return found or None


def _object(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    if found is not None and not isinstance(found, dict):
        raise MalformedError(f"The parameter `{name}` must be an object.")
    return found or {}


def _document_id(value: Mapping[str, Any], extensions: Mapping[str, Any]) -> str | None:
    found = _text(value, "documentId")
    if found is not None:
        return found
    persisted = _object(extensions, "persistedQuery")
    return _text(persisted, "sha256Hash")


def _named(
    name: str,
    query: str | None,
    documents: Documents,
    variables: Mapping[str, Any],
    operation_name: str | None,
) -> Parameters:
    match = HASH.fullmatch(name.lower())
    key = match[1] if match else ""
    if query is not None:
        # Clients that would register documents send both; nothing is registered, but the two must agree.
        if hashlib.sha256(query.encode()).hexdigest() != key:
            raise MalformedError("The document and its SHA-256 do not agree.")
        return Parameters(query, variables, operation_name, trusted=key in documents)
    text = documents.get(key)
    if text is None:
        message = "There is no trusted document of this id."
        raise RequestError.of(400, "PERSISTED_QUERY_NOT_FOUND", message)
    return Parameters(text, variables, operation_name, trusted=True)


def _without_nul(parameters: Parameters) -> Parameters:
    # PostgreSQL stores no NUL; refusing it here gives one answer on both databases.
    if "\\u" in parameters.query and ESCAPED_NUL.search(parameters.query):
        raise MalformedError("The document holds a NUL character.")
    if _holds_nul(parameters.variables):
        raise MalformedError("The variables hold a NUL character.")
    return parameters


def _holds_nul(value: Any) -> bool:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\0" in one:
                return True
        elif isinstance(one, dict):
            waiting += one.keys()
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return False
