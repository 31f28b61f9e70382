"""Territory: cells, what side territories cover, and what became of merged and split cells."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, text

from linli.model.base import (
    listed_by,
    metadata,
    node_columns,
    scoped,
    search_column,
    searchable,
    validity_columns,
)
from linli.model.types import Id, Instant, PathText, name_text

OPEN = text("valid_to IS NULL")

grid = searchable(
    Table(
        "core_grid",
        metadata,
        *node_columns(),
        Column("key", Integer, nullable=False, unique=True),
        Column("code", String(32)),
        Column("code_scheme", String(16), nullable=False),
        Column("official_kind", String(3)),
        Column("urban_rural", String(3)),
        Column("name", name_text(120), nullable=False),
        Column("official_name", String(120)),
        Column("level", String(24), nullable=False),
        Column("spine", Boolean, nullable=False),
        Column("filler", Boolean, nullable=False, server_default=text("false")),
        Column("virtual", Boolean, nullable=False, server_default=text("false")),
        Column("quasi", Boolean, nullable=False, server_default=text("false")),
        Column("parent_id", Id, ForeignKey("core_grid.id"), index=True),
        Column("path", PathText, nullable=False),
        *validity_columns(),
        search_column(),
    )
)
Index("ix_core_grid_path_id", grid.c.path, grid.c.id)
listed_by(grid, "name", "level")
Index("uq_core_grid_code", grid.c.code, unique=True, postgresql_where=OPEN, sqlite_where=OPEN)

coverage = Table(
    "core_coverage",
    metadata,
    Column("side_grid_id", Id, ForeignKey("core_grid.id"), primary_key=True),
    Column("spine_grid_id", Id, ForeignKey("core_grid.id"), primary_key=True, index=True),
)

succession = Table(
    "core_succession",
    metadata,
    Column("predecessor_id", Id, ForeignKey("core_grid.id"), primary_key=True),
    Column("successor_id", Id, ForeignKey("core_grid.id"), primary_key=True, index=True),
    Column("kind", String(16), nullable=False),
    Column("at", Instant, nullable=False),
)

rollup = Table(
    "core_rollup",
    metadata,
    Column("grid_key", Integer, primary_key=True, autoincrement=False),
    Column("metric", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

rollup_delta = scoped(
    Table(
        "core_rollup_delta",
        metadata,
        Column("id", Id, primary_key=True),
        Column("grid_id", Id, nullable=False),
        Column("path", PathText, nullable=False),
        Column("metric", String(64), nullable=False),
        Column("amount", BigInteger, nullable=False),
    )
)

scoped_table = Table("core_scoped_table", metadata, Column("name", String(63), primary_key=True))
