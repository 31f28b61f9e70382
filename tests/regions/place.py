"""A place whose configuration names a region and nothing else, served over HTTP as an operator serves it.

Beside the grids, accounts and people of `motto_place` there are the micro-grid n11 below n1, and the
building, lane, courtyard and estate, side territories below north. Staff: north2 (another community_worker
of north), street (street_admin of town), social (social_worker of north). Residents with accounts: li and
chen of n1, mei and he of n11.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Row, Table, select

from linli.access.actors import create_token
from linli.commands.users import insert_account, insert_role
from linli.database.database import Database, open_database
from linli.ids import split_public_id
from linli_plugins.credit_bank import models as bank_models
from linli_plugins.ledger.models import TABLES as BOOKS
from linli_plugins.neighbor_network import models as network_models
from tests.plugins.credit_bank.place import NODES, mutation
from tests.plugins.motto_place import CREATE_RESIDENT, Place, settled, write_config
from tests.plugins.neighbor_network import place as networks
from tests.support.server import ServerProcess, running

STAFF = {
    "north2": ("community_worker", "north"),
    "street": ("street_admin", "town"),
    "social": ("social_worker", "north"),
}
PEOPLE = {"li": ("n1", "李三"), "chen": ("n1", "陈四"), "mei": ("n11", "梅五"), "he": ("n11", "何六")}
CELLS = {
    "n11": ("n1", "MICRO_GRID"),
    **{name: ("north", name.upper()) for name in ("building", "lane", "courtyard", "estate")},
}
DEEDS = {
    "openNetwork": networks.OPEN,
    "updateNetwork": networks.UPDATE,
    "joinNetwork": networks.JOIN,
    "leaveNetwork": networks.LEAVE,
    "addNeighborSpace": networks.ADD_SPACE,
    "raiseMatter": networks.RAISE,
    "acceptMatter": networks.ACCEPT,
    "advanceMatter": networks.ADVANCE,
    "replyToMatter": networks.REPLY,
    "closeMatter": networks.CLOSE_MATTER,
    "returnMatter": networks.RETURN,
    "passMatterUp": networks.UP,
    "passMatterDown": networks.DOWN,
    "askHelp": networks.ASK,
    "offerHelp": networks.OFFER,
    "takeHelp": networks.TAKE,
    "finishHelp": networks.FINISH,
    "withdrawHelp": networks.WITHDRAW,
    "planRotaShift": networks.PLAN,
    "confirmRotaShift": networks.CONFIRM,
    "cancelRotaShift": networks.CANCEL,
    "createHousehold": networks.CREATE_HOUSEHOLD,
    "createPartyBranch": networks.deed("createPartyBranch", "partyBranch"),
    **{verb: mutation(verb, node) for verb, node in NODES.items()},
}
TABLES: tuple[Table, ...] = (*bank_models.TABLES, *network_models.TABLES, *BOOKS)


@dataclass
class RegionPlace:
    """The running server and what is known of the place: public ids and tokens by name."""

    url: str
    database: Database = field(repr=False)
    ids: dict[str, str]
    tokens: dict[str, str] = field(repr=False)

    def data(self, who: str | None, query: str, language: str = "en", **variables: Any) -> Any:
        """Send an operation that meets no fault and return its data."""
        headers = {"Accept-Language": language}
        if who:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        body = {"query": query, "variables": variables}
        answer = httpx.post(self.url, json=body, headers=headers, timeout=30, trust_env=False)
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        return answer.json()["data"]

    def do(self, who: str, verb: str, **data: Any) -> Any:
        """Do a deed that must succeed and return its node."""
        (payload,) = self.data(who, DEEDS[verb], input=data).values()
        assert payload["errors"] == [], (who, verb, payload)
        return next(value for name, value in payload.items() if name != "errors")

    def refused(self, who: str, verb: str, **data: Any) -> str:
        """Do a deed that must be refused, show that no row was written, and return the code."""
        before = self.everything()
        (payload,) = self.data(who, DEEDS[verb], input=data).values()
        assert [value for name, value in payload.items() if name != "errors"] == [None], (who, verb)
        assert self.everything() == before, (who, verb)
        (error,) = payload["errors"]
        return str(error["code"])

    def each_refused(self, whom: dict[str, str], verb: str, **data: Any) -> None:
        """Show that each of some people is refused a deed, with the code beside the name."""
        found = {who: self.refused(who, verb, **data) for who in whom}
        assert found == whom, (verb, found)

    def everything(self) -> list[Row[Any]]:
        """Return every row of the bank, the networks and the book."""
        with self.database.begin() as connection:
            return [
                row
                for table in TABLES
                for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]

    def named(self, query: str, key: str) -> dict[str, str]:
        """Return the ids of what a public list shows, by one of its fields."""
        (listed,) = self.data(None, query).values()
        return {one[key]: one["id"] for one in listed["nodes"]}

    def measures(self) -> dict[str, str]:
        """Return the lines of the measure table by code."""
        return self.named("{ creditMeasures(first: 100) { nodes { id code } } }", "code")

    def offers(self) -> dict[str, str]:
        """Return the offers by their Chinese titles."""
        return self.named("{ creditOffers(first: 100) { nodes { id titleZh } } }", "titleZh")

    def balance(self, who: str) -> int:
        """Return what the only membership of somebody holds."""
        query = "{ creditMembers { nodes { account { balance } } } }"
        (own,) = self.data(who, query)["creditMembers"]["nodes"]
        return int(own["account"]["balance"])

    def actions(self, who: str, matter: str) -> list[str]:
        """Return what was done with a matter, as somebody reads it."""
        node = self.data(who, networks.TRACE, id=matter)["node"]
        return [step["action"] for step in node["trace"]] if node else []


@contextmanager
def region_place(folder: Path, url: str, region: str) -> Iterator[RegionPlace]:
    """Settle a place in an empty database and serve it."""
    config = write_config(folder, url, region)
    ids, tokens = asyncio.run(_founded(config))
    server = ServerProcess(config)
    database = open_database(url)
    try:
        with running(server):
            yield RegionPlace(f"http://127.0.0.1:{server.port}/graphql", database, ids, tokens)
            server.verify()
    finally:
        database.engine.dispose()


async def _founded(config: Path) -> tuple[dict[str, str], dict[str, str]]:
    async with settled(config) as place:
        for name, (parent, level) in CELLS.items():
            given = {"parent": place.ids[parent], "name": name, "level": level}
            place.ids[name] = (await place.done("city", networks.CREATE_GRID, **given))["id"]
        for name, (grid, called) in PEOPLE.items():
            made = await place.done("city", CREATE_RESIDENT, grid=place.ids[grid], name=called)
            place.ids[name] = made["id"]
        _give_accounts(place)
        return place.ids, place.tokens


def _give_accounts(place: Place) -> None:
    with place.deployment.database.begin() as connection:
        for name, (role, grid) in STAFF.items():
            account = insert_account(connection, name, name)
            insert_role(connection, account, role, networks.grid_named(connection, grid))
            place.tokens[name] = create_token(connection, account, "test", 10)
        for name, (_, called) in PEOPLE.items():
            parts = split_public_id(place.ids[name])
            assert parts is not None
            account = insert_account(connection, name, called, parts[1])
            place.tokens[name] = create_token(connection, account, "test", 10)
