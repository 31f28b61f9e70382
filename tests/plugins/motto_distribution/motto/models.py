"""The plugin's table, and what policies know of its rows."""

from typing import Final

from sqlalchemy import Column, ForeignKey, String, Table

from linli.model.base import metadata, node_columns, place_columns, scoped, validity_columns
from linli.model.types import Id, Instant
from linli.policy import Resource

LONGEST: Final = 80

motto = scoped(
    Table(
        "motto__motto",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("text", String(LONGEST), nullable=False),
        Column("state", String(16), nullable=False),
        Column("proposer_id", Id, ForeignKey("core_resident.id"), nullable=False, index=True),
        Column("adopted_at", Instant),
        *validity_columns(),
    )
)

MOTTO: Final = Resource(
    "motto",
    motto,
    path=motto.c.path,
    grid=motto.c.grid_id,
    resident=motto.c.proposer_id,
    actions=frozenset({"read", "create", "adopt", "withdraw"}),
)
