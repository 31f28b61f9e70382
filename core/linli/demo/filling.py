"""What plugins fill the demo with: deeds, done by its made-up people as the policy lets them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from linli import model as t
from linli.access.actors import load_actor
from linli.database.database import Database
from linli.deeds import Deeds, Request, perform
from linli.errors import NotFound
from linli.ids import public_id
from linli.verbs.verb import Verb


class DemoError(Exception):
    """A deed of the demo was refused; the plugin that fills it is at fault."""


@dataclass(frozen=True)
class Demo:
    """The demo as a plugin fills it.

    Attributes:
        accounts: ids of the accounts by name: `city_admin`, `community_worker` and `colleague` of the first
            community, `grid_worker` of its first grid, and `resident`, who lives there.
        community: code of the first community.
        grid: code of its first grid.
    """

    database: Database = field(repr=False)
    deeds: Deeds = field(repr=False)
    verbs: Mapping[str, Verb] = field(repr=False)
    accounts: Mapping[str, str]
    community: str
    grid: str

    def do(self, who: str, verb: str, **data: Any) -> str:
        """Do a deed in somebody's name, by the name of its mutation; return the public id of what it made.

        Raises:
            DemoError: it was refused.
        """
        with self.database.begin() as connection:
            actor = load_actor(connection, self.accounts[who])
            if actor is None:
                raise DemoError(f"there is no account {who}")
            outcome = perform(connection, self.deeds, Request(actor, self.verbs[verb], data))
        if outcome.ref is None:
            raise DemoError(f"{who} could not {verb}: {'; '.join(map(str, outcome.refusals))}")
        return public_id(outcome.ref.type, outcome.ref.id)

    def grid_id(self, code: str) -> str:
        """Return the public id of a grid."""
        with self.database.begin() as connection:
            return public_id("grid", _grid_id(connection, code))

    def residents(self, code: str) -> list[str]:
        """Return the public ids of those who live in a grid or below it, in the order of their records."""
        r, g = t.resident.c, t.grid.c
        with self.database.begin() as connection:
            path = connection.execute(select(g.path).where(g.code == code)).scalar_one()
            below = select(r.id).where(r.path.startswith(path), r.valid_to.is_(None)).order_by(r.id)
            return [public_id("resident", one) for one in connection.execute(below).scalars()]

    def ids(self, statement: Any, kind: str) -> list[str]:
        """Return the public ids of what a statement selects."""
        with self.database.begin() as connection:
            return [public_id(kind, one) for one in connection.execute(statement).scalars()]


def _grid_id(connection: Connection, code: str) -> str:
    found = connection.execute(select(t.grid.c.id).where(t.grid.c.code == code)).scalar_one_or_none()
    if found is None:
        raise NotFound("grid")
    return str(found)
