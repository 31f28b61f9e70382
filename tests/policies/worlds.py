"""Small random worlds: rows of every table that policies speak of, as plain dicts, and in a database."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from linli.model import metadata
from linli.policy import Actor, Anchor, AnchorType, Holding

Row = dict[str, Any]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TODAY = date(2026, 1, 2)
# Siblings among these make paths of which one is the beginning of another: /1/2/ and /1/20/ and /1/200/.
KEYS = (1, 2, 20, 200, 10, 100, 3, 30, 21, 12, 101, 31, 4, 40, 13, 201, 300, 130)


@dataclass
class World:
    """The rows of each table, by the table's name without its prefix."""

    random: random.Random
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, **values: Any) -> Row:
        row = {"id": self.id(), **values}
        columns = metadata.tables[f"core_{table}"].c
        for name, value in (("created_at", NOW), ("updated_at", NOW), ("valid_from", NOW), ("since", TODAY)):
            if name in columns:
                row.setdefault(name, value)
        self.rows.setdefault(table, []).append(row)
        return row

    def id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128)))

    def pick(self, table: str) -> Row:
        return self.random.choice(self.rows[table])

    def maybe(self, table: str) -> str | None:
        """The id of some row, or none."""
        return self.pick(table)["id"] if self.random.random() < 0.6 else None

    def sometimes(self, value: Any) -> Any:
        return value if self.random.random() < 0.3 else None

    def by_id(self, table: str, wanted: str | None) -> Row | None:
        return next((row for row in self.rows[table] if row["id"] == wanted), None)

    def lineage(self, table: str, start: str | None) -> Iterator[Row]:
        """The row and those above it, by their parents and not by paths."""
        row = self.by_id(table, start)
        while row is not None:
            yield row
            row = self.by_id(table, row["parent_id"])

    def path(self, table: str, start: str) -> str:
        keys = [str(row["key"]) for row in self.lineage(table, start)]
        return f"/{'/'.join(reversed(keys))}/"

    def place(self) -> Row:
        """Columns of a row that stands somewhere."""
        grid = self.pick("grid")
        return {"grid_id": grid["id"], "path": grid["path"]}

    def store(self, connection: Connection) -> None:
        for table in metadata.sorted_tables:
            if rows := self.rows.get(table.name.removeprefix("core_")):
                connection.execute(insert(table), rows)


def random_world(generator: random.Random) -> World:
    """Make a world of two cities with people, bodies and all that hangs on them."""
    world = World(generator)
    _territory(world)
    _bodies(world)
    _people(world)
    _ties(world)
    _traces(world)
    return world


def random_anchor(world: World, kind: AnchorType) -> Anchor:
    """A place of a kind; cells and branches at the top are rarer than those below."""
    row = max((world.pick(kind.value) for _ in range(2)), key=lambda one: bool(one.get("parent_id")))
    match kind:
        case AnchorType.GRID:
            return Anchor(kind, row["id"], row["path"])
        case AnchorType.PARTY_BRANCH:
            return Anchor(kind, row["id"], row["tree_path"])
        case AnchorType.ORGANIZATION:
            return Anchor(kind, row["id"])


def random_actor(world: World, name: str, holdings: Sequence[Holding]) -> Actor:
    """An actor who is some resident, in some bodies, or none."""
    return Actor(
        account_id=world.id(),
        name=name,
        resident_id=world.maybe("resident"),
        holdings=tuple(holdings),
        organizations=tuple(filter(None, (world.maybe("organization"), world.maybe("organization")))),
        branches=tuple(filter(None, (world.maybe("party_branch"), world.maybe("party_branch")))),
    )


def _territory(world: World) -> None:
    keys = world.random.sample(KEYS, len(KEYS))
    for index, key in enumerate(keys):
        parent = world.random.choice(world.rows["grid"])["id"] if index > 1 else None
        grid = world.add(
            "grid",
            key=key,
            code_scheme="free",
            name=f"grid {key}",
            level="grid",
            spine=True,
            parent_id=parent,
            path="",
        )
        grid["path"] = world.path("grid", grid["id"])


def _bodies(world: World) -> None:
    for index, key in enumerate(world.random.sample(KEYS, 9)):
        parent = world.maybe("party_branch") if index else None
        branch = world.add(
            "party_branch",
            **world.place(),
            key=key,
            name=f"branch {key}",
            kind="branch",
            relation="leads",
            parent_id=parent,
            tree_path="",
        )
        branch["tree_path"] = world.path("party_branch", branch["id"])
    for index in range(5):
        name = f"organization {index}"
        world.add("organization", **world.place(), name=name, kind="shop", registration="none")


def _people(world: World) -> None:
    for index in range(8):
        world.add("dwelling", **world.place(), building="1", room=str(index))
        world.add("household", **world.place(), label=f"household {index}", kind="family")
    for index in range(18):
        world.add(
            "resident",
            **world.place(),
            name=f"resident {index}",
            household_id=world.maybe("household"),
            valid_to=world.sometimes(NOW),
        )
    for _ in range(14):
        resident = world.pick("resident")["id"]
        world.add("residence", **world.place(), resident_id=resident, kind="works_here")
        dwelling = world.pick("dwelling")["id"]
        world.add("occupancy", **world.place(), dwelling_id=dwelling, resident_id=resident, kind="owner")


def _ties(world: World) -> None:
    for index in range(8):
        name = f"project {index}"
        holder = world.maybe("organization")
        world.add("project", **world.place(), name=name, state="draft", organization_id=holder)
    for _ in range(14):
        organization, person = world.maybe("organization"), world.maybe("resident")
        party = {"organization_id": organization, "resident_id": person, "role": "funder"}
        world.add("project_party", **world.place(), project_id=world.pick("project")["id"], **party)
        post = {"resident_id": world.pick("resident")["id"], "organization_id": world.maybe("organization")}
        world.add("post", **world.place(), **post, kind="grid_worker", full_time=True)
    for _ in range(24):
        bodies = {"organization_id": world.maybe("organization"), "branch_id": world.maybe("party_branch")}
        member = {"resident_id": world.maybe("resident"), "kind": "delegate", "until": world.sometimes(TODAY)}
        world.add("membership", **world.place(), **bodies, **member)


def _traces(world: World) -> None:
    owners = world.random.sample(world.rows["resident"], 10)
    for index in range(10):
        ends = {"subject_type": "grid", "subject_id": world.id()}
        tie = {"type": "pairs", **ends, "object_type": "grid", "object_id": world.id()}
        world.add("relationship", **world.place(), **tie)
        world.add("event", **world.place(), **ends, topic="grid.moved", resource="grid", at=NOW, data={})
        owner = owners[index]["id"] if index % 2 else None
        names = {"name": f"name{index}", "display_name": "Name", "state": "active"}
        person = world.add("account", **names, resident_id=owner)
        anchor = {
            "anchor_grid_id": world.maybe("grid"),
            "anchor_branch_id": world.maybe("party_branch"),
            "anchor_organization_id": world.maybe("organization"),
        }
        held = {"account_id": person["id"], "role": "any", "anchor_type": "grid"}
        world.add("assignment", **world.place(), **held, **anchor)
        wish = {"resident_id": owners[index]["id"], "asked_by_id": person["id"], "decide_by": TODAY}
        world.add("data_request", **world.place(), **wish, kind="correction", wish="?", state="open")
        given = {"resident_id": owners[index]["id"], "given_by_id": person["id"], "purpose": "core__news"}
        world.add("consent", **world.place(), **given, terms=1, on_paper=False)
        trace = {"actor_name": "name", "action": "read", "outcome": "done", "resource": "grid", "reason": ""}
        look = {"resident_id": owners[index]["id"], "account_id": person["id"], "purpose": "visit"}
        world.add("data_access", **world.place(), **look, at=NOW, fields=["phone"])
        world.add("audit", **trace, at=NOW, basis="", repeats=1, detail={}, hash="")
