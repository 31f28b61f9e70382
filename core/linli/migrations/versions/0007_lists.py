"""Indexes that lists are filtered and ordered by.

Never changed after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

NAMES = {
    "core_grid": 120,
    "core_organization": 120,
    "core_party_branch": 120,
    "core_project": 120,
    "core_resident": 80,
}
LISTED = {
    "core_dwelling": ("building", "room"),
    "core_grid": ("name",),
    "core_household": ("label",),
    "core_membership": ("kind",),
    "core_organization": ("name", "kind", "registration"),
    "core_party_branch": ("name", "kind"),
    "core_post": ("kind",),
    "core_project": ("name", "state", "category"),
    "core_relationship": ("type",),
    "core_resident": ("name",),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        order_names_by_code_points()
    op.create_index("ix_core_event_path_id", "core_event", ["path", "id"])
    op.drop_index("ix_core_relationship_type", "core_relationship")
    for table, columns in LISTED.items():
        for column in columns:
            op.create_index(f"ix_{table}_{column}_path_id", table, [column, "path", "id"])


def order_names_by_code_points() -> None:
    for table, length in NAMES.items():
        op.alter_column(table, "name", type_=sa.String(length, collation="C"), existing_nullable=False)
