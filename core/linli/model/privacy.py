"""What is declared of personal columns, the consents that people give, and the cases that they open."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text, text

from linli.model.base import metadata, node_columns, place_columns, scoped, validity_columns
from linli.model.types import Id, Instant

# Written by `linli migrate` from the declarations, so that those of disabled plugins are known too.
personal_field = Table(
    "core_personal_field",
    metadata,
    Column("table_name", String(63), primary_key=True),
    Column("column_name", String(63), primary_key=True),
    Column("plugin", String(40), nullable=False),
    Column("place", Integer, nullable=False),
    Column("purpose_en", Text, nullable=False),
    Column("purpose_zh", Text, nullable=False),
    Column("sensitivity", String(16), nullable=False),
    Column("retention_en", Text, nullable=False),
    Column("retention_zh", Text, nullable=False),
    Column("keep", String(16), nullable=False),
    Column("after", String(63)),
    Column("erase", String(12), nullable=False),
    Column("refers", String(63)),
    Column("whose", String(63)),
)

# `valid_from` is when it was given, `valid_to` when it was withdrawn.
consent = scoped(
    Table(
        "core_consent",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("resident_id", Id, ForeignKey("core_resident.id"), nullable=False),
        Column("purpose", String(80), nullable=False),
        Column("terms", Integer, nullable=False),
        Column("on_paper", Boolean, nullable=False),
        Column("guardian_id", Id, ForeignKey("core_resident.id"), index=True),
        Column("given_by_id", Id, ForeignKey("core_account.id"), nullable=False, index=True),
        Column("withdrawn_by_id", Id, ForeignKey("core_account.id"), index=True),
        *validity_columns(),
    )
)
IN_FORCE = text("valid_to IS NULL")
Index(
    "uq_core_consent_in_force",
    consent.c.resident_id,
    consent.c.purpose,
    unique=True,
    postgresql_where=IN_FORCE,
    sqlite_where=IN_FORCE,
)
Index("ix_core_consent_resident_id", consent.c.resident_id)

data_request = scoped(
    Table(
        "core_data_request",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("resident_id", Id, ForeignKey("core_resident.id"), nullable=False, index=True),
        Column("kind", String(16), nullable=False),
        Column("about_type", String(32)),
        Column("about_id", Id),
        Column("field", String(80)),
        Column("wish", Text, nullable=False),
        Column("state", String(12), nullable=False),
        Column("decide_by", Date, nullable=False),
        Column("asked_by_id", Id, ForeignKey("core_account.id"), nullable=False, index=True),
        Column("decided_by_id", Id, ForeignKey("core_account.id"), index=True),
        Column("decided_at", Instant),
        Column("decision", Text),
        Column("event_id", Id, ForeignKey("core_event.id")),
    )
)
ONE_ERASURE = text("kind = 'erasure' AND state = 'open'")
Index(
    "uq_core_data_request_erasure",
    data_request.c.resident_id,
    unique=True,
    postgresql_where=ONE_ERASURE,
    sqlite_where=ONE_ERASURE,
)
