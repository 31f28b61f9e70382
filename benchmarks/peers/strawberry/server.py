"""An ordinary Strawberry server: async SQLAlchemy ORM on asyncpg, DataLoaders, parser and validation caches.

Written as the documentation of Strawberry and of SQLAlchemy show it. DATABASE_URL and POOL come from the
environment.
"""

import base64
import os
from datetime import datetime

import strawberry
from loaders import Loaders
from models import Grid, Project, Resident
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1),
    pool_size=int(os.environ.get("POOL", "4")),
    max_overflow=0,
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
Info = strawberry.Info


def encoded(row):
    return base64.b64encode(f"{row.path} {row.id}".encode()).decode()


def decoded(cursor):
    path, _, ident = base64.b64decode(cursor).decode().partition(" ")
    return path, ident


@strawberry.type(name="Organization")
class OrganizationType:
    id: strawberry.ID
    name: str


@strawberry.type(name="Membership")
class MembershipType:
    id: strawberry.ID
    kind: str
    organization_id: strawberry.Private[str]

    @strawberry.field
    async def organization(self, info: Info) -> OrganizationType | None:
        row = await info.context["loaders"].organization.load(self.organization_id)
        return row and OrganizationType(id=row.id, name=row.name)


@strawberry.type(name="Resident")
class ResidentType:
    id: strawberry.ID
    name: str
    version: int
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, row):
        return cls(
            id=row.id,
            name=row.name,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            closed_at=row.valid_to,
        )

    @strawberry.field
    async def memberships(self, info: Info, first: int = 20) -> list[MembershipType]:
        rows = await info.context["loaders"].memberships.load(self.id)
        return [
            MembershipType(id=row.id, kind=row.kind, organization_id=row.organization_id)
            for row in rows[:first]
        ]


@strawberry.type
class ResidentEdge:
    cursor: str
    node: ResidentType


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class ResidentConnection:
    edges: list[ResidentEdge]
    page_info: PageInfo


@strawberry.type(name="Grid")
class GridType:
    id: strawberry.ID
    code: str | None
    name: str
    level: str
    version: int
    path: strawberry.Private[str]

    @classmethod
    def of(cls, row):
        return cls(
            id=row.id, code=row.code, name=row.name, level=row.level, version=row.version, path=row.path
        )

    @strawberry.field
    async def ancestors(self, info: Info) -> list["GridType"]:
        keys = [int(part) for part in self.path.split("/") if part][:-1]
        rows = await info.context["loaders"].grid_by_key.load_many(keys)
        return [GridType.of(row) for row in rows if row is not None]

    @strawberry.field
    async def residents(self, info: Info, first: int = 20) -> list[ResidentType]:
        rows = await info.context["loaders"].residents.load((self.id, first))
        return [ResidentType.of(row) for row in rows]

    @strawberry.field
    async def resident_count(self, info: Info) -> int:
        return await info.context["loaders"].resident_count.load(self.id)

    @strawberry.field
    async def project_count(self, info: Info) -> int:
        return await info.context["loaders"].project_count.load(self.id)


@strawberry.type(name="Project")
class ProjectType:
    id: strawberry.ID
    name: str
    state: str
    category: str | None
    budget_fen: str | None
    version: int
    grid_id: strawberry.Private[str]

    @strawberry.field
    async def grid(self, info: Info) -> GridType | None:
        row = await info.context["loaders"].grid.load(self.grid_id)
        return row and GridType.of(row)


@strawberry.type
class Query:
    @strawberry.field
    async def grid(self, code: str) -> GridType | None:
        async with sessions() as session:
            row = await session.scalar(select(Grid).where(Grid.code == code, Grid.valid_to.is_(None)))
        return row and GridType.of(row)

    @strawberry.field
    async def grids(self, within: strawberry.ID, level: str, first: int = 20) -> list[GridType]:
        async with sessions() as session:
            path = await session.scalar(select(Grid.path).where(Grid.id == within))
            rows = await session.scalars(
                select(Grid)
                .where(Grid.level == level, Grid.path >= path, Grid.path < path[:-1] + "0")
                .order_by(Grid.path, Grid.id)
                .limit(first)
            )
        return [GridType.of(row) for row in rows]

    @strawberry.field
    async def residents(
        self, within: strawberry.ID, first: int = 20, after: str | None = None
    ) -> ResidentConnection:
        async with sessions() as session:
            path = await session.scalar(select(Grid.path).where(Grid.id == within))
            statement = select(Resident).where(Resident.path >= path, Resident.path < path[:-1] + "0")
            if after is not None:
                statement = statement.where(tuple_(Resident.path, Resident.id) > tuple_(*decoded(after)))
            rows = list(
                await session.scalars(statement.order_by(Resident.path, Resident.id).limit(first + 1))
            )
        edges = [ResidentEdge(cursor=encoded(row), node=ResidentType.of(row)) for row in rows[:first]]
        info = PageInfo(
            has_next_page=len(rows) > first,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )
        return ResidentConnection(edges=edges, page_info=info)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_project(
        self, grid: strawberry.ID, name: str, category: str | None = None, budget_fen: str | None = None
    ) -> ProjectType:
        async with sessions() as session:
            place = await session.get_one(Grid, grid, with_for_update={"read": True})
            row = Project(
                grid_id=place.id,
                path=place.path,
                name=name,
                state="draft",
                category=category,
                budget_fen=int(budget_fen) if budget_fen else None,
                search="",
            )
            session.add(row)
            await session.commit()
        return ProjectType(
            id=row.id,
            name=row.name,
            state=row.state,
            category=row.category,
            budget_fen=None if row.budget_fen is None else str(row.budget_fen),
            version=row.version,
            grid_id=row.grid_id,
        )


class Server(GraphQL):
    async def get_context(self, request, response=None):
        return {"request": request, "response": response, "loaders": Loaders(sessions)}


schema = strawberry.Schema(
    Query, Mutation, extensions=[ParserCache(maxsize=100), ValidationCache(maxsize=100)]
)
app = Server(schema, graphql_ide=None)
