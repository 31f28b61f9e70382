"""Column types that mean the same on SQLite and PostgreSQL."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Dialect, String, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.types import JSON, TEXT, TypeDecorator, TypeEngine


class Id(TypeDecorator[str]):
    """A canonical UUID string; `uuid` on PostgreSQL, text with hyphens on SQLite."""

    impl = String(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Uuid(as_uuid=False))
        return dialect.type_descriptor(String(36))


class Instant(TypeDecorator[datetime]):
    """An aware datetime with milliseconds; text `2026-01-02T03:04:05.678Z` on SQLite."""

    impl = String(24)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return TIMESTAMP(
                timezone=True, precision=3
            )  # a descriptor of the dialect would lose the precision
        return dialect.type_descriptor(String(24))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy calls it so
        if value is None or isinstance(value, datetime):
            return value
        return datetime.fromisoformat(value)


class TextList(TypeDecorator[list[str]]):
    """A list of strings bound as one value: `text[]` on PostgreSQL, a JSON array on SQLite."""

    impl = TEXT
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(TEXT()) if dialect.name == "postgresql" else TEXT())

    def process_bind_param(self, value: list[str] | tuple[str, ...] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> list[str] | None:  # noqa: ARG002 - SQLAlchemy calls it so
        found: list[str] | None = json.loads(value) if isinstance(value, str) else value
        return found


class IdList(TextList):
    """A list of UUIDs bound as one value: `uuid[]` on PostgreSQL."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = ARRAY(Uuid(as_uuid=False)) if dialect.name == "postgresql" else TEXT()
        return dialect.type_descriptor(kind)


PathText = String().with_variant(String(collation="C"), "postgresql")
Document = JSON().with_variant(JSONB(), "postgresql")
# A column of it may be empty: SQL NULL, not the JSON value null.
OptionalDocument = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def name_text(length: int) -> String:
    """Return the type of a name: ordered by code points on both databases, so that an index can order it."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def instant_text(value: datetime) -> str:
    """Return the text form of an instant: ISO 8601 in UTC with milliseconds and `Z`."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"
