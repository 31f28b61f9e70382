"""The world of canaries: 64 micro-grids in two cities, people in each, and rows in every table."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from linli.clock import now, today
from linli.model import metadata
from linli.search import tokens
from tests.policies.worlds import Row
from tests.security.proof.canary import Canaries
from tests.support.fuzz.world import RichWorld

LEVELS: Final = ("city", "county", "town", "community", "grid", "micro_grid")
FAR: Final = timedelta(days=4000)


@dataclass(repr=False)
class CanaryWorld(RichWorld):
    """Rows full of canaries; `spots` are the grids where rows of plugins stand, one after the other."""

    canaries: Canaries = field(kw_only=True)
    spots: Sequence[Row] = ()
    units: dict[str | None, int] = field(default_factory=dict)
    placed: int = 0

    def add(self, table: str, **values: Any) -> Row:
        row = super().add(table, **values)
        if table == "grid":
            self.units[row["id"]] = row["key"]
        declared = metadata.tables.get(f"core_{table}")
        whole = metadata.tables[table] if declared is None else declared
        self.canaries.mark(whole, row, self.units.get(row.get("grid_id") or row.get("id"), 0))
        if "search" in row:
            row["search"] = tokens(row.get("name") or row.get("label") or "")
        return row

    def place(self) -> Row:
        spot = self.spots[self.placed % len(self.spots)]
        self.placed += 1
        return at(spot)

    def of_level(self, level: str) -> list[Row]:
        return [row for row in self.rows["grid"] if row["level"] == level]

    def below(self, grid: Row, level: str) -> list[Row]:
        return [row for row in self.of_level(level) if row["path"].startswith(grid["path"])]


def at(grid: Row) -> Row:
    """Return the columns of a row that stands at a grid."""
    return {"grid_id": grid["id"], "path": grid["path"]}


def canary_world(generator: random.Random, canaries: Canaries, people: int) -> CanaryWorld:
    """Make the rows of the core, `people` residents in each micro-grid; plugins' rows are grown later."""
    world = CanaryWorld(generator, canaries=canaries)
    world.rows = {name: [] for name in ("coverage", "succession", "branch_coverage", "branch_host")}
    world.rows |= {"project_grid": [], "rollup": [], "rollup_delta": []}
    _territory(world)
    for grid in world.of_level("micro_grid"):
        _homes(world, grid, people)
    for community in world.of_level("community"):
        _bodies(world, community)
    for grid in (*world.of_level("grid"), *world.of_level("micro_grid")):
        _ties(world, grid)
    _traces(world)
    return world


def _keys() -> Iterator[tuple[int, int]]:
    """Keys of two siblings, of which one begins like the other: /7/ and /70/."""
    taken: set[int] = set()
    for key in range(1, 1000):
        if key not in taken:
            taken |= {key, 10 * key}
            yield key, 10 * key


def _territory(world: CanaryWorld) -> None:
    keys = _keys()
    above: Sequence[Row | None] = [None]
    for level in LEVELS:
        above = [
            world.add(
                "grid",
                key=key,
                code="code",
                code_scheme="place",
                name="name",
                official_name="name",
                level=level,
                spine=True,
                filler=False,
                virtual=False,
                quasi=False,
                parent_id=parent["id"] if parent else None,
                path=f"{parent['path'] if parent else '/'}{key}/",
            )
            for parent in above
            for key in next(keys)
        ]


def _homes(world: CanaryWorld, grid: Row, people: int) -> None:
    home: Row = {}
    for index in range(people):
        if index % 2 == 0:
            names = {"estate": "a", "building": "b", "unit": "c", "room": "d", "floor_area": 1}
            dwelling = world.add("dwelling", **at(grid), **names)
            whose = {"kind": "family", "dwelling_id": dwelling["id"]}
            home = world.add("household", **at(grid), label="label", **whose)
        names = {"name": "name", "import_key": "key"}
        person = world.add("resident", **at(grid), **names, household_id=home["id"])
        home["head_id"] = person["id"]
        stays = {"resident_id": person["id"], "since": date(2024, 5, 6)}
        world.add("residence", **at(grid), **stays, kind="lives")
        world.add("occupancy", **at(grid), **stays, dwelling_id=home["dwelling_id"], kind="owner")
        elsewhere = world.pick("grid")
        world.add("residence", **at(elsewhere), **stays, kind="works_here", until=world.any(None, today()))


def _bodies(world: CanaryWorld, grid: Row) -> None:
    above = [row for row in world.rows.get("party_branch", ()) if row["tree_path"].count("/") == 2]
    parent = above[-1] if above and len(world.rows["party_branch"]) % 4 else None
    key = 1 + len(world.rows.get("party_branch", ()))
    branch = world.add(
        "party_branch",
        **at(grid),
        key=key,
        name="name",
        kind="branch",
        relation="leads",
        parent_id=parent["id"] if parent else None,
        tree_path=f"{parent['tree_path'] if parent else '/'}{key}/",
    )
    names = {"name": "name", "official_name": "name", "kind": "shop", "registration": "none"}
    team = world.add("organization", **at(grid), **names, credit_code="code", roles=["resident_unit"])
    lower = {"parent_id": team["id"], "kind": "volunteer_team", "registration": "none"}
    world.add("organization", **at(grid), name="name", **lower)
    world.rows["branch_coverage"].append({"branch_id": branch["id"], "covered_grid_id": grid["id"]})
    world.rows["branch_host"].append({"branch_id": branch["id"], "organization_id": team["id"]})
    words = {"name": "name", "description": "words", "acceptance_note": "note", "budget_fen": 1}
    project = world.add("project", **at(grid), **words, state="open", organization_id=team["id"])
    world.rows["project_grid"].append({"project_id": project["id"], "served_grid_id": grid["id"]})
    person = world.random.choice([p for p in world.rows["resident"] if p["path"].startswith(grid["path"])])
    for whose in ({"organization_id": team["id"]}, {"resident_id": person["id"]}):
        party = {"project_id": project["id"], "role": "funder", "since": today()}
        world.add("project_party", **at(grid), **party, **whose)


def _ties(world: CanaryWorld, grid: Row) -> None:
    near = [row for row in world.rows["resident"] if row["path"].startswith(grid["path"])]
    bodies = [row for row in world.rows["organization"] if grid["path"].startswith(row["path"])]
    branches = [row for row in world.rows["party_branch"] if grid["path"].startswith(row["path"])]
    one, other = near[0], world.pick("resident")
    said = {"position": "words", "group_name": "words", "represents": "words", "since": today()}
    for whose in ({"organization_id": bodies[0]["id"]}, {"branch_id": branches[0]["id"]}):
        for person in (one, other):
            kind = {"kind": "delegate", "resident_id": person["id"]}
            world.add("membership", **at(grid), **said, **kind, **whose)
    member = {"member_organization_id": bodies[1]["id"], "organization_id": bodies[0]["id"]}
    world.add("membership", **at(grid), **said, **member, kind="member")
    post = {"kind": "grid_worker", "full_time": True, "since": today(), "source": "words"}
    world.add("post", **at(grid), resident_id=one["id"], organization_id=bodies[0]["id"], **post)
    ends = {"subject_type": "resident", "subject_id": one["id"], "object_type": "resident"}
    terms = {"type": "helps", "terms": {"hours": 2}, "since": today()}
    world.add("relationship", **at(grid), **ends, object_id=other["id"], **terms)


def _traces(world: CanaryWorld) -> None:
    for grid in world.rows["grid"]:
        subject = {"subject_type": "grid", "subject_id": grid["id"], "data": {}}
        fact = {"topic": "grid.updated", "resource": "grid", "at": now(), "dispatched_at": now()}
        event = world.add("event", **at(grid), **fact, **subject)
        told = {"consumer": "nobody", "state": "dead", "attempts": 9, "next_at": now(), "error": "words"}
        world.add("delivery", event_id=event["id"], **told)
        for metric in ("resident", "household", "party_branch", "organization", "project"):
            count = {"grid_key": grid["key"], "metric": metric, "value": 7}
            world.rows["rollup"].append(count)
        trace = {"actor_name": "name", "action": "read", "outcome": "done", "resource": "grid"}
        whole = {"reason": "words", "basis": "", "repeats": 1, "detail": {}, "hash": "", "at": now()}
        world.add("audit", **trace, **whole, grid_id=grid["id"])
