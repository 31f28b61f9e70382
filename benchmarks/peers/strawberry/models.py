"""The tables as an ordinary SQLAlchemy user declares them: what the schema speaks of, with relationships."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, ForeignKey, func
from sqlalchemy.dialects.postgresql import TIMESTAMP, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Key = UUID(as_uuid=False)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {datetime: TIMESTAMP(timezone=True)}


class Node:
    id: Mapped[str] = mapped_column(Key, primary_key=True, insert_default=func.uuidv7())
    version: Mapped[int] = mapped_column(insert_default=1)
    created_at: Mapped[datetime] = mapped_column(insert_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(insert_default=func.now())


class Grid(Node, Base):
    __tablename__ = "core_grid"
    key: Mapped[int]
    code: Mapped[str | None]
    name: Mapped[str]
    level: Mapped[str]
    path: Mapped[str]
    valid_to: Mapped[datetime | None]


class Organization(Node, Base):
    __tablename__ = "core_organization"
    name: Mapped[str]


class Resident(Node, Base):
    __tablename__ = "core_resident"
    path: Mapped[str]
    name: Mapped[str]
    valid_to: Mapped[datetime | None]


class Residence(Node, Base):
    __tablename__ = "core_residence"
    path: Mapped[str]
    kind: Mapped[str]
    resident_id: Mapped[str] = mapped_column(Key, ForeignKey("core_resident.id"))


class Membership(Node, Base):
    __tablename__ = "core_membership"
    path: Mapped[str]
    kind: Mapped[str]
    resident_id: Mapped[str] = mapped_column(Key, ForeignKey("core_resident.id"))
    organization_id: Mapped[str] = mapped_column(Key, ForeignKey("core_organization.id"))


class Project(Node, Base):
    __tablename__ = "core_project"
    grid_id: Mapped[str] = mapped_column(Key, ForeignKey("core_grid.id"))
    path: Mapped[str]
    name: Mapped[str]
    state: Mapped[str]
    category: Mapped[str | None]
    budget_fen: Mapped[int | None] = mapped_column(BigInteger)
    search: Mapped[str]
    valid_from: Mapped[datetime] = mapped_column(insert_default=func.now())
    valid_to: Mapped[datetime | None]
    grid: Mapped[Grid] = relationship(lazy="raise")
