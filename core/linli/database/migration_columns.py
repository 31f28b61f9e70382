"""The columns and keys that most tables share, for migrations to spell theirs out with.

Released migrations call these: what they make may never change, or else databases of different ages would
differ. A test holds them to it. What a new table needs otherwise gets a name of its own here.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

ID = sa.String(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
INSTANT = sa.String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
PATH = sa.String().with_variant(sa.String(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
PLACED = ("version", "updated_at", "grid_id", "path")
"""The columns of a row at a grid that may always change."""


def name_text(length: int) -> TypeEngine[str]:
    """Return the type of a name, ordered by code points on both databases."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def node() -> list[sa.Column[object]]:
    """Columns of a row that changes and stands at a grid."""
    return [
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("grid_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
    ]


def validity() -> list[sa.Column[object]]:
    """Columns of a row that is closed, never deleted."""
    return [sa.Column("valid_from", INSTANT, nullable=False), sa.Column("valid_to", INSTANT)]


def keys(table: str, **references: str) -> list[sa.Constraint]:
    """The primary key `id`, and the references of `grid_id` and other columns to the `id` of their tables."""
    refers = [refer(table, column, other) for column, other in {"grid_id": "core_grid", **references}.items()]
    return [*refers, sa.PrimaryKeyConstraint("id", name=f"pk_{table}")]


def refer(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """Return the reference of a column to the `id` of another table."""
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def index_placed(table: str, *columns: str) -> None:
    """Index a table at grids for pages and moves, and each of these columns by itself."""
    op.create_index(f"ix_{table}_path_id", table, ["path", "id"])
    for column in ("grid_id", *columns):
        op.create_index(f"ix_{table}_{column}", table, [column])


def unique_where(name: str, table: str, columns: list[str], where: str) -> None:
    """Let at most one row of those that meet a condition have the same values in these columns."""
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=True, postgresql_where=condition, sqlite_where=condition)
