"""A small world to do deeds in: a city with two communities, alike and hidden from each other.

Names of grids: city, county, town; north with n1 (holding micro-grid n11), n2, n3; south with s1, s2, s3.
Accounts hold one role each: root (city), north_admin, south_admin, reader (reads all of north).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, MetaData, insert, select

from linli import model as t
from linli import rollup
from linli.access.actors import load_actor
from linli.clock import now, today
from linli.counts import core_counts
from linli.deeds import Deeds, Outcome, Request, perform
from linli.errors import Refusal
from linli.ids import public_id, split_public_id, uuid7
from linli.messages import core_messages
from linli.model.base import NAMING
from linli.plugins.contributions import RelationshipType
from linli.plugins.personal_checks import core_declarations
from linli.policy import Actor
from linli.vault import Vault
from linli.verbs import core_verbs
from tests.core.table_policy import TablePolicy


class Promise(BaseModel):
    """Terms of the relationship type `helps`."""

    hours: int


MESSAGES = core_messages()
ADDRESS = "192.0.2.7"
HELPS = RelationshipType("helps", "helps", "帮扶", ("resident", "grid"), ("resident", "grid"), Promise)
MEETS = RelationshipType("meets", "meets", "结识", ("household", "resident"), ("household", "resident"))

NEWS = next(
    one for one in core_declarations(core_messages().speaking("en")).consent if one.name == "core__news"
)


@dataclass(frozen=True)
class World:
    """One transaction in a world, and the public ids of what stands there by name."""

    connection: Connection
    ids: dict[str, str]
    deeds: Deeds = field(
        default_factory=lambda: Deeds(
            TablePolicy(), Vault(b"k" * 32), {"helps": HELPS, "meets": MEETS}, consents={NEWS.name: NEWS}
        )
    )

    def actor(self, name: str) -> Actor:
        account = self.connection.execute(select(t.account.c.id).where(t.account.c.name == name)).scalar_one()
        found = load_actor(self.connection, account)
        assert found is not None
        return found

    def attempt(self, who: str, verb: str, data: Mapping[str, Any], key: str | None = None) -> Outcome:
        """Do a deed and return what came of it."""
        known = {one.name: one for one in core_verbs()}
        request = Request(self.actor(who), known[verb], data, key, "request-1", address=ADDRESS)
        return perform(self.connection, self.deeds, request)

    def do(self, who: str, verb: str, /, **data: Any) -> str:
        """Do a deed that must succeed; return the public id of its node."""
        outcome = self.attempt(who, verb, data)
        assert outcome.ref is not None, f"{who} {verb}: {outcome.refusals}"
        return public_id(outcome.ref.type, outcome.ref.id)

    def refusal(self, who: str, verb: str, /, **data: Any) -> Refusal:
        """Do a deed that must be refused; return why."""
        outcome = self.attempt(who, verb, data)
        assert outcome.ref is None, f"{who} was allowed to {verb} {data}"
        (refusal,) = outcome.refusals
        text = MESSAGES.text(refusal.key, "zh-CN", **refusal.params)
        assert not re.search(r"\{\w+\}", text), (
            f"{refusal.key} lacks a sentence, or what it wants to say: {refusal}"
        )
        assert text != refusal.key
        return refusal

    def key(self, who: str, verb: str, /, **data: Any) -> str:
        """Return the key of the message with which a deed is refused."""
        return self.refusal(who, verb, **data).key

    def row(self, node: str) -> Any:
        """Return the row of a node by name or public id."""
        parts = split_public_id(self.ids.get(node, node))
        assert parts is not None
        table = self.deeds.policy.resources[parts[0]].table
        assert table is not None
        return self.connection.execute(select(table).where(table.c.id == parts[1])).one()

    def count(self, grid: str, metric: str) -> int:
        return rollup.count(self.connection, self.row(grid).id, metric)


def dump(connection: Connection) -> dict[str, list[str]]:
    """Return every row of every table of the core."""
    return {table.name: sorted(map(repr, connection.execute(select(table)))) for table in core_tables()}


def core_tables() -> list[Any]:
    return [table for table in t.metadata.sorted_tables if table.name.startswith("core_")]


def core_metadata() -> MetaData:
    """Return the core's tables alone: other tests of this process may have imported plugins."""
    found = MetaData(naming_convention=NAMING)
    for table in core_tables():
        table.to_metadata(found)
    return found


def faults(connection: Connection) -> list[str]:
    """Return what is wrong with paths and counts: rows not at their grid's path, sums that do not add up."""
    paths = {row.id: row.path for row in connection.execute(select(t.grid))}
    return [*_astray_grids(connection, paths), *_astray_rows(connection, paths), *_wrong_counts(connection)]


def _astray_grids(connection: Connection, paths: Mapping[str, str]) -> Iterator[str]:
    for row in connection.execute(select(t.grid)):
        above = "/" if row.parent_id is None else paths[row.parent_id]
        if row.path != f"{above}{row.key}/":
            yield f"grid {row.name} stands at {row.path}, its parent at {above}"


def _astray_rows(connection: Connection, paths: Mapping[str, str]) -> Iterator[str]:
    for table in core_tables():
        if table.info.get("scoped"):
            for row in connection.execute(select(table)):
                if row.path != paths[row.grid_id]:
                    yield f"{table.name} {row.id} stands at {row.path}, its grid at {paths[row.grid_id]}"


def _wrong_counts(connection: Connection) -> Iterator[str]:
    folded = {(row.grid_key, row.metric): row.value for row in connection.execute(select(t.rollup))}
    pending = connection.execute(select(t.rollup_delta)).all()
    grids = connection.execute(select(t.grid)).all()
    for metric, statement in core_counts().items():
        rows = connection.execute(statement).all()
        waiting = [(row.path, row.amount) for row in pending if row.metric == metric]
        for grid in grids:
            counted = sum(amount for path, amount in rows if path.startswith(grid.path))
            late = sum(amount for path, amount in waiting if path.startswith(grid.path))
            kept = folded.get((grid.key, metric), 0) + late
            if kept != counted:
                yield f"{metric} of {grid.name} is kept as {kept} and counts {counted}"


def build(connection: Connection) -> dict[str, str]:
    """Make the tables and fill them; return the public ids of what stands there by name."""
    t.metadata.create_all(connection, core_tables())
    connection.execute(insert(t.policy_epoch).values(id=1, epoch=1))
    names = [{"name": table.name} for table in core_tables() if table.info.get("scoped")]
    connection.execute(insert(t.scoped_table), names)
    city = grid_row(connection, 1, "city", "city", None)
    account_row(connection, "root", "admin", city)
    world = World(connection, {"city": public_id("grid", city.id)})
    return settle(world)


def grid_row(connection: Connection, key: int, name: str, level: str, parent: Any) -> Any:
    """Insert a grid without a deed: the first one has nobody to make it."""
    values = {
        "id": uuid7(),
        "key": key,
        "created_at": now(),
        "updated_at": now(),
        "valid_from": now(),
        "code_scheme": "place",
        "name": name,
        "level": level,
        "spine": True,
        "parent_id": parent.id if parent else None,
        "path": f"{parent.path if parent else '/'}{key}/",
    }
    return connection.execute(insert(t.grid).values(values).returning(t.grid)).one()


def account_row(connection: Connection, name: str, role: str, grid: Any) -> None:
    """Insert an account that holds a role, as the command for the first administrator does."""
    account = {"id": uuid7(), "name": name, "display_name": name, "state": "active"}
    connection.execute(insert(t.account).values(account | {"created_at": now(), "updated_at": now()}))
    role_row(connection, account["id"], role, grid)


def role_row(connection: Connection, account_id: str | None, role: str, grid: Any) -> None:
    """Let an account hold a role at a grid."""
    held = {"id": uuid7(), "created_at": now(), "updated_at": now(), "role": role, "since": today()}
    anchor = {"anchor_type": "grid", "anchor_grid_id": grid.id, "grid_id": grid.id, "path": grid.path}
    connection.execute(insert(t.assignment).values(held | anchor | {"account_id": account_id}))


def settle(world: World) -> dict[str, str]:
    """Found the two communities by root's own deeds."""
    ids = world.ids

    def grid(name: str, level: str, parent: str) -> None:
        ids[name] = world.do("root", "createGrid", parent=ids[parent], name=name, level=level)

    grid("county", "county", "city")
    grid("town", "town", "county")
    for side in ("north", "south"):
        first = side[0]
        grid(side, "community", "town")
        for name in (f"{first}1", f"{first}2", f"{first}3"):
            grid(name, "grid", side)
        grid(f"{first}11", "micro_grid", f"{first}1")
        account_row(world.connection, f"{side}_admin", "admin", world.row(side))
        _people(world, side)
        _bodies(world, side)
        _ties(world, side)
    account_row(world.connection, "reader", "reader", world.row("north"))
    return ids


def _people(world: World, side: str) -> None:
    ids, home = world.ids, world.ids[f"{side[0]}1"]

    def make(name: str, verb: str, /, **data: Any) -> None:
        ids[f"{side}_{name}"] = world.do("root", verb, **data)

    make("flat", "createDwelling", grid=home, building="1", room="101", floorArea="88.50")
    make("hut", "createDwelling", grid=home, building="2", room="1")
    make("home", "createHousehold", grid=home, label="1-101", dwelling=ids[f"{side}_flat"])
    make("empty", "createHousehold", grid=home, label="2-1")
    make("wang", "createResident", grid=home, name="王一", household=ids[f"{side}_home"])
    make("li", "createResident", grid=home, name="李二")
    make("office", "addResidence", resident=ids[f"{side}_li"], grid=ids[side], kind="works_here")
    make("owner", "addOccupancy", dwelling=ids[f"{side}_flat"], resident=ids[f"{side}_wang"], kind="owner")
    make("told", "giveConsent", resident=ids[f"{side}_wang"], purpose=NEWS.name, termsVersion=1)
    make("wrong", "requestCorrection", resident=ids[f"{side}_wang"], wish="改名")
    make("leaving", "requestErasure", resident=ids[f"{side}_li"])
    make("account", "createAccount", name=f"{side}.wang", displayName="王", resident=ids[f"{side}_wang"])


def _bodies(world: World, side: str) -> None:
    ids, seat = world.ids, world.ids[side]

    def make(name: str, verb: str, /, **data: Any) -> None:
        ids[f"{side}_{name}"] = world.do("root", verb, grid=seat, name=f"{side} {name}", **data)

    make("committee", "createPartyBranch", kind="committee")
    make("branch", "createPartyBranch", kind="branch", parent=ids[f"{side}_committee"])
    make("group", "createPartyBranch", kind="group", parent=ids[f"{side}_branch"])
    make("other", "createPartyBranch", kind="general_branch", parent=ids[f"{side}_committee"])
    make("team", "createOrganization", kind="volunteer_team")
    make("firm", "createOrganization", kind="enterprise")
    make("project", "createProject", organization=ids[f"{side}_team"], budgetFen="1000000")


def _ties(world: World, side: str) -> None:
    ids = world.ids
    wang, li, team = ids[f"{side}_wang"], ids[f"{side}_li"], ids[f"{side}_team"]

    def make(name: str, verb: str, /, **data: Any) -> None:
        ids[f"{side}_{name}"] = world.do("root", verb, **data)

    make("party", "addProjectParty", project=ids[f"{side}_project"], party=team, role="contractor")
    make("member", "addMembership", member=wang, joins=team, kind="member")
    make("comrade", "addMembership", member=wang, joins=ids[f"{side}_branch"], kind="full")
    make("post", "appointPost", resident=wang, at=ids[f"{side[0]}1"], kind="core_household")
    make("help", "relate", type="helps", subject=wang, object=li, terms={"hours": 2})
    make("role", "assignRole", account=ids[f"{side}_account"], role="grid_worker", anchor=ids[f"{side[0]}1"])
