"""Indexes and constraints set aside while a table is filled for the first time, and built anew afterwards.

Building an index over all rows is several times faster than keeping it up row by row; the full-text index of
SQLite, kept up by triggers, forty times. All of it happens inside the caller's transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, text

from linli.model import grid, organization

TABLES: Final = (grid.name, organization.name)

SQLITE_PARTS = text(
    """
    SELECT 'DROP ' || type || ' "' || replace(name, '"', '""') || '"', sql FROM sqlite_master
    WHERE tbl_name = :name AND sql IS NOT NULL
      AND (type = 'index' OR (type = 'trigger' AND instr(sql, :name || '_fts') > 0))
    """
)
POSTGRESQL_PARTS = text(
    """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
           format('ALTER TABLE %s ADD CONSTRAINT %I %s',
                  conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = CAST(:name AS regclass) AND contype = 'f'
    UNION ALL
    SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    FROM pg_index WHERE indrelid = CAST(:name AS regclass)
      AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
    """
)
SQLITE_SETTINGS: Final = ("PRAGMA cache_size = -200000", "PRAGMA threads = 2")
REFILL: Final = {
    grid.name: text(
        "INSERT INTO core_grid_fts (tokens, id) "
        "SELECT search, id FROM core_grid WHERE rowid > :last AND search <> ''"
    ),
    organization.name: text(
        "INSERT INTO core_organization_fts (tokens, id) "
        "SELECT search, id FROM core_organization WHERE rowid > :last AND search <> ''"
    ),
}
HAS_FULL_TEXT = text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name || '_fts'")
LAST_ROW: Final = {
    grid.name: text("SELECT coalesce(max(rowid), 0) FROM core_grid"),
    organization.name: text("SELECT coalesce(max(rowid), 0) FROM core_organization"),
}


@contextmanager
def indexes_set_aside(connection: Connection) -> Iterator[None]:
    """Fill grids and organisations without their indexes; nobody else reads the two tables meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        parts = POSTGRESQL_PARTS
        last = {}
    else:
        # Rows and sorted runs of indexes stay in memory, and a second thread sorts.
        for setting in SQLITE_SETTINGS:
            connection.exec_driver_sql(setting)
        parts = SQLITE_PARTS
        last = {name: connection.execute(LAST_ROW[name]).scalar_one() for name in TABLES}
    kept = [tuple(row) for name in TABLES for row in connection.execute(parts, {"name": name})]
    for drop, _ in kept:
        connection.exec_driver_sql(drop)
    yield
    for _, create in reversed(kept):
        connection.exec_driver_sql(create)
    for name, row in last.items():
        if connection.execute(HAS_FULL_TEXT, {"name": name}).first():
            connection.execute(REFILL[name], {"last": row})
