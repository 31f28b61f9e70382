"""The small place of `motto_place` with the kinds of network of four real places, and people of all roles.

Beside its grids, accounts and people there are the micro-grid n11 below n1; the accounts n1b (a second
grid_worker of n1), social (social_worker of north), micro (micro_grid_leader of n11), building
(building_leader of n1); and the residents li and chen of n1, mei of n11, each with an account.
"""

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from linli import model as t
from linli.access.actors import create_token
from linli.commands.users import insert_account, insert_role
from linli.ids import split_public_id
from linli_plugins.neighbor_network import models
from tests.plugins.motto_place import CREATE_RESIDENT, Place, settled, write_config
from tests.plugins.neighbor_network.schemes import ALL

PLUGIN = "neighbor_network"
PEOPLE = {"li": ("n1", "李三"), "chen": ("n1", "陈四"), "mei": ("n11", "梅五")}
ROLES = {
    "n1b": ("grid_worker", "n1"),
    "social": ("social_worker", "north"),
    "micro": ("micro_grid_leader", "n11"),
    "building": ("building_leader", "n1"),
}
CREATE_GRID = """mutation ($input: CreateGridInput!) {
    createGrid(input: $input) { grid { id } errors { code } } }"""
CREATE_HOUSEHOLD = """mutation ($input: CreateHouseholdInput!) {
    createHousehold(input: $input) { household { id version } errors { code message } } }"""


def deed(verb: str, node: str, fields: str = "id version") -> str:
    """Return the document of a mutation that shows its node."""
    given = verb[0].upper() + verb[1:] + "Input!"
    return (
        f"mutation ($input: {given}) {{ {verb}(input: $input)"
        f" {{ {node} {{ {fields} }} errors {{ code message path }} }} }}"
    )


MATTER = "id version state step due network { name }"
HELP = "id version state residentName answeredByName"
OPEN = deed("openNetwork", "network", "id version name")
UPDATE = deed("updateNetwork", "network", "id version name")
CLOSE = deed("closeNetwork", "network", "id version closedAt")
JOIN = deed("joinNetwork", "networkMember", "id version role consent name")
LEAVE = deed("leaveNetwork", "networkMember")
ADD_SPACE = deed("addNeighborSpace", "neighborSpace", "id version elements")
UPDATE_SPACE = deed("updateNeighborSpace", "neighborSpace", "id version elements")
CLOSE_SPACE = deed("closeNeighborSpace", "neighborSpace")
RAISE = deed("raiseMatter", "matter", MATTER)
ACCEPT = deed("acceptMatter", "matter", MATTER)
ADVANCE = deed("advanceMatter", "matter", MATTER)
REPLY = deed("replyToMatter", "matter", MATTER)
CLOSE_MATTER = deed("closeMatter", "matter", f"{MATTER} feedback closedAt")
RETURN = deed("returnMatter", "matter", MATTER)
UP = deed("passMatterUp", "matter", MATTER)
DOWN = deed("passMatterDown", "matter", MATTER)
ASK = deed("askHelp", "mutualHelp", HELP)
OFFER = deed("offerHelp", "mutualHelp", HELP)
TAKE = deed("takeHelp", "mutualHelp", HELP)
FINISH = deed("finishHelp", "mutualHelp", HELP)
WITHDRAW = deed("withdrawHelp", "mutualHelp", HELP)
PLAN = deed("planRotaShift", "rotaShift", "id version state day slot residentName")
CONFIRM = deed("confirmRotaShift", "rotaShift", "id version state")
CANCEL = deed("cancelRotaShift", "rotaShift", "id version state")
TRACE = """query ($id: ID!) { node(id: $id) { ... on Matter { state due network { name } trace {
    number action step due note fromNetwork { name } toNetwork { name } account { name } } } } }"""


async def people(place: Place) -> None:
    """Bring the people and roles that `motto_place` does not have."""
    made = await place.done("city", CREATE_GRID, parent=place.ids["n1"], name="n11", level="MICRO_GRID")
    place.ids["n11"] = made["id"]
    with place.deployment.database.begin() as connection:
        for name, (role, grid) in ROLES.items():
            account = insert_account(connection, name, name)
            insert_role(connection, account, role, grid_named(connection, grid))
            place.tokens[name] = create_token(connection, account, "test", 10)
    for name, (grid, called) in PEOPLE.items():
        person = await place.done("city", CREATE_RESIDENT, grid=place.ids[grid], name=called)
        place.ids[name] = person["id"]
        with place.deployment.database.begin() as connection:
            account = insert_account(connection, name, called, uuid_of(person["id"]))
            place.tokens[name] = create_token(connection, account, "test", 10)


@asynccontextmanager
async def neighbors(folder: Path, url: str) -> AsyncIterator[Place]:
    """Settle the place in an empty database."""
    async with settled(write_config(folder, url, PLUGIN, more=ALL)) as place:
        await people(place)
        yield place


def uuid_of(public: str) -> str:
    """Return the uuid of a public id."""
    parts = split_public_id(public)
    assert parts is not None
    return parts[1]


def database_url(config: Path) -> str:
    """Return the database of a configuration that `write_config` has written."""
    return str(tomllib.loads(config.read_text(encoding="utf-8"))["database"]["url"])


def grid_named(connection: Connection, name: str) -> Any:
    """Return the row of a grid."""
    return connection.execute(select(t.grid).where(t.grid.c.name == name)).one()


async def open_network(place: Place, kind: str, grid: str, name: str, **more: Any) -> str:
    """Open a network as the city, and keep its id under its name."""
    made = await place.done("city", OPEN, grid=place.ids[grid], kind=kind, name=name, **more)
    place.ids[name] = made["id"]
    return str(made["id"])


async def entered(place: Place, name: str, who: str, **more: Any) -> Any:
    """Enter a person as a member of a network, by the city; return the membership."""
    given = {"network": place.ids[name], "resident": place.ids[who], "consent": "本人当面同意"}
    return await place.done("city", JOIN, **given, **more)


async def lanes(place: Place) -> None:
    """A committee in north and a lane below it in n1, convened by li; wang is a member of the lane."""
    committee = await open_network(place, "committee", "north", "居委会")
    await open_network(place, "lane", "n1", "东坊", parent=committee, convenor=place.ids["li"])
    await entered(place, "东坊", "wang")


async def raised(place: Place, who: str = "wang", name: str = "东坊", **more: Any) -> Any:
    """Raise a matter in a network; return it."""
    given = {"network": place.ids[name], "title": "路灯不亮", "text": "三号楼前的路灯坏了。"}
    return await place.done(who, RAISE, **(given | more))


def state(place: Place) -> list[Any]:
    """Return all rows of the plugin and all events, to be compared."""
    return [place.rows(table) for table in (*models.TABLES, t.event)]


async def refused(place: Place, who: str, mutation: str, **data: Any) -> tuple[str, list[str]]:
    """Do a deed that must be refused and must leave nothing; return the code and the path."""
    before = state(place)
    told = await place.refusal(who, mutation, **data)
    assert state(place) == before
    return told


async def trace(place: Place, who: str, matter: str) -> list[Any]:
    """Return the trace of a matter as an account reads it."""
    node = (await place.data(who, TRACE, id=matter))["node"]
    return list(node["trace"]) if node else []
