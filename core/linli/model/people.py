"""Residents, where they live and work, households and dwellings."""

from sqlalchemy import Column, Date, ForeignKey, Index, LargeBinary, Numeric, String, Table, text

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
from linli.model.types import Id, name_text

dwelling = scoped(
    Table(
        "core_dwelling",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("estate", String(80)),
        Column("building", String(20), nullable=False),
        Column("unit", String(20)),
        Column("room", String(20), nullable=False),
        Column("floor_area", Numeric(10, 2)),
        *validity_columns(),
    )
)

listed_by(dwelling, "building", "room")

household = searchable(
    scoped(
        Table(
            "core_household",
            metadata,
            *node_columns(),
            *place_columns(),
            Column("label", String(80), nullable=False),
            Column("kind", String(24), nullable=False),
            Column("head_id", Id, index=True),
            Column("dwelling_id", Id, ForeignKey("core_dwelling.id"), index=True),
            *validity_columns(),
            search_column(),
        )
    )
)

listed_by(household, "label")

resident = searchable(
    scoped(
        Table(
            "core_resident",
            metadata,
            *node_columns(),
            *place_columns(),
            Column("name", name_text(80), nullable=False),
            Column("birth_date", Date),
            Column("household_id", Id, ForeignKey("core_household.id"), index=True),
            Column("data_key", LargeBinary),
            Column("phone_masked", String(24)),
            Column("phone_cipher", LargeBinary),
            Column("phone_blind", String(64), index=True),
            Column("id_number_masked", String(32)),
            Column("id_number_cipher", LargeBinary),
            Column("id_number_blind", String(64)),
            Column("import_key", String(64), unique=True),
            Column("closed_reason", String(24)),
            *validity_columns(),
            search_column(),
        )
    )
)
listed_by(resident, "name")
OPEN = text("valid_to IS NULL AND id_number_blind IS NOT NULL")
GONE = text("closed_reason = 'erased'")
Index("ix_core_resident_erased", resident.c.id, postgresql_where=GONE, sqlite_where=GONE)
Index("ix_core_resident_id_number", resident.c.id_number_blind, postgresql_where=OPEN, sqlite_where=OPEN)

residence = scoped(
    Table(
        "core_residence",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("resident_id", Id, ForeignKey("core_resident.id"), nullable=False, index=True),
        Column("kind", String(24), nullable=False),
        Column("since", Date, nullable=False),
        Column("until", Date),
    )
)
LIVES = text("kind = 'lives' AND until IS NULL")
Index(
    "uq_core_residence_lives",
    residence.c.resident_id,
    unique=True,
    postgresql_where=LIVES,
    sqlite_where=LIVES,
)

occupancy = scoped(
    Table(
        "core_occupancy",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("dwelling_id", Id, ForeignKey("core_dwelling.id"), nullable=False, index=True),
        Column("resident_id", Id, ForeignKey("core_resident.id"), nullable=False, index=True),
        Column("kind", String(16), nullable=False),
        Column("since", Date, nullable=False),
        Column("until", Date),
    )
)
