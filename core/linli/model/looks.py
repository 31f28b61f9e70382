"""Who looked at whose personal values, and why."""

from sqlalchemy import Column, Index, String, Table

from linli.model.base import metadata
from linli.model.types import Document, Id, Instant, PathText

# Like an event it keeps the place of its day: it is never changed, not even by a move.
data_access = Table(
    "core_data_access",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("resident_id", Id, nullable=False, index=True),
    Column("account_id", Id, nullable=False),
    Column("fields", Document, nullable=False),
    Column("purpose", String(200), nullable=False),
    Column("grid_id", Id, nullable=False),
    Column("path", PathText, nullable=False),
)
Index("ix_core_data_access_path_id", data_access.c.path, data_access.c.id)
Index("ix_core_data_access_account_id", data_access.c.account_id, data_access.c.at)
