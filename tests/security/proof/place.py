"""The world of canaries in a database, served by the real server, with whatever plugins are named."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import create_engine

from linli.access.actors import anonymous, load_actor
from linli.database.migrate import migrate
from linli.deployment import Deployment, open_deployment
from linli.traces.hub import EventHub
from linli_graphql.composition import Composition, compose
from linli_graphql.declare import fields as f
from linli_graphql.declare.kinds import Choice
from linli_graphql.declare.registry import Registry
from linli_graphql.service.service import Service
from linli_graphql.transport.app import AppOptions, build_app
from linli_graphql.transport.options import Limits
from linli_policies.engine import default_source
from tests.graphql.serving import listening
from tests.plugins.motto_place import write_config
from tests.policies.evaluator import Evaluator
from tests.security.proof.canary import Canaries
from tests.security.proof.personas import Persona, add_personas
from tests.security.proof.world import CanaryWorld, canary_world
from tests.support.fuzz.growing import grow
from tests.support.fuzz.judge import Judge, Laws
from tests.support.fuzz.tables import Tables
from tests.support.fuzz.tools import NETWORKS
from tests.support.fuzz.world import store

BUILT_IN: Final = ("ledger", "credit_bank", "neighbor_network")
SECONDS: Final = 120


@dataclass(repr=False)
class Place:
    """Everything that the proof needs; `world` holds the rows as they were put in."""

    deployment: Deployment
    composition: Composition
    world: CanaryWorld
    canaries: Canaries
    personas: list[Persona]
    service: Service
    hub: EventHub
    client: httpx.AsyncClient
    laws: Laws = field(init=False)
    tables: Tables = field(init=False)
    judges: dict[str, Judge] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.look()

    def look(self) -> None:
        """Read the rows and the rights anew, as they are in the database now."""
        engine = create_engine(self.deployment.database.engine.url)
        self.tables = Tables(engine)
        lines = [line for _, found in self.deployment.plugins.policy_lines() for line in found]
        evaluator = Evaluator("\n".join([default_source().text, *lines]))
        self.laws = Laws(self.tables.world, evaluator, dict(self.composition.policy.resources))
        with engine.connect() as connection:
            nobody = anonymous(connection)
            for one in self.personas:
                actor = load_actor(connection, one.account) if one.account else None
                self.judges[one.name] = Judge(self.laws, actor or nobody)

    async def post(self, persona: Persona, query: str, **variables: Any) -> httpx.Response:
        """Send an operation as a persona."""
        signed = {"Authorization": f"Bearer {persona.token}"} if persona.token else {}
        body = {"query": query, "variables": variables}
        return await self.client.post("/graphql", json=body, headers=signed)


@asynccontextmanager
async def opened(
    folder: Path, url: str, plugins: tuple[str, ...], people: int, generator: random.Random
) -> AsyncIterator[Place]:
    """Settle the world in an empty database and serve it."""
    deployment = open_deployment(write_config(folder, url, *plugins, more=NETWORKS), {})
    composition = compose(deployment)
    canaries = Canaries(deployment.vault, _choices(composition.registry), _personal(deployment))
    world = canary_world(generator, canaries, people)
    personas = add_personas(world)
    grow(world, composition.registry, plugins)
    migrate(deployment.database, deployment.migrations)
    with deployment.database.begin() as connection:
        store(world, connection)
    await deployment.database.open()
    service, hub = composition.service(), EventHub()
    try:
        async with (
            listening(build_app(service, hub, AppOptions(limits=Limits(streams_per_address=400)))) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS) as client,
        ):
            yield Place(deployment, composition, world, canaries, personas, service, hub, client)
    finally:
        hub.close()
        await deployment.database.close()


def _choices(registry: Registry) -> frozenset[tuple[str, str]]:
    """Columns that the schema shows as one of a few words."""
    return frozenset(
        (one.table.name, shown.column)
        for one in registry.types.values()
        if one.table is not None
        for shown in one.fields.values()
        if isinstance(shown, f.Column) and isinstance(shown.kind, Choice)
    )


def _personal(deployment: Deployment) -> frozenset[str]:
    """Columns that manifests declare as personal."""
    return frozenset(
        name
        for plugin in deployment.plugins.loaded
        for one in plugin.manifest.personal_data
        for name in one.field
    )
