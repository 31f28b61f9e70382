"""One world in SQLite and in PostgreSQL, and the services that answer over it, each in another way."""

import random
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Engine, create_engine

from linli.access.actors import anonymous, load_actor
from linli.database.database import Database
from linli.database.migrate import migrate
from linli.deployment import Deployment, open_deployment
from linli.policy import Actor
from linli_graphql.composition import Composition, compose, contributions, policy_of
from linli_graphql.declare.registry import collect
from linli_graphql.schema.assemble import assemble
from linli_graphql.service.describe import english
from linli_graphql.service.service import Service
from linli_policies.engine import default_source
from tests.plugins.motto_place import importable, write_config
from tests.policies.evaluator import Evaluator
from tests.support.distributions import Site
from tests.support.fuzz.callers import add_callers
from tests.support.fuzz.coverage import Coverage, coverage_of
from tests.support.fuzz.growing import grow
from tests.support.fuzz.judge import Judge, Laws
from tests.support.fuzz.kinds import KINDS
from tests.support.fuzz.reference import Reference
from tests.support.fuzz.settling import rich_world
from tests.support.fuzz.tables import Tables
from tests.support.fuzz.tools import NETWORKS
from tests.support.fuzz.variants import Patience, ShallowDatabase, grafted
from tests.support.fuzz.world import RichWorld, store

ENABLED = ("motto", "ledger", "credit_bank", "neighbor_network")
MOTTO = Path(__file__).parents[2] / "plugins" / "motto_distribution" / "motto"


@dataclass
class Way:
    """A service, and how it comes to its answers."""

    name: str
    service: Service


@dataclass
class Place:
    """Everything a trial needs."""

    composition: Composition
    reference: Reference
    coverage: Coverage
    judges: dict[str, Judge]
    tokens: dict[str, str]
    ways: list[Way]
    patience: Patience = field(default_factory=Patience)


@contextmanager
def plugins(folder: Path) -> Iterator[None]:
    """The tutorial plugin can be imported, as if pip had installed it."""
    shutil.copytree(MOTTO, folder / "motto", ignore=shutil.ignore_patterns("__pycache__"))
    Site(folder).entry_point("motto", "motto", "linli-motto")
    with importable(folder):
        yield


def composed(deployment: Deployment) -> Composition:
    """Return the composition of a deployment and the plugin of `kinds`."""
    compose(deployment)
    policy = policy_of(deployment)
    registry = collect([*contributions(deployment), KINDS], policy.resources)
    return Composition(deployment, policy, registry, assemble(registry, english))


@asynccontextmanager
async def opened(folder: Path, urls: Sequence[str], generator: random.Random) -> AsyncIterator[Place]:
    """Settle the same world in every database and open all ways to it; the first database is SQLite."""
    deployments = [_deployment(folder / str(index), url) for index, url in enumerate(urls)]
    ways: list[Way] = []
    try:
        composition = composed(deployments[0])
        world = rich_world(generator)
        policy = composition.policy
        roles = {role: sorted(policy.anchors(role)) for role in sorted(policy.roles - {"public"})}
        add_callers(world, roles)
        grow(world, composition.registry, ENABLED)
        for one in deployments:
            migrate(one.database, one.migrations)
            with one.database.begin() as connection:
                store(world, connection)
        patience = Patience()
        ways = list(_ways(composition, deployments, patience, generator))
        for way in ways:
            way.service.documents = ways[0].service.documents  # one validation serves them all
        for database in _databases(ways):
            await database.open()
        yield _place(composition, world, ways, patience)
    finally:
        for database in {
            id(one): one for one in [*_databases(ways), *(d.database for d in deployments)]
        }.values():
            await database.close()


def _deployment(folder: Path, url: str) -> Deployment:
    folder.mkdir()
    return open_deployment(write_config(folder, url, *ENABLED, more=NETWORKS), {})


def _ways(
    composition: Composition, deployments: Sequence[Deployment], patience: Patience, generator: random.Random
) -> Iterator[Way]:
    for deployment in deployments:
        here, name = replace(composition, deployment=deployment), deployment.database.name
        yield Way(f"plan on {name}", here.service())
        for number in range(2):
            other = replace(here, registry=grafted(composition.registry, generator))
            yield Way(f"graft {number} on {name}", other.service())
    file = str(deployments[0].database.engine.url.database)
    pieces = replace(deployments[0], database=ShallowDatabase(file, patience))
    yield Way("pieces on sqlite", replace(composition, deployment=pieces).service())


def _databases(ways: Sequence[Way]) -> list[Database]:
    return list({id(way.service.database): way.service.database for way in ways}.values())


def _place(composition: Composition, world: RichWorld, ways: list[Way], patience: Patience) -> Place:
    engine = create_engine(composition.deployment.database.engine.url)
    tables, plugins = Tables(engine), composition.deployment.plugins
    lines = [line for _, found in plugins.policy_lines() for line in found]
    evaluator = Evaluator("\n".join([default_source().text, *lines]))
    laws = Laws(tables.world, evaluator, dict(composition.policy.resources))
    judges = {name: Judge(laws, actor) for name, actor in _actors(engine, world).items()}
    coverage = coverage_of(composition.schema, composition.registry, sorted(judges))
    purposes = tuple(composition.deployment.consent_purposes.values())
    reference = Reference(
        composition.registry, composition.schema, tables, laws, composition.policy, coverage, purposes
    )
    return Place(composition, reference, coverage, judges, world.tokens, ways, patience)


def _actors(engine: Engine, world: RichWorld) -> dict[str, Actor]:
    accounts = {row["name"]: row["id"] for row in world.rows["account"]}
    with engine.connect() as connection:
        found = {name: load_actor(connection, accounts[name]) for name in world.tokens}
        actors = {name: actor for name, actor in found.items() if actor is not None}
        return {**actors, "public": anonymous(connection)}
