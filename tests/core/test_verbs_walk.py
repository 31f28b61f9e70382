"""A random walk of deeds: whatever moves, merges or splits, rows stand at their grids and counts add up."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Table, select

from linli import model as t
from linli import rollup
from linli.counts import core_counts
from linli.ids import public_id
from linli.policy import Range
from tests.core.worlds import World, faults
from tests.policies.seeds import seeded

STEPS = 200
LEVELS = {
    "county": ("town",),
    "town": ("community",),
    "community": ("grid", "estate"),
    "grid": ("micro_grid", "building"),
    "estate": ("building",),
}


Planned = tuple[str, dict[str, Any]]


class Walk:
    """One walker with root's rights, and how often each kind of step succeeded."""

    def __init__(self, world: World, generator: random.Random) -> None:
        self.world = world
        self.random = generator
        self.last: Planned | None = None
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def step(self) -> None:
        steps: list[Callable[[], Planned | None]] = [
            self.create_grid,
            self.move_grid,
            self.merge_grids,
            self.split_grid,
            self.close_grid,
            self.create_resident,
            self.create_resident,
            self.move_resident,
            self.close_resident,
            self.create_household,
            self.move_household,
            self.join,
            self.create_body,
            self.move_branch,
        ]
        planned = self.random.choice(steps)()
        if planned is not None:
            verb, data = planned
            self.last = planned
            outcome = self.world.attempt("root", verb, data)
            (self.done if outcome.ref else self.refused)[verb] += 1

    def create_grid(self) -> Planned:
        parent = self.some(t.grid)
        level = self.random.choice(LEVELS.get(parent.level, ("grid",)))
        return "createGrid", {"parent": f"grid_{parent.id}", "name": "new", "level": level}

    def move_grid(self) -> Planned:
        return "moveGrid", {"grid": self.one(t.grid), "to": self.one(t.grid)}

    def merge_grids(self) -> Planned:
        target = self.some(t.grid)
        others = [row for row in self.open(t.grid) if row.level == target.level and row.id != target.id]
        merged = self.random.sample(others, min(len(others), self.random.randint(1, 2)))
        grids = [f"grid_{row.id}" for row in merged]
        return "mergeGrids", {"grids": grids or [self.one(t.grid)], "into": f"grid_{target.id}"}

    def split_grid(self) -> Planned:
        grid = self.some(t.grid)
        parts: list[dict[str, Any]] = [{"name": f"part {n}", "children": []} for n in range(2)]
        self.random.choice(parts)["remainder"] = True
        for child in self.open(t.grid):
            if child.parent_id == grid.id:
                self.random.choice(parts)["children"].append(f"grid_{child.id}")
        return "splitGrid", {"grid": f"grid_{grid.id}", "parts": parts}

    def close_grid(self) -> Planned:
        return "closeGrid", {"grid": self.one(t.grid)}

    def create_resident(self) -> Planned:
        kind = self.random.choice(["lives", "lives", "works_here"])
        if self.random.random() < 0.5 and (household := self.some(t.household)) is not None:
            place = {"grid": f"grid_{household.grid_id}", "household": f"household_{household.id}"}
        else:
            place = {"grid": self.one(t.grid)}
        return "createResident", {"name": "某人", "residence": kind} | place

    def move_resident(self) -> Planned | None:
        if self.some(t.resident) is None:
            return None
        return "moveResident", {"resident": self.one(t.resident), "to": self.one(t.grid)}

    def close_resident(self) -> Planned | None:
        if self.some(t.resident) is None or self.random.random() < 0.5:
            return None
        return "closeResident", {"resident": self.one(t.resident), "reason": "moved_away"}

    def create_household(self) -> Planned:
        return "createHousehold", {"grid": self.one(t.grid), "label": "家"}

    def move_household(self) -> Planned | None:
        if self.some(t.household) is None:
            return None
        return "moveHousehold", {"household": self.one(t.household), "to": self.one(t.grid)}

    def join(self) -> Planned | None:
        if self.some(t.resident) is None:
            return None
        table = self.random.choice([t.organization, t.party_branch])
        kind = "member" if table is t.organization else self.random.choice(["full", "delegate"])
        return "addMembership", {"member": self.one(t.resident), "joins": self.one(table), "kind": kind}

    def create_body(self) -> Planned:
        place = {"grid": self.one(t.grid), "name": "新"}
        if self.random.random() < 0.5:
            return "createOrganization", place | {"kind": "informal_team"}
        return "createPartyBranch", place | {"kind": "branch", "parent": self.one(t.party_branch)}

    def move_branch(self) -> Planned:
        return "movePartyBranch", {"partyBranch": self.one(t.party_branch), "to": self.one(t.party_branch)}

    def one(self, table: Table) -> str:
        return public_id(table.name.removeprefix("core_"), self.some(table).id)

    def some(self, table: Table) -> Any:
        """A random open row."""
        rows = self.open(table)
        return self.random.choice(rows) if rows else None

    def open(self, table: Table) -> list[Any]:
        statement = select(table).where(table.c.valid_to.is_(None)).order_by(table.c.id)
        return list(self.world.connection.execute(statement))


def branch_faults(world: World) -> Iterator[str]:
    """What is wrong with the tree of party organisations."""
    rows = {row.id: row for row in world.connection.execute(select(t.party_branch))}
    for row in rows.values():
        above = rows[row.parent_id].tree_path if row.parent_id else "/"
        if row.tree_path != f"{above}{row.key}/":
            yield f"{row.name} stands at {row.tree_path}, the one above at {above}"


def kept_in_place(world: World) -> Iterator[str]:
    """What does not stand where its person stands, or has been left behind in a closed grid."""
    people = {row.id: row for row in world.connection.execute(select(t.resident))}
    for table in (t.membership, t.residence):
        for row in world.connection.execute(select(table).where(table.c.until.is_(None))):
            follows = table is t.membership or row.kind == "lives"
            if follows and row.grid_id != people[row.resident_id].grid_id:
                yield f"{table.name} {row.id} is not where its person is"
    closed = {
        row.id for row in world.connection.execute(select(t.grid).where(t.grid.c.valid_to.is_not(None)))
    }
    for table in (t.resident, t.household, t.organization, t.party_branch, t.project):
        for row in world.connection.execute(select(table).where(table.c.valid_to.is_(None))):
            if row.grid_id in closed:
                yield f"{table.name} {row.id} stands open in a closed grid"


@pytest.mark.parametrize("turn", range(2))
def test_paths_and_counts_stay_true(world: World, turn: int) -> None:
    walk = Walk(world, seeded(f"walk of deeds {turn}"))
    for number in range(STEPS):
        walk.step()
        if number % 20 == 0:
            found = [*faults(world.connection), *branch_faults(world), *kept_in_place(world)]
            assert not found, f"after step {number}, {walk.last}: {found[:5]}"
        if number % 50 == 0:
            rollup.fold(world.connection)
    assert not faults(world.connection)
    assert len(walk.done) >= 12, f"too few kinds of deed succeeded: {walk.done}; refused: {walk.refused}"
    assert walk.done.total() >= STEPS / 3, f"too little was done: {walk.done}; refused: {walk.refused}"
    _recount_changes_nothing(world)


def _recount_changes_nothing(world: World) -> None:
    rollup.fold(world.connection, wait=True)
    kept = _rollups(world)
    rollup.recount(world.connection, core_counts())
    assert _rollups(world) == kept


def _rollups(world: World) -> dict[tuple[int, str], int]:
    rows = world.connection.execute(select(t.rollup).where(t.rollup.c.value != 0))
    return {(row.grid_key, row.metric): row.value for row in rows}


@pytest.mark.case(37)
def test_a_range_holds_the_place_and_what_is_below() -> None:
    below = Range.below("/1/2/")
    assert [path in below for path in ("/1/2/", "/1/2/3/")] == [True, True]
    assert [path in below for path in ("/1/20/", "/1/3/", "/1/")] == [False, False, False]
