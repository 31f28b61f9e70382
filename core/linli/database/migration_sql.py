"""Statements for which Alembic has no operation; names of tables and columns are filled in."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import DDL

REFUSE: Final = "linli_refuse_change"

POSTGRESQL_SEARCH: Final = (
    "CREATE INDEX ix_%(table)s_search ON %(table)s USING gin (string_to_array(search, ' '))",
)

# The tokenizer `ascii` parts at blanks and leaves every other character of Python's tokens as it is;
# `unicode61` folds accents and does not know all the letters that Python knows.
# Rows are found again by their words: by `id` alone it would read the whole index, and rowids may change.
FORGET: Final = """
DELETE FROM %(table)s_fts WHERE %(table)s_fts
MATCH '"' || replace(replace(old.search, '"', '""'), ' ', '" "') || '"' AND id = old.id;
"""
REMEMBER: Final = """
INSERT INTO %(table)s_fts (tokens, id) SELECT new.search, new.id WHERE new.search <> '';
"""
SQLITE_SEARCH: Final = (
    "DROP TABLE IF EXISTS %(table)s_fts",
    "CREATE VIRTUAL TABLE %(table)s_fts USING fts5(tokens, id UNINDEXED, tokenize='ascii')",
    "INSERT INTO %(table)s_fts (tokens, id) SELECT search, id FROM %(table)s WHERE search <> ''",
    "DROP TRIGGER IF EXISTS %(table)s_fts_insert",
    f"CREATE TRIGGER %(table)s_fts_insert AFTER INSERT ON %(table)s BEGIN {REMEMBER} END",
    "DROP TRIGGER IF EXISTS %(table)s_fts_update",
    f"""
    CREATE TRIGGER %(table)s_fts_update AFTER UPDATE OF search ON %(table)s
    WHEN old.search <> new.search BEGIN {FORGET} {REMEMBER} END
    """,
    "DROP TRIGGER IF EXISTS %(table)s_fts_delete",
    f"CREATE TRIGGER %(table)s_fts_delete AFTER DELETE ON %(table)s BEGIN {FORGET} END",
)

POSTGRESQL_KEEP: Final = (
    f"""
    CREATE OR REPLACE FUNCTION {REFUSE}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND TG_NARGS > 0 AND to_jsonb(old) - TG_ARGV = to_jsonb(new) - TG_ARGV THEN
        RETURN new;
      END IF;
      RAISE EXCEPTION 'the rows of %% stay as they are', TG_TABLE_NAME USING ERRCODE = '42501';
    END $$
    """,
    f"""
    CREATE OR REPLACE TRIGGER %(table)s_keep BEFORE UPDATE OR DELETE ON %(table)s
    FOR EACH ROW EXECUTE FUNCTION {REFUSE}(%(mutable)s)
    """,
    f"""
    CREATE OR REPLACE TRIGGER %(table)s_keep_all BEFORE TRUNCATE ON %(table)s
    FOR EACH STATEMENT EXECUTE FUNCTION {REFUSE}()
    """,
)
SQLITE_KEEP: Final = (
    "DROP TRIGGER IF EXISTS %(table)s_keep_update",
    """
    CREATE TRIGGER %(table)s_keep_update BEFORE UPDATE OF %(guarded)s ON %(table)s
    BEGIN SELECT RAISE(ABORT, 'the rows of %(table)s stay as they are'); END
    """,
    "DROP TRIGGER IF EXISTS %(table)s_keep_delete",
    """
    CREATE TRIGGER %(table)s_keep_delete BEFORE DELETE ON %(table)s
    BEGIN SELECT RAISE(ABORT, 'the rows of %(table)s stay as they are'); END
    """,
)

# A second guard, by a function of its own: the first one's arguments say what the serving role may change.
POSTGRESQL_ONLY_EMPTIED: Final = (
    """
    CREATE OR REPLACE FUNCTION linli_refuse_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the words of %% stay as they are, or are emptied', TG_TABLE_NAME
        USING ERRCODE = '42501';
    END $$
    """,
    """
    CREATE OR REPLACE TRIGGER %(table)s_%(column)s_emptied BEFORE UPDATE ON %(table)s FOR EACH ROW
    WHEN (old.%(column)s IS DISTINCT FROM new.%(column)s AND new.%(column)s::text NOT IN ('', '{}'))
    EXECUTE FUNCTION linli_refuse_words()
    """,
)
SQLITE_ONLY_EMPTIED: Final = (
    "DROP TRIGGER IF EXISTS %(table)s_%(column)s_emptied",
    """
    CREATE TRIGGER %(table)s_%(column)s_emptied BEFORE UPDATE OF %(column)s ON %(table)s
    WHEN old.%(column)s IS NOT new.%(column)s AND CAST(new.%(column)s AS text) NOT IN ('', '{}')
    BEGIN SELECT RAISE(ABORT, 'the words of %(table)s stay as they are, or are emptied'); END
    """,
)


def filled(statement: str, names: Mapping[str, str]) -> DDL:
    """Return a statement with names that are identifiers, or quoted, in its places `%(name)s`."""
    return DDL(statement, context=names)  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types


def quoted(name: str) -> str:
    """Return any name as an identifier; SQLAlchemy's own quoting doubles the percent signs once too often."""
    return '"' + name.replace('"', '""') + '"'
