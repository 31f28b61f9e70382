"""A small place in which the plugin `motto` runs, installed as a stranger's distribution is.

Grids: city, town; the communities north (with the grid n1) and south (with s1). Accounts: city (city_admin),
north and south (community_worker), n1 (grid_worker), wang (a resident of n1) and zhao (a resident of s1).
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Table, select
from typer.testing import CliRunner, Result

from linli import model as t
from linli import rollup
from linli.access.actors import create_token
from linli.commands.main import application
from linli.commands.users import insert_account, insert_role
from linli.database.migrate import migrate
from linli.deployment import Deployment, make_key, open_deployment
from linli.ids import public_id, split_public_id
from linli.traces.deliveries import DeliveryRound, deliver_due
from linli.traces.reactions import reaction_consumers
from linli.traces.relay import dispatch
from linli_graphql.composition import Composition, compose
from linli_graphql.service.service import Incoming, Service
from tests.core.worlds import grid_row

DISTRIBUTION = Path(__file__).parent / "motto_distribution"
LINLI = Path(sys.executable).with_name("linli")
CONFIG = """
language = "en"
[database]
url = "{url}"
[security]
key_file = "linli.key"
[plugins]
enabled = {enabled}
{more}
"""
GRIDS = {
    "city": ("city", None),
    "town": ("town", "city"),
    "north": ("community", "town"),
    "south": ("community", "town"),
    "n1": ("grid", "north"),
    "s1": ("grid", "south"),
}
ROLES = {
    "city": ("city_admin", "city"),
    "north": ("community_worker", "north"),
    "south": ("community_worker", "south"),
    "n1": ("grid_worker", "n1"),
}
PEOPLE = {"wang": ("n1", "王一"), "zhao": ("s1", "赵二")}

CREATE_RESIDENT = """mutation ($input: CreateResidentInput!) {
    createResident(input: $input) { resident { id } errors { code path } } }"""
PROPOSE = """mutation ($input: ProposeMottoInput!) {
    proposeMotto(input: $input) { motto { id version state } errors { code message path } } }"""
ADOPT = """mutation ($input: AdoptMottoInput!) {
    adoptMotto(input: $input) { motto { id version state } errors { code message path } } }"""
WITHDRAW = """mutation ($input: WithdrawMottoInput!) {
    withdrawMotto(input: $input) { motto { id version state } errors { code message path } } }"""


def pip_install(distribution: Path, site: Path) -> None:
    """Install a distribution into a folder with pip, from this machine alone."""
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    command: list[str | Path] = [sys.executable, "-m", "pip", "install", "--quiet", *offline]
    command += ["--target", site, distribution]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


@contextmanager
def importable(site: Path) -> Iterator[None]:
    """Have a folder on sys.path; afterwards neither its modules remain, nor their tables in the metadata."""
    before, tables = set(sys.modules), set(t.metadata.tables)
    sys.path.insert(0, str(site))
    try:
        yield
    finally:
        sys.path.remove(str(site))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(site)):
                del sys.modules[name]
        for name in set(t.metadata.tables) - tables:
            if f"linli_plugins.{name.partition('__')[0]}" not in sys.modules:  # those stay, and are made once
                t.metadata.remove(t.metadata.tables[name])


def linli(folder: Path, *arguments: str, site: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `linli` in a process of its own, in a folder, with what is installed in `site`."""
    paths = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    given = {"LINLI_LANG": "en", "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200", **environ}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    return subprocess.run(
        [LINLI, *arguments],
        cwd=folder,
        env=kept | given,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


async def linli_here(folder: Path, *arguments: str | Path) -> Result:
    """Run `linli` in this process: an eighth of the time, where nothing is installed beside the built-in."""
    named = [*map(str, arguments), "--config", str(folder / "linli.toml")]
    environ = {"LINLI_LANG": "en", "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, application(), named, env=environ)


def write_config(folder: Path, url: str, *enabled: str, more: str = "") -> Path:
    """Write the configuration of a place and its key; return the file."""
    file = folder / "linli.toml"
    names = orjson.dumps(enabled).decode()
    file.write_text(CONFIG.format(url=url, enabled=names, more=more), encoding="utf-8")
    make_key(folder / "linli.key")
    return file


@dataclass
class Place:
    """A deployment in this process: `ids` are public ids of grids, people and whatever a test names."""

    deployment: Deployment
    composition: Composition
    service: Service
    ids: dict[str, str]
    tokens: dict[str, str] = field(repr=False)

    async def ask(self, who: str | None, query: str, **variables: Any) -> Any:
        """Send an operation and return the whole answer."""
        token = self.tokens[who] if who else None
        return orjson.loads(await self.service.execute(Incoming(query, variables, token=token)))

    async def data(self, who: str | None, query: str, **variables: Any) -> Any:
        """Send an operation that meets no fault and return its data."""
        answer = await self.ask(who, query, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    async def deed(self, who: str, mutation: str, **data: Any) -> Any:
        """Send a mutation of one field with its input and return the payload."""
        (payload,) = (await self.data(who, mutation, input=data)).values()
        return payload

    async def done(self, who: str, mutation: str, **data: Any) -> Any:
        """Do a deed that must succeed and return its node."""
        payload = await self.deed(who, mutation, **data)
        assert payload["errors"] == [], payload
        return next(value for name, value in payload.items() if name != "errors")

    async def refusal(self, who: str, mutation: str, **data: Any) -> tuple[str, list[str]]:
        """Do a deed that must be refused; return the code and the path."""
        payload = await self.deed(who, mutation, **data)
        (error,) = payload["errors"]
        assert [value for name, value in payload.items() if name != "errors"] == [None]
        return error["code"], error["path"]

    async def propose(self, who: str, grid: str, text: str, **more: str) -> Any:
        """Propose a motto and return id, version and state."""
        return await self.done(who, PROPOSE, grid=self.ids[grid], text=text, **more)

    async def adopted(self, who: str, grid: str, text: str, proposer: str) -> Any:
        """Propose and adopt a motto in the name of a resident; return id, version and state."""
        made = await self.propose(who, grid, text, proposer=self.ids[proposer])
        return await self.done(who, ADOPT, motto=made["id"], version=made["version"])

    async def relay(self) -> DeliveryRound:
        """Deliver the events that wait to the plugins' reactions, as the workers do."""
        consumers = tuple(reaction_consumers(self.deployment.plugins))
        await self.deployment.database.run(lambda connection: dispatch(connection, consumers))
        return await deliver_due(self.deployment.database, consumers)

    def rows(self, table: Table) -> list[Row[Any]]:
        """Return the rows of a table, the oldest first."""
        with self.deployment.database.begin() as connection:
            return list(connection.execute(select(table).order_by(table.c.id)))

    def count(self, grid: str, metric: str) -> int:
        """Return the exact count of a metric at a grid and below."""
        parts = split_public_id(self.ids[grid])
        assert parts is not None
        with self.deployment.database.begin() as connection:
            return rollup.count(connection, parts[1], metric)


@asynccontextmanager
async def opened(config: Path, ids: dict[str, str], tokens: dict[str, str]) -> AsyncIterator[Place]:
    """Open the deployment of a configuration in this process, whatever plugins it enables."""
    deployment = open_deployment(config, {})
    try:
        composition = compose(deployment)
        await deployment.database.open()
        yield Place(deployment, composition, composition.service(), ids, tokens)
    finally:
        await deployment.database.close()


@asynccontextmanager
async def settled(config: Path) -> AsyncIterator[Place]:
    """Migrate the empty database of a configuration, settle the place, and keep it open."""
    deployment = open_deployment(config, {})
    ids: dict[str, str] = {}
    try:
        migrate(deployment.database, deployment.migrations)
        with deployment.database.begin() as connection:
            tokens = _founded(connection, ids)
    finally:
        await deployment.database.close()
    async with opened(config, ids, tokens) as place:
        for name, (grid, called) in PEOPLE.items():
            made = await place.done("city", CREATE_RESIDENT, grid=ids[grid], name=called)
            ids[name] = made["id"]
            with place.deployment.database.begin() as connection:
                resident = split_public_id(made["id"])
                assert resident is not None
                account = insert_account(connection, name, called, resident[1])
                tokens[name] = create_token(connection, account, "test", 10)
        yield place


def _founded(connection: Connection, ids: dict[str, str]) -> dict[str, str]:
    grids: dict[str, Row[Any]] = {}
    tokens = {}
    for key, (name, (level, parent)) in enumerate(GRIDS.items(), start=1):
        grids[name] = grid_row(connection, key, name, level, grids[parent] if parent else None)
        ids[name] = public_id("grid", grids[name].id)
    for name, (role, grid) in ROLES.items():
        account = insert_account(connection, name, name)
        insert_role(connection, account, role, grids[grid])
        tokens[name] = create_token(connection, account, "test", 10)
    return tokens
