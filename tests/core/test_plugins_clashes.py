"""Names that two plugins claim, tables outside their plugin's name, resources that no line could limit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from linli.config import Config, PluginError
from linli.plugins.manager import Claim, check_clashes, load_plugins
from tests.support.configs import ENGLISH, loaded, refusals
from tests.support.distributions import Site, installed_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with installed_site(tmp_path / "site") as site:
        yield site


TABLE = """
from sqlalchemy import Column, MetaData, String, Table
from linli.policy import Resource
data = Table("{table}", MetaData(), Column("id", String), Column("path", String))
"""
TABLES = TABLE + "@hookimpl\ndef linli_tables():\n    return [data]\n"
RESOURCES = TABLE + "@hookimpl\ndef linli_resources():\n    return [Resource({resource})]\n"
VERBS = """
from linli.verbs.verb import Verb
from linli.verbs.inputs import Input
@hookimpl
def linli_verbs():
    return [Verb("lightLantern", Input, "lantern", print, "Light it.")]
"""
INDICATORS = '@hookimpl\ndef linli_indicators():\n    return [Indicator("lit", "Lit", "亮灯", "lit")]\n'
TIES = """
@hookimpl
def linli_relationship_types():
    return [RelationshipType("keeps", "keeps", "看管", ("resident",), ("lantern",))]
"""
COMMANDS = """
import typer
@hookimpl
def linli_commands():
    return [typer.Typer(name="light")]
"""
REACTIONS = """
@hookimpl
def linli_reactions():
    return [Reaction("lantern.lit", "tell", print), Reaction("lantern.out", "{other}", print)]
"""


def refused(folder: Path, *enabled: str, claims: tuple[Claim, ...] = ()) -> list[str]:
    with pytest.raises(PluginError) as caught:
        load_plugins(enabled, loaded(folder, **ENGLISH), claims=claims)
    return refusals(caught, folder)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (RESOURCES.format(table="x", resource="'lantern', path=data.c.path"), 'resource "lantern"'),
        (VERBS, 'verb "lightLantern"'),
        (INDICATORS, 'indicator "lit"'),
        (TIES, 'relationship type "keeps"'),
        (COMMANDS, 'command "light"'),
    ],
)
def test_two_plugins_that_claim_one_name(tmp_path: Path, site: Site, code: str, told: str) -> None:
    site.plugin("east", code)
    site.plugin("west", code)
    assert refused(tmp_path, "east", "west") == [
        f'the plugins "east" and "west" both claim the {told}; only one of them can be enabled.'
    ]


def test_two_plugins_that_claim_one_table(tmp_path: Path, site: Site) -> None:
    site.plugin("east", TABLES.format(table="east__data"))
    site.plugin("west", TABLES.format(table="east__data"))
    assert refused(tmp_path, "east", "west") == [
        'the table "east__data" of plugin "west" must be named "west__…".',
        'the plugins "east" and "west" both claim the table "east__data"; only one of them can be enabled.',
    ]


def test_a_sensitive_field_is_a_name_too(tmp_path: Path, site: Site) -> None:
    resource = "'lantern', path=data.c.path, fields=('phone',)"
    site.plugin("east", RESOURCES.format(table="x", resource=resource))
    site.plugin("west", RESOURCES.format(table="x", resource="'lantern.phone', path=data.c.path"))
    (sentence,) = refused(tmp_path, "east", "west")
    assert 'both claim the resource "lantern.phone"' in sentence


def test_a_name_that_the_core_keeps(tmp_path: Path, site: Site) -> None:
    site.plugin("east", COMMANDS)
    (sentence,) = refused(tmp_path, "east", claims=(Claim("core", "command", "light"),))
    assert sentence.startswith('the plugins "core" and "east" both claim the command "light"')


def test_a_plugin_that_claims_a_name_twice(tmp_path: Path, site: Site) -> None:
    site.plugin("east", REACTIONS.format(other="tell"))
    assert refused(tmp_path, "east") == ['the plugin "east" declares the reaction "east.tell" twice.']


def test_reactions_of_two_plugins_may_bear_one_name(tmp_path: Path, site: Site) -> None:
    site.plugin("east", REACTIONS.format(other="other"))
    site.plugin("west", REACTIONS.format(other="other"))
    assert load_plugins(("east", "west"), loaded(tmp_path)).names == ("east", "west")


def test_a_command_without_a_name_bears_its_plugins(tmp_path: Path, site: Site) -> None:
    site.plugin("east", COMMANDS.replace('name="light"', ""))
    (sentence,) = refused(tmp_path, "east", claims=(Claim("core", "command", "east"),))
    assert 'both claim the command "east"' in sentence


@pytest.mark.parametrize("table", ["data", "west_data", "west__", "east__data"])
def test_a_table_outside_its_plugins_name(tmp_path: Path, site: Site, table: str) -> None:
    site.plugin("west", TABLES.format(table=table))
    assert refused(tmp_path, "west") == [f'the table "{table}" of plugin "west" must be named "west__…".']


def test_a_resource_that_no_line_could_limit(tmp_path: Path, site: Site) -> None:
    site.plugin("west", RESOURCES.format(table="west__data", resource="'lantern', data"))
    (sentence,) = refused(tmp_path, "west")
    assert sentence.startswith(
        'the resource "lantern" of plugin "west" has a table and no column for any reach'
    )


def test_sound_contributions_pass(tmp_path: Path, site: Site) -> None:
    site.plugin("east", RESOURCES.format(table="east__data", resource="'lantern', data, path=data.c.path"))
    site.plugin("west", TABLES.format(table="west__data") + VERBS + INDICATORS + TIES + COMMANDS)
    plugins = load_plugins(("east", "west"), loaded(tmp_path))
    assert [table.name for _, tables in plugins.each("linli_tables") for table in tables] == ["west__data"]


def test_a_room_checks_kinds_of_its_own() -> None:
    claims = [
        Claim("east", "field", "Resident.credits"),
        Claim("east", "type", "Credits"),
        Claim("west", "field", "Resident.credits"),
        Claim("west", "colour", "red"),
        Claim("south", "colour", "red"),
        Claim("south", "type", "Field"),
    ]
    faults = check_clashes(claims, Config(language="en").source)
    assert [(fault.key, fault.message) for fault in faults] == [
        (
            "Resident.credits",
            (
                'the plugins "east" and "west" both claim the field "Resident.credits"; '
                "only one of them can be enabled."
            ),
        ),
        (
            "red",
            'the plugins "west" and "south" both claim the colour "red"; only one of them can be enabled.',
        ),
    ]
