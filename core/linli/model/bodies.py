"""Party branches, organisations and projects."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text, text

from linli.model.base import (
    listed_by,
    metadata,
    node_columns,
    place_columns,
    scoped,
    search_column,
    searchable,
    validity_columns,
)
from linli.model.types import Document, Id, Instant, PathText, name_text

party_branch = searchable(
    scoped(
        Table(
            "core_party_branch",
            metadata,
            *node_columns(),
            *place_columns(),
            Column("key", Integer, nullable=False, unique=True),
            Column("name", name_text(120), nullable=False),
            Column("kind", String(24), nullable=False),
            Column("relation", String(16), nullable=False),
            Column("parent_id", Id, ForeignKey("core_party_branch.id"), index=True),
            Column("tree_path", PathText, nullable=False, index=True),
            *validity_columns(),
            search_column(),
        )
    )
)

listed_by(party_branch, "name", "kind")

branch_coverage = Table(
    "core_branch_coverage",
    metadata,
    Column("branch_id", Id, ForeignKey("core_party_branch.id"), primary_key=True),
    Column("covered_grid_id", Id, ForeignKey("core_grid.id"), primary_key=True, index=True),
)

organization = searchable(
    scoped(
        Table(
            "core_organization",
            metadata,
            *node_columns(),
            *place_columns(),
            Column("name", name_text(120), nullable=False),
            Column("official_name", String(120)),
            Column("kind", String(32), nullable=False),
            Column("legal_form", String(32)),
            Column("registration", String(16), nullable=False),
            Column("roles", Document),
            Column("credit_code", String(18)),
            Column("parent_id", Id, ForeignKey("core_organization.id"), index=True),
            *validity_columns(),
            search_column(),
        )
    )
)
REGISTERED = text("valid_to IS NULL AND credit_code IS NOT NULL")
Index(
    "uq_core_organization_credit_code",
    organization.c.credit_code,
    unique=True,
    postgresql_where=REGISTERED,
    sqlite_where=REGISTERED,
)

listed_by(organization, "name", "kind", "registration")

branch_host = Table(
    "core_branch_host",
    metadata,
    Column("branch_id", Id, ForeignKey("core_party_branch.id"), primary_key=True),
    Column("organization_id", Id, ForeignKey("core_organization.id"), primary_key=True, index=True),
)

project = searchable(
    scoped(
        Table(
            "core_project",
            metadata,
            *node_columns(),
            *place_columns(),
            Column("name", name_text(120), nullable=False),
            Column("state", String(16), nullable=False),
            Column("category", String(32)),
            Column("description", Text),
            Column("budget_fen", BigInteger),
            Column("organization_id", Id, ForeignKey("core_organization.id"), index=True),
            Column("starts_on", Date),
            Column("ends_on", Date),
            Column("accepted_at", Instant),
            Column("acceptance_note", Text),
            *validity_columns(),
            search_column(),
        )
    )
)

listed_by(project, "name", "state", "category")

project_grid = Table(
    "core_project_grid",
    metadata,
    Column("project_id", Id, ForeignKey("core_project.id"), primary_key=True),
    Column("served_grid_id", Id, ForeignKey("core_grid.id"), primary_key=True, index=True),
)

project_party = scoped(
    Table(
        "core_project_party",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("project_id", Id, ForeignKey("core_project.id"), nullable=False, index=True),
        Column("role", String(16), nullable=False),
        Column("organization_id", Id, ForeignKey("core_organization.id"), index=True),
        Column("resident_id", Id, ForeignKey("core_resident.id"), index=True),
        Column("since", Date, nullable=False),
        Column("until", Date),
    )
)
