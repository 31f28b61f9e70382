"""Whom the demo's deeds are about: adults of the first grid."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from linli import model as t
from linli.demo.filling import Demo

BORN_BEFORE = date(2000, 1, 1)
HELD = ("resident", "grid_worker")  # accounts of people of the grid


@dataclass(frozen=True)
class People:
    """Public ids of residents of the demo's first grid.

    Attributes:
        resident: whose account is `resident`.
        doorstep: public id of the micro-grid where that one lives.
        neighbors: other adults of that micro-grid.
        others: adults of the grid's other micro-grids.
    """

    resident: str
    doorstep: str
    neighbors: list[str]
    others: list[str]


def find_people(demo: Demo) -> People:
    """Return them; who works in the grid is left out, since nobody records the own activities."""
    a, r, g = t.account.c, t.resident.c, t.grid.c
    held = {name: select(a.resident_id).where(a.id == demo.accounts[name]).scalar_subquery() for name in HELD}
    home = select(r.grid_id).where(r.id == held["resident"]).scalar_subquery()
    below = select(g.id).where(g.parent_id == select(g.id).where(g.code == demo.grid).scalar_subquery())
    adult = select(r.id).where(r.birth_date < BORN_BEFORE, r.id.not_in(held.values())).order_by(r.id)
    (resident,) = demo.ids(select(r.id).where(r.id == held["resident"]), "resident")
    (doorstep,) = demo.ids(select(g.id).where(g.id == home), "grid")
    return People(
        resident,
        doorstep,
        demo.ids(adult.where(r.grid_id == home), "resident"),
        demo.ids(adult.where(r.grid_id.in_(below), r.grid_id != home), "resident"),
    )
