"""DataLoaders, made for each request; each batch runs in a session of its own."""

from collections import defaultdict

from models import Grid, Membership, Organization, Project, Residence, Resident
from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from strawberry.dataloader import DataLoader


def below(path):
    return func.left(path, -1) + "0"


class Loaders:
    def __init__(self, sessions):
        self.sessions = sessions
        self.organization = DataLoader(self.organizations)
        self.grid = DataLoader(self.grids)
        self.grid_by_key = DataLoader(self.grids_by_key)
        self.memberships = DataLoader(self.memberships_of)
        self.residents = DataLoader(self.residents_of)
        self.resident_count = DataLoader(self.resident_counts)
        self.project_count = DataLoader(self.project_counts)

    async def rows(self, statement):
        async with self.sessions() as session:
            return list(await session.execute(statement))

    async def by(self, model, column, keys):
        found = {
            getattr(row[0], column.key): row[0]
            for row in await self.rows(select(model).where(column.in_(keys)))
        }
        return [found.get(key) for key in keys]

    async def organizations(self, keys):
        return await self.by(Organization, Organization.id, keys)

    async def grids(self, keys):
        return await self.by(Grid, Grid.id, keys)

    async def grids_by_key(self, keys):
        return await self.by(Grid, Grid.key, keys)

    async def memberships_of(self, keys):
        statement = select(Membership).where(Membership.resident_id.in_(keys)).order_by(Membership.id)
        found = defaultdict(list)
        for (row,) in await self.rows(statement):
            found[row.resident_id].append(row)
        return [found[key] for key in keys]

    async def residents_of(self, keys):
        """The first residents below grids: one statement, numbered within each grid."""
        first = max(number for _, number in keys)
        nth = func.row_number().over(partition_by=Grid.id, order_by=(Resident.path, Resident.id)).label("nth")
        inner = (
            select(Grid.id.label("place"), Resident, nth)
            .join(Resident, (Resident.path >= Grid.path) & (Resident.path < below(Grid.path)))
            .where(Grid.id.in_([grid for grid, _ in keys]))
            .subquery()
        )
        resident = aliased(Resident, inner)
        statement = (
            select(inner.c.place, resident).where(inner.c.nth <= first).order_by(inner.c.place, inner.c.nth)
        )
        found = defaultdict(list)
        for place, row in await self.rows(statement):
            found[place].append(row)
        return [found[grid][:number] for grid, number in keys]

    async def counted(self, model, condition, keys):
        statement = (
            select(Grid.id, func.count())
            .join(model, (model.path >= Grid.path) & (model.path < below(Grid.path)) & condition)
            .where(Grid.id.in_(keys))
            .group_by(Grid.id)
        )
        found = dict(map(tuple, await self.rows(statement)))
        return [found.get(key, 0) for key in keys]

    async def resident_counts(self, keys):
        return await self.counted(Residence, Residence.kind == "lives", keys)

    async def project_counts(self, keys):
        return await self.counted(Project, Project.valid_to.is_(None), keys)
