"""Building the demo: the official division is imported, all else is generated from a seed."""

import random
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, select

from linli import model as t
from linli import rollup
from linli.clock import now
from linli.counts import core_counts
from linli.database.database import Database
from linli.demo.bodies import add_bodies, add_service
from linli.demo.cells import Cell, Keys, add_branch, add_cells
from linli.demo.households import add_households
from linli.demo.rows import Row, Rows
from linli.importing.faults import Progress, quiet
from linli.importing.grids import import_grids
from linli.territory import next_key
from linli.vault import Vault

DATA = Path(__file__).parent / "data"
CITY = "330482"
COMMUNITY = "330482001001"
WORKER_GRID = f"{COMMUNITY}-01"
SEED = 330482


@dataclass(frozen=True)
class DemoReport:
    """Where the demo's accounts belong: the ids of grids and residents, and how many rows were made."""

    city_grid_id: str
    community_grid_id: str
    worker_grid_id: str
    worker_resident_id: str
    resident_id: str
    rows: int


@dataclass
class _Found:
    worker: Row | None = None
    neighbour: Row | None = None


def build_demo(database: Database, vault: Vault, progress: Progress = quiet, seed: int = SEED) -> DemoReport:
    """Fill an empty, migrated database with Pinghu; `seed` makes other people of the same city."""
    import_grids(database, DATA, progress)
    with database.begin() as connection:
        rows = Rows(now())
        found = _Found()
        places = _places(connection)
        _generate(connection, rows, random.Random(seed), vault, places, found)  # noqa: S311 - made-up people
        for done in rows.write(connection):
            progress("demo", done, rows.count)
        rollup.recount(connection, core_counts())
    if found.worker is None or found.neighbour is None:
        raise ValueError("the generator made nobody for the first grid")
    grids = {row["code"]: row["id"] for row in rows.by_table[t.grid]}
    return DemoReport(
        places[CITY]["id"],
        places[COMMUNITY]["id"],
        grids[WORKER_GRID],
        found.worker["id"],
        found.neighbour["id"],
        rows.count,
    )


def _places(connection: Connection) -> dict[str, Row]:
    """The imported grids by code, locked as whoever places rows does."""
    g = t.grid.c
    statement = select(g.id, g.code, g.name, g.path, g.level, g.parent_id).where(g.code.startswith(CITY))
    return {row.code: row._asdict() for row in connection.execute(statement.with_for_update(read=True))}


def _generate(
    connection: Connection,
    rows: Rows,
    generator: random.Random,
    vault: Vault,
    places: dict[str, Row],
    found: _Found,
) -> None:
    keys = Keys(count(next_key(connection, t.grid)), count(next_key(connection, t.party_branch)))
    city = add_branch(rows, keys, places[CITY], None, "中共平湖市委员会", "committee")
    towns = {
        place["id"]: add_branch(rows, keys, place, city, *_town_committee(place["name"]))
        for place in places.values()
        if place["level"] == "town"
    }
    for place in places.values():
        if place["level"] == "community":
            kind = "committee" if place["name"].endswith("社区") else "general_branch"
            name = f"{place['name']}{'党委' if kind == 'committee' else '党总支'}"
            committee = add_branch(rows, keys, place, towns[place["parent_id"]], name, kind)
            cells = add_cells(rows, generator, keys, place, committee)
            _populate(rows, generator, vault, place, cells, found)


def _town_committee(name: str) -> tuple[str, str]:
    if name.endswith("街道"):
        return f"中共平湖市{name}工作委员会", "working_committee"
    return f"中共平湖市{name}委员会", "committee"


def _populate(
    rows: Rows, generator: random.Random, vault: Vault, community: Row, cells: list[Cell], found: _Found
) -> None:
    everybody: list[Row] = []
    for cell in cells:
        doors = 4 if cell.row["code"] == WORKER_GRID else 2
        people = [list(add_households(rows, generator, vault, micro, doors)) for micro in cell.micro]
        worker = add_service(rows, generator, cell, people)
        if cell.row["code"] == WORKER_GRID:
            found.worker, found.neighbour = worker, people[-1][-1]
        everybody += [person for one in people for person in one]
    add_bodies(rows, generator, community, everybody)
