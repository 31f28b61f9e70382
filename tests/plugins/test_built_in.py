"""What holds for each built-in plugin: described twice, made by its migrations, judged by its truth table."""

import tomllib
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from graphql import print_schema

from linli.model import metadata
from linli.plugins.discovery import installed
from linli_graphql.declare.registry import collect
from linli_graphql.nodes.roots import core_contribution
from linli_graphql.schema.assemble import assemble
from linli_graphql.service.describe import Translated
from tests.conftest import BACKENDS
from tests.plugins.motto_place import Place, linli_here, opened, settled, write_config

NAMES = [
    name for name, (candidate, *_) in installed().items() if candidate.package.startswith("linli_plugins.")
]


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'linli.db'}"
    fresh: str = request.getfixturevalue("fresh_postgres")
    return fresh


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """A built-in plugin, each in turn."""
    return str(request.param)


@pytest.fixture
async def place(name: str, tmp_path: Path, url: str) -> AsyncIterator[Place]:
    """A small place in which one plugin runs, and those that it requires."""
    async with settled(write_config(tmp_path, url, name)) as opened_place:
        yield opened_place


def described(place: Place, name: str) -> dict[str, str]:
    """Return the Chinese descriptions that a plugin brings, by key."""
    file = place.deployment.plugins[name].folder / "locale" / "schema.zh-CN.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def test_there_are_some() -> None:
    assert "ledger" in NAMES


async def test_everything_that_it_adds_is_described(place: Place, name: str) -> None:
    asked, core = Translated({}), Translated({})
    assemble(place.composition.registry, asked)
    assemble(collect([core_contribution()], place.composition.policy.resources), core)
    required = set(place.deployment.plugins.names) - {name}
    others = {key for one in required for key in described(place, one)}
    added, known = asked.missing.keys() - core.missing.keys() - others, described(place, name)
    assert added - known.keys() == set()
    assert known.keys() - added == set()
    assert all(text.endswith("。") for text in known.values())


async def test_its_migrations_make_what_its_model_says(place: Place, name: str) -> None:
    def own(_: object, called: str | None, kind: str, *__: object) -> bool:
        """Other plugins' tables are in the metadata too; the table of versions is Alembic's."""
        table = str(called)
        return kind != "table" or (table.startswith(f"{name}__") and table != f"{name}__version")

    with place.deployment.database.begin() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLite's indexes over expressions, which are the core's
        context = MigrationContext.configure(connection, opts={"include_object": own})
        assert compare_metadata(context, metadata) == []


async def test_its_truth_table_holds(place: Place, name: str, tmp_path: Path) -> None:
    assert (place.deployment.plugins[name].folder / "policy_cases.toml").exists()
    done = await linli_here(tmp_path, "policy", "test")
    assert done.exit_code == 0, done.stdout


async def test_without_it_the_schema_is_the_cores(place: Place, tmp_path: Path, url: str) -> None:
    async with opened(write_config(tmp_path, url), place.ids, place.tokens) as bare:
        core = assemble(collect([core_contribution()], bare.composition.policy.resources), Translated({}))
        assert print_schema(bare.composition.schema) == print_schema(core)


async def test_what_it_keeps_is_in_order_when_it_begins(place: Place, tmp_path: Path) -> None:
    """`linli verify`, with the checks that the plugin brings."""
    assert place.deployment.plugins.names
    done = await linli_here(tmp_path, "verify")
    assert done.exit_code == 0, done.stdout
