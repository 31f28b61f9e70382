"""Kinds of scalar: how each is called in GraphQL, and how its column becomes JSON on either database."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, func
from sqlalchemy.types import Date, Integer, Numeric, TypeEngine

from linli.model.types import Id, Instant


class Scalar(StrEnum):
    """The scalars of the schema, by their GraphQL names."""

    ID = "ID"
    STRING = "String"
    INT = "Int"
    BOOLEAN = "Boolean"
    DATE = "Date"
    DATE_TIME = "DateTime"
    DECIMAL = "Decimal"
    BIG_INT = "BigInt"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Choice:
    """An enum: its GraphQL name, and each stored value with what it means. Values are shown in upper case."""

    name: str
    description: str
    values: tuple[tuple[str, str], ...]


Kind = Scalar | Choice

BIND_TYPES: dict[Scalar, TypeEngine[Any]] = {
    Scalar.ID: Id(),
    Scalar.STRING: String(),
    Scalar.INT: Integer(),
    Scalar.DATE: Date(),
    Scalar.DATE_TIME: Instant(),
}


def bind_type(kind: Kind) -> TypeEngine[Any]:
    """Return the SQL type with which a value of this kind is bound."""
    return BIND_TYPES.get(kind, String()) if isinstance(kind, Scalar) else String()


def as_json(kind: Kind, value: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return the expression that turns a column into its JSON value; one table for both databases."""
    if isinstance(kind, Choice):
        return func.upper(value)
    match kind, dialect:
        case Scalar.BOOLEAN, "sqlite":
            return func.json(case((value.is_(None), "null"), (value, "true"), else_="false"))
        case Scalar.DATE_TIME, "sqlite":
            # As PostgreSQL has it, which writes its own form several times faster than any other.
            fraction = func.rtrim(func.rtrim(func.substr(value, 20, 4), "0"), ".")
            return func.substr(value, 1, 19).concat(fraction).concat("+00:00")
        case Scalar.DECIMAL, "sqlite" if isinstance(value.type, Numeric) and value.type.scale is not None:
            # SQLite keeps a number and not how it was written: 88.50 would come as 88.5.
            return case((value.is_not(None), func.printf(f"%.{value.type.scale}f", value)))
        case ((Scalar.DECIMAL | Scalar.BIG_INT), _):
            return cast(value, String)
        case Scalar.JSON, "sqlite":
            return func.json(value)
        case _:
            return value


def choice(name: str, description: str, values: Sequence[tuple[str, str]]) -> Choice:
    """Declare an enum from pairs of stored value and description."""
    return Choice(name, description, tuple(values))
