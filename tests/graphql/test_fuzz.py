"""Random documents: plan = graft = graphql-core, SQLite = PostgreSQL, for callers of every kind."""

from dataclasses import replace
from pathlib import Path

import pytest

from linli_graphql.declare.fields import Column
from linli_graphql.declare.registry import Registry
from tests.policies.seeds import say, seeded, times
from tests.support.fuzz.coverage import coverage_of
from tests.support.fuzz.known import KNOWN
from tests.support.fuzz.place import Place, opened, plugins
from tests.support.fuzz.trial import Trials
from tests.support.postgres import PostgresServer

DOCUMENTS = 300


async def test_every_way_gives_one_answer(tmp_path: Path, postgres_server: PostgresServer) -> None:
    generator = seeded("fuzz")
    with plugins(tmp_path / "site"), postgres_server.database() as url:
        urls = [f"sqlite:///{tmp_path / 'linli.db'}", url]
        async with opened(tmp_path, urls, generator) as place:
            trials = Trials(place, generator)
            await trials.run(times(DOCUMENTS))
            say(f"refused: {dict(trials.refused)}")
            place.coverage.check()


async def test_a_wrong_plan_is_told_by_its_smallest_document(tmp_path: Path) -> None:
    generator = seeded("fuzz for a fault")
    with plugins(tmp_path / "site"):
        async with opened(tmp_path, [f"sqlite:///{tmp_path / 'linli.db'}"], generator) as place:
            _spoil(place)
            with pytest.raises(AssertionError) as told:
                await Trials(place, generator).run(DOCUMENTS)
            document = str(told.value).partition("\nreference:")[0]
            assert "name" in document
            assert len(document.splitlines()) <= 24, document
            with pytest.raises(AssertionError, match=r"fields: AccessExplanation\.allowed, "):
                coverage_of(place.composition.schema, place.composition.registry, []).check()


def test_every_known_finding_has_a_reason() -> None:
    assert all(len(reason.split()) > 5 for reason in KNOWN.values())


def _spoil(place: Place) -> None:
    """Let the planner show the kind of an organisation in place of its name."""
    service = place.ways[0].service
    registry = service.planner.registry
    one = registry.types["Organization"]
    wrong = Column(column="kind", description="Name.")
    types = {**registry.types, one.name: replace(one, fields={**one.fields, "name": wrong})}
    service.planner.registry = Registry(
        types, registry.roots, registry.verbs, registry.resources, registry.owners
    )
