"""What every table shares: one metadata, and the columns of a node, a place and a search."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table

from linli.model.types import Id, Instant, PathText

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)


def node_columns() -> list[Column[Any]]:
    """Columns of every row that changes: id, version, and when it was made and last changed."""
    return [
        Column("id", Id, primary_key=True),
        Column("version", Integer, nullable=False, server_default="1"),
        Column("created_at", Instant, nullable=False),
        Column("updated_at", Instant, nullable=False),
    ]


def place_columns() -> list[Column[Any]]:
    """Columns of every mutable scoped row; `path` is written by `linli.territory` alone."""
    return [
        Column("grid_id", Id, ForeignKey("core_grid.id"), nullable=False, index=True),
        Column("path", PathText, nullable=False),
    ]


def validity_columns() -> list[Column[Any]]:
    """Columns of a node that is closed, never deleted."""
    return [Column("valid_from", Instant, nullable=False), Column("valid_to", Instant)]


def search_column() -> Column[Any]:
    """Search tokens, made by `linli.search.tokens` whenever the name changes."""
    return Column("search", String, nullable=False, server_default="")


def scoped(table: Table) -> Table:
    """Mark a table as scoped: it gets the index for keyset pages, and moves rewrite its paths."""
    Index(f"ix_{table.name}_path_id", table.c.path, table.c.id)
    table.info["scoped"] = True
    return table


def listed_by(table: Table, *columns: str) -> Table:
    """Index columns that lists are filtered or ordered by, in front of the keyset of their pages."""
    for name in columns:
        Index(f"ix_{table.name}_{name}_path_id", table.c[name], table.c.path, table.c.id)
    return table


def searchable(table: Table) -> Table:
    """Mark a table as searchable; migrations build its index of tokens."""
    table.info["searchable"] = True
    return table
