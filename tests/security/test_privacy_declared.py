"""What is not declared does not start; the register says it to everybody; nothing ranks persons."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType

from linli.config import PluginError
from linli.plugins.manager import load_plugins
from linli.plugins.personal_checks import NEVER
from linli.privacy.declared import read_personal
from tests.plugins.motto_place import linli, opened, settled, write_config
from tests.security.persons import MORE, PLUGINS
from tests.support.configs import ENGLISH, loaded, refusals
from tests.support.distributions import Site, installed_site, plugin_toml

TABLE = """
from sqlalchemy import Column, ForeignKey, LargeBinary, MetaData, String, Table, Text
from linli.model.types import Document, Id
data = Table("lantern__keeper", MetaData(), Column("id", Id, primary_key=True), {columns})
@hookimpl
def linli_tables():
    return [data]
"""
KEEPER = 'Column("keeper_id", Id, ForeignKey("core_resident.id"))'
ACCOUNT = 'Column("keeper_id", Id, ForeignKey("core_account.id"))'
LOOSE = 'Column("keeper_id", Id)'
DECLARED = """
[[personal_data]]
field = "lantern__keeper.{column}"
{more}
purpose = {{ en = "To know who.", zh-CN = "用于识别。" }}
sensitivity = "general"
retention = {{ en = "A year.", zh-CN = "一年。" }}
erase = "null"
"""
REGISTER = "{ processingRegister { field plugin purpose sensitivity retention } }"
WORDS = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
PLACES = {"GridLevel", "GridOrderField"}  # levels of cells, which are no persons


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with installed_site(tmp_path / "site") as site:
        yield site


def told(site: Site, folder: Path, columns: str, *declared: tuple[str, str]) -> list[str]:
    """Return what stops the start of a plugin with these columns and declarations."""
    said = "".join(DECLARED.format(column=column, more=more) for column, more in declared)
    site.plugin("lantern", TABLE.format(columns=columns), manifest=plugin_toml("lantern") + said)
    with pytest.raises(PluginError) as caught:
        load_plugins(("lantern",), loaded(folder, **ENGLISH))
    return refusals(caught, folder)


UNDECLARED = [
    (KEEPER, (), "keeper_id"),
    (ACCOUNT, (), "keeper_id"),
    (f'{KEEPER}, Column("note", Text)', (("keeper_id", ""),), "note"),
    (f'{KEEPER}, Column("note", String(80))', (("keeper_id", ""),), "note"),
    (f'{KEEPER}, Column("note", String)', (("keeper_id", ""),), "note"),
    (f'{KEEPER}, Column("note", Document)', (("keeper_id", ""),), "note"),
    (f'{KEEPER}, Column("note", LargeBinary)', (("keeper_id", ""),), "note"),
    (f'{LOOSE}, Column("note", Text)', (("keeper_id", 'refers = "core_resident"'),), "note"),
]


@pytest.mark.parametrize(("columns", "declared", "lacking"), UNDECLARED)
def test_a_column_about_persons_that_is_not_declared_stops_the_start(
    site: Site, tmp_path: Path, columns: str, declared: Any, lacking: str
) -> None:
    (sentence,) = told(site, tmp_path, columns, *declared)
    for word in ('"lantern"', f"lantern__keeper.{lacking}", "[[personal_data]]", "plugin.toml"):
        assert word in sentence


WRONG = [
    (KEEPER, (("keeper_id", ""), ("age", "")), "there is no such column"),
    (KEEPER, (("keeper_id", 'keep = "P1Y"\nafter = "ended"'),), 'an "after" or a "whose"'),
]


@pytest.mark.parametrize(("columns", "declared", "said"), WRONG)
def test_a_declaration_of_nothing_stops_the_start(
    site: Site, tmp_path: Path, columns: str, declared: Any, said: str
) -> None:
    assert any(said in sentence for sentence in told(site, tmp_path, columns, *declared))


@pytest.mark.case(290)
@pytest.mark.parametrize("word", ["score", "risk_tag", "level", "honesty_rating", "religion", "petitions"])
def test_a_column_that_ranks_or_tags_persons_stops_the_start(site: Site, tmp_path: Path, word: str) -> None:
    columns = f'{KEEPER}, Column("{word}", String(8))'
    (sentence,) = told(site, tmp_path, columns, ("keeper_id", ""), (word, ""))
    assert f"lantern__keeper.{word}" in sentence
    assert "rank or tag persons" in sentence


@pytest.mark.case(290)
async def test_nothing_in_the_schema_ranks_or_tags_a_person(tmp_path: Path) -> None:
    """Every type of core and plugins that shows rows about persons, every input and every enum."""
    async with settled(write_config(tmp_path, "sqlite:///linli.db", *PLUGINS, more=MORE)) as place:
        schema, registry = place.composition.schema, place.composition.registry
        with place.deployment.database.begin() as connection:
            about = {one.table.name for one in read_personal(connection).tables}
    of_places = {
        name for name, one in registry.types.items() if one.table is None or one.table.name not in about
    }
    looked, found = 0, []
    for name, kind in schema.type_map.items():
        if name.startswith("__") or name in PLACES | of_places:
            continue
        words: list[str] = []
        if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType):
            words = list(kind.fields)
        elif isinstance(kind, GraphQLEnumType):
            words = list(kind.values)
        looked += len(words)
        found += [f"{name}.{word}" for word in words if NEVER & {one.lower() for one in WORDS.findall(word)}]
    assert looked > 300
    assert [
        one for one in found if not one.startswith(("CreateGrid", "Mutation.", "Query.", "GridWhere"))
    ] == []


async def test_the_register_is_made_of_the_declarations_for_everybody(tmp_path: Path) -> None:
    config = write_config(tmp_path, "sqlite:///linli.db", *PLUGINS, more=MORE)
    async with settled(config) as place:
        shown = (await place.data(None, REGISTER))["processingRegister"]
        ids, tokens = place.ids, place.tokens
    fields = {one["field"]: one for one in shown}
    assert {one["plugin"] for one in shown} == {"core", *PLUGINS}
    assert fields["core_resident.phone_cipher"]["sensitivity"] == "sensitive"
    assert all(one["purpose"] and one["retention"] for one in shown)
    # What a plugin keeps is told while it is off, too.
    write_config(tmp_path, "sqlite:///linli.db")
    async with opened(config, ids, tokens) as place:
        assert (await place.data(None, REGISTER))["processingRegister"] == shown
    written = linli(tmp_path, "privacy", "register", "--format", "json", "--lang", "zh-CN", site=tmp_path)
    lines = json.loads(written.stdout)
    assert {one["field"] for one in lines} == fields.keys()
    assert all(re.search("[\u4e00-\u9fff]", one["purpose"] + one["retention"]) for one in lines)
    listed = linli(tmp_path, "privacy", "register", "--format", "csv", site=tmp_path)
    assert list(csv.DictReader(io.StringIO(listed.stdout))) == shown
