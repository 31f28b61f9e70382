"""What migrations do beside Alembic's operations: search indexes, rows that stay, and the register of places.

Call these from `upgrade()`. Released migrations call them too: what they do for a table may not change,
or else databases of different ages would differ.
"""

import re
from collections.abc import Sequence
from typing import Final

from alembic import op
from sqlalchemy import column, inspect, table

from linli.database.migration_sql import (
    POSTGRESQL_KEEP,
    POSTGRESQL_ONLY_EMPTIED,
    POSTGRESQL_SEARCH,
    SQLITE_KEEP,
    SQLITE_ONLY_EMPTIED,
    SQLITE_SEARCH,
    filled,
)

IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")  # leaves room for the names made from it


def register_scoped(*tables: str) -> None:
    """Register tables with `grid_id` and `path`, so that moves, verification and erasure reach them."""
    rows = [{"name": _identifier(name)} for name in tables]
    op.bulk_insert(table("core_scoped_table", column("name")), rows)


def create_search_index(name: str) -> None:
    """Index the tokens that the column `search` of a table with a text `id` holds, present rows included.

    PostgreSQL: a GIN index over the tokens as an array. SQLite: the table `<name>_fts` with the columns
    `tokens` and `id`, which triggers keep in step.
    """
    names = {"table": _identifier(name)}
    for statement in SQLITE_SEARCH if _is_sqlite() else POSTGRESQL_SEARCH:
        op.execute(filled(statement, names))


def keep_rows(name: str, mutable: Sequence[str] = ()) -> None:
    """Refuse from now on that rows of a table are deleted, or changed in other columns than `mutable`.

    After a column has been added call it again: on SQLite the new column is not guarded before.
    The serving role of PostgreSQL loses the rights too; see `grant_application_role`.
    """
    names = {
        "table": _identifier(name),
        "mutable": ", ".join(f"'{_identifier(one)}'" for one in mutable),
        "guarded": ", ".join(one for one in _columns(name) if one not in mutable),
    }
    for statement in SQLITE_KEEP if _is_sqlite() else POSTGRESQL_KEEP:
        op.execute(filled(statement, names))


def only_emptied(name: str, *columns: str) -> None:
    """Refuse from now on that words are rewritten: columns that `keep_rows` leaves mutable for erasure alone.

    They can be set to null, to an empty text or to an empty document, and to nothing else.
    """
    for one in columns:
        names = {"table": _identifier(name), "column": _identifier(one)}
        for statement in SQLITE_ONLY_EMPTIED if _is_sqlite() else POSTGRESQL_ONLY_EMPTIED:
            op.execute(filled(statement, names))


def _columns(name: str) -> list[str]:
    return [_identifier(one["name"]) for one in inspect(op.get_bind()).get_columns(name)]


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _identifier(name: str) -> str:
    if not IDENTIFIER.fullmatch(name):
        raise ValueError(f'"{name}" is no name of a table or column of Linli: use a-z, 0-9 and _, at most 48')
    return name
