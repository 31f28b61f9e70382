"""Moving, merging and splitting cells changes who sees what with the commit, on every worker, as foretold."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from linli import model as t
from linli import rollup
from linli.territory import scoped_tables
from tests.core.worlds import core_tables
from tests.graphql.serving import Place, Served
from tests.graphql.settled import assert_sound, attempt, uuid_of, workers

SIGHT = "{ residents(first: 200) { totalCount nodes { id } } }"
NESTED = """query ($place: ID!, $person: ID!) {
  node(id: $person) { id }
  place: node(id: $place) { ... on Grid { residents(first: 200) { totalCount nodes { id } } } }
}"""
PREVIEW = """query ($grids: [ID!]!, $to: ID) {
  previewGridChange(grids: $grids, to: $to) { grids residents records accounts }
}"""
HALVES = """query ($t: ID!, $h: ID!) {
  t: residents(within: $t) { totalCount } h: residents(within: $h) { totalCount }
}"""
GRID = """query ($id: ID!) { node(id: $id) { ... on Grid {
  closedAt successors { id } ancestors { id } children { nodes { id } }
} } }"""
MOST_LOOKS = 400


@dataclass(frozen=True)
class Town:
    """Two workers over one database; whatever is done, is done at the first and looked at from the second."""

    here: Served
    there: Served
    ids: Mapping[str, str] = field(repr=False)

    async def sees(self, who: str) -> set[str]:
        """Return the names of the residents that an account sees from the other worker."""
        page = (await self.there.data(SIGHT, who))["residents"]
        assert page["totalCount"] == len(page["nodes"])
        return self._names(page["nodes"])

    async def finds(self, who: str, person: str, place: str) -> bool:
        """Whether an account finds a person by id and below a place, which must agree."""
        answer = await self.there.data(NESTED, who, person=self.ids[person], place=self.ids[place])
        below = self._names(answer["place"]["residents"]["nodes"])
        assert (answer["node"] is not None) == (person in below)
        return person in below

    async def do(self, who: str, verb: str, /, **inputs: Any) -> str:
        thing, errors = await attempt(self.here, who, verb, inputs)
        assert thing is not None, errors
        return str(thing["id"])

    async def grid(self, ident: str) -> Any:
        return (await self.there.data(GRID, "city", id=ident))["node"]

    async def preview(self, *grids: str, who: str = "city", to: str | None = None) -> Any:
        ids = [self.ids.get(grid, grid) for grid in grids]
        target = self.ids.get(to, to) if to else None
        return (await self.there.data(PREVIEW, who, grids=ids, to=target))["previewGridChange"]

    def count(self, ident: str, metric: str) -> int:
        with self.here.database.begin() as connection:
            return rollup.count(connection, uuid_of(ident), metric)

    def _names(self, nodes: list[dict[str, str]]) -> set[str]:
        names = {ident: name for name, ident in self.ids.items()}
        return {names[node["id"]] for node in nodes}


@pytest.fixture
async def town(own_town: Place) -> AsyncIterator[Town]:
    async with workers(own_town, 2) as (here, there):
        yield Town(here, there, own_town.ids)


def places(served: Served) -> dict[str, dict[str, tuple[str, str]]]:
    """Return grid and path of every open row of every table that has them, by table and id."""
    found = {}
    with served.database.begin() as connection:
        names = {name for name in scoped_tables(connection) if name != t.rollup_delta.name}
        for table in core_tables():
            if table.name in names:
                place = table.c.id if table is t.grid else table.c.grid_id
                rows = select(table.c.id, place, table.c.path)
                for end in {"valid_to", "until"} & set(table.c.keys()):
                    rows = rows.where(table.c[end].is_(None))
                found[table.name] = {row[0]: (row[1], row[2]) for row in connection.execute(rows)}
        assert set(found) == names
    return found


def near(served: Served, *grids: str, to: str | None = None) -> int:
    """Return how many accounts hold a role at, above or below these grids, or at or above where they go."""
    with served.database.begin() as connection:
        paths = {row.id: row.path for row in connection.execute(select(t.grid.c.id, t.grid.c.path))}
        held = connection.execute(select(t.assignment).where(t.assignment.c.until.is_(None))).all()
    changing = [paths[uuid_of(grid)] for grid in grids]
    above = [*changing, *([paths[uuid_of(to)]] if to else ())]
    anchors = {(row.account_id, paths[row.anchor_grid_id]) for row in held if row.anchor_grid_id}
    touched = {
        account
        for account, anchor in anchors
        if any(path.startswith(anchor) for path in above) or anchor.startswith(tuple(changing))
    }
    return len(touched)


def moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, int]:
    """Return what a change of territory has touched, in the words of its preview."""
    touched = {
        name: sum(1 for ident, place in rows.items() if after[name].get(ident) != place)
        for name, rows in before.items()
    }
    return {
        "grids": touched[t.grid.name],
        "residents": touched[t.resident.name],
        "records": sum(touched.values()),
    }


def foretold(preview: Mapping[str, int]) -> dict[str, int]:
    return {name: number for name, number in preview.items() if name != "accounts"}


@pytest.mark.case(35)
async def test_a_moved_community_changes_hands_with_the_commit(town: Town) -> None:
    people = {"north_wang", "north_li"} | {f"n1_{n}" for n in range(4)} | {f"n11_{n}" for n in range(5)}
    others = {"south_wang", "south_li"}
    before = {who: await town.sees(who) for who in ("street", "hill", "city", "north", "n1", "micro")}
    assert before["street"] == before["city"] == people | others
    assert before["hill"] == set()
    assert before["north"] == before["n1"] == people
    assert not await town.finds("hill", "north_li", "north")
    north, hill = town.ids["north"], town.ids["hill"]
    preview, stood = await town.preview("north", to="hill"), places(town.here)
    accounts = near(town.here, north, to=hill)

    await town.do("city", "moveGrid", grid=north, to=hill)

    after = {who: await town.sees(who) for who in before}
    assert after == before | {"street": others, "hill": people}
    assert await town.finds("hill", "north_li", "north")
    assert not await town.finds("street", "n11_0", "north")
    assert moved(stood, places(town.here)) == foretold(preview)
    assert preview["accounts"] == accounts == (await town.preview("north"))["accounts"] + 1
    assert [one["id"] for one in (await town.grid(town.ids["n1"]))["ancestors"]] == [
        town.ids[name] for name in ("city", "county", "hill", "north")
    ]
    numbers = {name: town.count(town.ids[name], "resident") for name in ("town", "hill", "county", "north")}
    assert numbers == {"town": 2, "hill": 11, "county": 13, "north": 11}
    assert_sound(town.here)


async def test_merged_grids_go_to_the_other_worker_and_name_their_successor(town: Town) -> None:
    people = {"north_wang", "north_li"} | {f"n1_{n}" for n in range(4)} | {f"n11_{n}" for n in range(5)}
    assert (await town.sees("n1"), await town.sees("n2"), await town.sees("t1")) == (people, set(), set())
    micro, street = await town.sees("micro"), await town.sees("street")
    preview, stood, accounts = (
        await town.preview("n1", to="t1"),
        places(town.here),
        near(town.here, town.ids["n1"], to=town.ids["t1"]),
    )

    await town.do("city", "mergeGrids", grids=[town.ids["n1"]], into=town.ids["t1"])

    assert (await town.sees("t1"), await town.sees("hill")) == (people, people)
    assert await town.sees("n1") == people, "a role held at the grid goes on at its successor"
    assert await town.sees("micro") == micro == {f"n11_{n}" for n in range(5)}
    assert await town.sees("street") == street - people
    assert await town.sees("north") == set()
    assert moved(stood, places(town.here)) == foretold(preview)
    assert preview["accounts"] == accounts
    gone, heir = await town.grid(town.ids["n1"]), await town.grid(town.ids["t1"])
    assert gone["closedAt"] is not None
    assert gone["successors"] == [{"id": town.ids["t1"]}]
    assert heir["children"]["nodes"] == [{"id": town.ids["n11"]}]
    names = ("t1", "top", "hill", "county", "north", "town")
    assert [town.count(town.ids[name], "resident") for name in names] == [11, 11, 11, 13, 0, 2]
    assert_sound(town.here)


async def test_a_split_grid_gives_each_part_its_own(town: Town) -> None:
    in_micro = {f"n11_{n}" for n in range(5)}
    before = {who: await town.sees(who) for who in ("n1", "wang", "micro", "north", "street")}
    assert before["n1"] == before["wang"] > in_micro
    preview, stood, accounts = await town.preview("n1"), places(town.here), near(town.here, town.ids["n1"])
    halves = [{"name": "old", "remainder": True}, {"name": "young", "children": [town.ids["n11"]]}]

    await town.do("street", "splitGrid", grid=town.ids["n1"], parts=halves)

    after = {who: await town.sees(who) for who in before}
    rest = before["n1"] - in_micro
    assert after == before | {"n1": rest, "wang": rest}
    assert moved(stood, places(town.here)) == foretold(preview)
    assert preview["accounts"] == accounts
    gone = await town.grid(town.ids["n1"])
    assert gone["closedAt"] is not None
    old, young = (one["id"] for one in gone["successors"])
    assert (await town.grid(young))["children"]["nodes"] == [{"id": town.ids["n11"]}]
    counted = [town.count(one, "resident") for one in (old, young, town.ids["north"], town.ids["town"])]
    assert counted == [6, 5, 11, 13]
    assert_sound(town.here)


async def test_a_preview_of_several_grids_counts_nothing_twice(town: Town) -> None:
    together = await town.preview("n1", "n2", "n11")
    apart = [await town.preview(name) for name in ("n1", "n2")]
    assert foretold(together) == {name: sum(one[name] for one in apart) for name in foretold(together)}
    assert together["accounts"] == near(town.here, *(town.ids[name] for name in ("n1", "n2", "n11")))


async def test_a_preview_is_given_only_of_grids_that_stand_in_the_callers_sight(town: Town) -> None:
    missing = town.ids["n3"][:-12] + "0" * 12
    await town.do("street", "closeGrid", grid=town.ids["n3"])
    for who, grids in (
        ("city", ["n3"]),
        ("city", [missing]),
        ("city", ["nonsense"]),
        ("city", [town.ids["north_li"]]),
        ("north", ["n1", "s1"]),
        ("li", ["n1"]),
        ("operator", ["n1"]),
    ):
        assert await town.preview(*grids, who=who) is None, (who, grids)


@pytest.mark.case(35)
async def test_no_moment_shows_people_in_both_places_or_in_neither(town: Town) -> None:
    """Whoever is gone from one admin's sight is in the other's already, and never in both."""
    seen, looked = Counter[str](), asyncio.Event()

    async def to_and_fro() -> None:
        for target in ("hill", "town", "hill"):
            await looked.wait()
            looked.clear()
            await town.do("city", "moveGrid", grid=town.ids["north"], to=town.ids[target])

    mover = asyncio.create_task(to_and_fro())
    for _ in range(MOST_LOOKS):
        if mover.done() and looked.is_set():
            break
        answer = await town.there.data(HALVES, "city", t=town.ids["town"], h=town.ids["hill"])
        assert sorted(one["totalCount"] for one in answer.values()) in ([0, 13], [2, 11])
        epoch = _epoch(town.here)
        first, second, again = [await _looks(town, who) for who in ("street", "hill", "street")]
        if _epoch(town.here) == epoch:
            assert first is again is not second
            seen["street" if first else "hill"] += 1
            looked.set()
        await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await mover
    assert [await _looks(town, who) for who in ("hill", "street")] == [True, False]
    assert seen["street"]
    assert seen["hill"]


async def _looks(town: Town, who: str) -> bool:
    return "north_li" in await town.sees(who)


def _epoch(served: Served) -> int:
    with served.database.engine.connect() as connection:
        return int(connection.execute(select(t.policy_epoch.c.epoch)).scalar_one())
