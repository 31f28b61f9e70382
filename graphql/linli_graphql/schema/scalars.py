"""Scalars of the schema beyond GraphQL's own; values go out as the database wrote them."""

import json
import re
from datetime import date, datetime
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInt,
    GraphQLScalarType,
    GraphQLString,
    ValueNode,
    value_from_ast_untyped,
)

from linli_graphql.declare.kinds import Scalar

DIGITS = re.compile(r"-?[0-9]{1,30}")
DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,10})?")


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value) if len(value) == 10 else _refuse("Date", value)
    except (TypeError, ValueError) as error:
        raise GraphQLError("Date must be a string such as 2026-01-31.") from error


def _date_time(value: Any) -> datetime:
    try:
        parsed = datetime.fromisoformat(value)
    except (AttributeError, TypeError, ValueError) as error:
        raise GraphQLError("DateTime must be a string such as 2026-01-31T08:00:00Z.") from error
    if parsed.tzinfo is None:
        raise GraphQLError("DateTime must carry its offset, such as 2026-01-31T08:00:00+08:00.")
    return parsed


def _refuse(name: str, _value: Any) -> date:
    raise ValueError(name)


def _matching(name: str, pattern: re.Pattern[str]) -> Any:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise GraphQLError(f"{name} must be a string of digits.")
        return value

    return parse


def _json(value: Any) -> Any:
    if len(json.dumps(value)) > 20_000:
        raise GraphQLError("JSON may hold 20,000 characters.")
    return value


def _json_literal(node: ValueNode, variables: Any = None) -> Any:
    return _json(value_from_ast_untyped(node, variables))


def scalars(describe: Any) -> dict[str, GraphQLScalarType]:
    """Return every scalar by name, described in the schema's language."""

    def made(name: str, description: str, parse: Any, **more: Any) -> GraphQLScalarType:
        return GraphQLScalarType(name, description=describe(name, description), parse_value=parse, **more)

    return {
        Scalar.ID: GraphQLID,
        Scalar.STRING: GraphQLString,
        Scalar.INT: GraphQLInt,
        Scalar.BOOLEAN: GraphQLBoolean,
        Scalar.DATE: made("Date", "A day, as 2026-01-31.", _date),
        Scalar.DATE_TIME: made(
            "DateTime",
            "An instant in ISO 8601, answered in UTC, such as 2026-01-31T08:00:00.25+00:00.",
            _date_time,
        ),
        Scalar.DECIMAL: made("Decimal", "A decimal number, as a string.", _matching("Decimal", DECIMAL)),
        Scalar.BIG_INT: made(
            "BigInt", "A whole number of any size, as a string.", _matching("BigInt", DIGITS)
        ),
        Scalar.JSON: made("JSON", "Free-form data.", _json, parse_literal=_json_literal),
    }
