"""The rights of the serving role on PostgreSQL: it works on rows, never on tables, and journals only grow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select, text

from linli.database.migration_sql import REFUSE, filled, quoted
from linli.database.migration_transaction import ADVISORY_KEY

OWN_TABLES: Final = text("""
SELECT c.relname, t.tgargs FROM pg_class AS c
LEFT JOIN (
  pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid AND p.proname = :refuse
) ON t.tgrelid = c.oid AND t.tgtype & 1 = 1  -- for each row
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND pg_has_role(c.relowner, 'USAGE')
ORDER BY c.relname
""")

SCHEMA: Final = (
    "GRANT USAGE ON SCHEMA %(schema)s TO %(role)s",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %(schema)s TO %(role)s",
    """
    ALTER DEFAULT PRIVILEGES IN SCHEMA %(schema)s
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %(role)s
    """,
    "ALTER DEFAULT PRIVILEGES IN SCHEMA %(schema)s GRANT USAGE, SELECT ON SEQUENCES TO %(role)s",
)
REVOKE: Final = "REVOKE ALL ON %(tables)s FROM %(role)s"
READ: Final = "GRANT SELECT ON %(tables)s TO %(role)s"
APPEND: Final = "GRANT SELECT, INSERT ON %(tables)s TO %(role)s"
CHANGE: Final = "GRANT SELECT, INSERT, UPDATE, DELETE ON %(tables)s TO %(role)s"
CHANGE_COLUMNS: Final = "GRANT UPDATE (%(columns)s) ON %(tables)s TO %(role)s"


def grant_application_role(connection: Connection, role_name: str) -> None:
    """Give the serving role its rights on all tables as they stand now; call it after each `migrate`.

    It may read, insert, change and delete rows; of the migrations' own tables it may only read; tables
    guarded by `keep_rows` it may read and extend, and change in the columns left mutable. Rights that it
    had beyond these are taken away. `connection` is the owner's transaction; for the owner itself, and
    on SQLite, nothing is done. The role must exist: `CREATE ROLE <name> LOGIN`.
    """
    if connection.dialect.name != "postgresql" or role_name == connection.scalar(text("SELECT current_user")):
        return
    # PostgreSQL fails when two transactions grant on one table at once.
    connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_KEY)))
    schema = connection.scalar(text("SELECT current_schema()"))
    names = {"role": quoted(role_name), "schema": quoted(schema)}
    tables = _Tables.of(dict(map(tuple, connection.execute(OWN_TABLES, {"refuse": REFUSE}))))
    for statement in SCHEMA:
        connection.execute(filled(statement, names))
    for statement, found in tables.grants():
        if found:
            context = names | {"tables": ", ".join(map(quoted, found))}
            connection.execute(filled(statement, context))
    for name, columns in tables.kept.items():
        if columns:
            context = names | {"tables": quoted(name), "columns": ", ".join(map(quoted, columns))}
            connection.execute(filled(CHANGE_COLUMNS, context))


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables by what the serving role may do; `kept` gives the columns that stay mutable."""

    ordinary: Sequence[str]
    read_only: Sequence[str]
    kept: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, found: Mapping[str, bytes | None]) -> "_Tables":
        kept = {name: _columns(args) for name, args in found.items() if args is not None}
        read_only = [name for name in found if _is_migrations(name)]
        return cls([name for name in found if name not in kept and name not in read_only], read_only, kept)

    def grants(self) -> list[tuple[str, Sequence[str]]]:
        kept = list(self.kept)
        return [
            (REVOKE, [*self.ordinary, *self.read_only, *kept]),
            (READ, self.read_only),
            (APPEND, kept),
            (CHANGE, self.ordinary),
        ]


def _columns(args: bytes) -> list[str]:
    return [name.decode() for name in bytes(args).split(b"\0") if name]


def _is_migrations(name: str) -> bool:
    return name in {"core_version", "core_scoped_table", "core_personal_field"} or name.endswith("__version")
