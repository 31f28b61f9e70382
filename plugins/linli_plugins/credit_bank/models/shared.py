"""Columns that several tables of the bank share."""

from typing import Any

from sqlalchemy import Column, ForeignKey

from linli.model.types import Id


def owner_columns() -> tuple[Column[Any], ...]:
    """Whose a row is: a resident's or an organisation's; nobody's once the member has left."""
    return (
        Column("resident_id", Id, ForeignKey("core_resident.id"), index=True),
        Column("organization_id", Id, ForeignKey("core_organization.id"), index=True),
    )
