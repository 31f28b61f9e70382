"""What released migrations are spelled out with never changes: the DDL of both databases stands here."""

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateTable

from linli.database import migration_columns as made

POSTGRESQL = """
CREATE TABLE walk__walk (
 id UUID NOT NULL,
 version INTEGER DEFAULT '1' NOT NULL,
 created_at TIMESTAMP(3) WITH TIME ZONE NOT NULL,
 updated_at TIMESTAMP(3) WITH TIME ZONE NOT NULL,
 grid_id UUID NOT NULL,
 path VARCHAR COLLATE "C" NOT NULL,
 valid_from TIMESTAMP(3) WITH TIME ZONE NOT NULL,
 valid_to TIMESTAMP(3) WITH TIME ZONE,
 name VARCHAR(80) COLLATE "C",
 told JSONB,
 led_by_id UUID,
 CONSTRAINT pk_walk__walk PRIMARY KEY (id),
 CONSTRAINT fk_walk__walk_grid_id FOREIGN KEY(grid_id) REFERENCES core_grid (id),
 CONSTRAINT fk_walk__walk_led_by_id FOREIGN KEY(led_by_id) REFERENCES core_resident (id)
)
"""
SQLITE = """
CREATE TABLE walk__walk (
 id VARCHAR(36) NOT NULL,
 version INTEGER DEFAULT '1' NOT NULL,
 created_at VARCHAR(24) NOT NULL,
 updated_at VARCHAR(24) NOT NULL,
 grid_id VARCHAR(36) NOT NULL,
 path VARCHAR NOT NULL,
 valid_from VARCHAR(24) NOT NULL,
 valid_to VARCHAR(24),
 name VARCHAR(80),
 told JSON,
 led_by_id VARCHAR(36),
 CONSTRAINT pk_walk__walk PRIMARY KEY (id),
 CONSTRAINT fk_walk__walk_grid_id FOREIGN KEY(grid_id) REFERENCES core_grid (id),
 CONSTRAINT fk_walk__walk_led_by_id FOREIGN KEY(led_by_id) REFERENCES core_resident (id)
)
"""


@pytest.mark.parametrize(
    ("dialect", "text"),
    [(PGDialect_psycopg(), POSTGRESQL), (SQLiteDialect_pysqlite(), SQLITE)],  # type: ignore[no-untyped-call]  # SQLAlchemy left them untyped
)
def test_a_table_made_of_them(dialect: Dialect, text: str) -> None:
    metadata = sa.MetaData()
    for other in ("core_grid", "core_resident"):
        sa.Table(other, metadata, sa.Column("id", made.ID, primary_key=True))
    table = sa.Table(
        "walk__walk",
        metadata,
        *made.node(),
        *made.validity(),
        sa.Column("name", made.name_text(80)),
        sa.Column("told", made.DOCUMENT),
        sa.Column("led_by_id", made.ID),
        *made.keys("walk__walk", led_by_id="core_resident"),
    )
    ddl = str(CreateTable(table).compile(dialect=dialect))
    assert " ".join(ddl.split()) == " ".join(text.split())


def test_the_indexes_made_by_them() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        metadata = sa.MetaData()
        sa.Table("core_grid", metadata, sa.Column("id", made.ID, primary_key=True))
        number: sa.Column[object] = sa.Column("number", sa.Integer())
        sa.Table("walk__walk", metadata, *made.node(), *made.validity(), number, *made.keys("walk__walk"))
        metadata.create_all(connection)
        made.index_placed("walk__walk", "number")
        made.unique_where("uq_walk__walk_open", "walk__walk", ["number"], "valid_to IS NULL")
        found = connection.execute(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name")
        )
        assert list(found.scalars()) == [
            "CREATE INDEX ix_walk__walk_grid_id ON walk__walk (grid_id)",
            "CREATE INDEX ix_walk__walk_number ON walk__walk (number)",
            "CREATE INDEX ix_walk__walk_path_id ON walk__walk (path, id)",
            "CREATE UNIQUE INDEX uq_walk__walk_open ON walk__walk (number) WHERE valid_to IS NULL",
        ]
