"""What the plugin adds to the schema: fields of every kind, figures, descriptions, and a table that fits."""

import sys
import tomllib
import warnings
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from linli.model import metadata
from linli_graphql.composition import schema_text
from linli_graphql.declare.blame import contained
from linli_graphql.declare.checks import Declared
from linli_graphql.declare.fields import Grafted
from linli_graphql.declare.registry import collect
from linli_graphql.nodes.roots import core_contribution
from linli_graphql.schema.assemble import assemble
from linli_graphql.service.describe import Translated
from tests.plugins.motto_place import ADOPT, Place

FIELDS = """query ($id: ID!) { node(id: $id) { __typename ... on Motto {
    text quotation characters state adoptedAt
    grid { name } proposer { name proposedMottos { totalCount } } } } }"""


async def test_hook_graphql_every_kind_of_field_answers(place: Place) -> None:
    made = await place.propose("wang", "n1", "远亲，不如近邻!")
    data = await place.data("north", FIELDS, id=made["id"])
    assert data["node"] == {
        "__typename": "Motto",
        "text": "远亲，不如近邻!",
        "quotation": "「远亲，不如近邻!」",
        "characters": 6,
        "state": "PROPOSED",
        "adoptedAt": None,
        "grid": {"name": "n1"},
        "proposer": {"name": "王一", "proposedMottos": {"totalCount": 1}},
    }
    await place.done("north", ADOPT, motto=made["id"], version=1)
    assert (await place.data("north", FIELDS, id=made["id"]))["node"]["adoptedAt"].endswith("+00:00")


async def test_a_grafted_value_finds_its_row_wherever_it_stands(place: Place) -> None:
    for grid, text, proposer in (("n1", "和为贵", "wang"), ("s1", "守望相助", "zhao")):
        await place.propose(proposer, grid, text)
    query = """query ($ids: [ID!]!) {
        mottos(orderBy: { field: CREATED_AT }) { edges { node { long: characters } } }
        residents { nodes { proposedMottos { nodes { characters text } } } }
        nodes(ids: $ids) { __typename ... on Motto { characters } } }"""
    (first, second) = (await place.data("city", "{ mottos { nodes { id } } }"))["mottos"]["nodes"]
    data = await place.data("city", query, ids=[first["id"], place.ids["wang"], second["id"]])
    assert [one["node"] for one in data["mottos"]["edges"]] == [{"long": 3}, {"long": 4}]
    assert data["residents"]["nodes"] == [
        {"proposedMottos": {"nodes": [{"characters": 3, "text": "和为贵"}]}},
        {"proposedMottos": {"nodes": [{"characters": 4, "text": "守望相助"}]}},
    ]
    assert data["nodes"] == [
        {"__typename": "Motto", "characters": 3},
        {"__typename": "Resident"},
        {"__typename": "Motto", "characters": 4},
    ]


async def test_hook_indicators_the_figure_stands_at_every_grid_above(place: Place) -> None:
    await place.adopted("north", "n1", "守望相助", "wang")
    await place.adopted("south", "s1", "和为贵", "zhao")
    query = "query ($id: ID!) { statistics(within: $id) { mottos residents } }"
    for grid, number in (("city", 2), ("north", 1), ("s1", 1)):
        data = await place.data("city", query, id=place.ids[grid])
        assert data["statistics"]["mottos"] == number, grid
    assert await place.data("south", query, id=place.ids["n1"]) == {"statistics": None}


async def test_a_page_of_mottos_continues_at_its_cursor(place: Place) -> None:
    for text in ("一团和气", "和为贵", "守望相助"):
        await place.propose("wang", "n1", text)
    query = """query ($after: String) { mottos(first: 2, after: $after) {
        nodes { text } pageInfo { hasNextPage endCursor } totalCount } }"""
    first = (await place.data("north", query))["mottos"]
    rest = (await place.data("north", query, after=first["pageInfo"]["endCursor"]))["mottos"]
    assert [one["text"] for one in first["nodes"] + rest["nodes"]] == ["一团和气", "和为贵", "守望相助"]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


async def test_a_grafted_field_that_fails_is_lost_alone_and_the_log_names_the_plugin(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.propose("wang", "n1", "和为贵")

    def broken(_letter: str) -> str:
        raise ValueError("王一 138 0013 8000")

    monkeypatch.setattr(sys.modules["motto.graphql"].unicodedata, "category", broken)
    with capture_logs() as logs:
        answer = await place.ask("north", "{ mottos { totalCount nodes { text characters state } } }")
    assert answer["data"]["mottos"] == {
        "totalCount": 1,
        "nodes": [{"text": "和为贵", "characters": None, "state": "PROPOSED"}],
    }
    (error,) = answer["errors"]
    assert error["path"] == ["mottos", "nodes", "characters"]
    assert error["extensions"]["code"] == "INTERNAL"
    (line,) = [line for line in logs if line["event"] == "field failed"]
    assert (line["plugin"], line["field"]) == ("motto", "Motto.characters")
    assert line["error"].startswith("ValueError at graphql.py:")
    assert "王" not in repr(logs)
    assert "8000" not in repr(logs)


async def test_values_that_do_not_fit_the_rows_are_the_plugins_fault(place: Place) -> None:
    registry = place.composition.registry
    field = registry.types["Motto"].fields["characters"]
    assert isinstance(field, Grafted)
    motto = replace(registry.types["Motto"], fields={"characters": replace(field, resolve=lambda _: [1, 2])})
    fields = contained(Declared({"Motto": motto}, {}, {}, registry.owners))["Motto"].fields
    assert isinstance(fields["characters"], Grafted)
    with capture_logs() as logs, pytest.raises(ValueError, match="another number of values"):
        fields["characters"].resolve([{"text": "和为贵"}])
    assert [(line["plugin"], line["field"]) for line in logs] == [("motto", "Motto.characters")]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_everything_that_the_plugin_adds_is_described(place: Place, language: str) -> None:
    asked, core = Translated({}), Translated({})
    assemble(place.composition.registry, asked)
    assemble(collect([core_contribution()], place.composition.policy.resources), core)
    added = asked.missing.keys() - core.missing.keys()
    assert {"Motto", "Grid.mottos", "MottoState.ADOPTED", "Mutation.adoptMotto"} <= added
    file = place.deployment.plugins["motto"].folder / "locale" / "schema.zh-CN.toml"
    known = tomllib.loads(file.read_text(encoding="utf-8"))
    if language == "en":
        assert all(asked.missing[one].strip() for one in added)
    else:
        assert added - {"Statistics.mottos"} == known.keys()
        assert all(text.endswith("。") for text in known.values())
        assert "在用格言数。" in schema_text(place.deployment, language)


async def test_hook_tables_the_migrations_make_what_the_model_says(place: Place) -> None:
    with place.deployment.database.begin() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLite's indexes over expressions, which are the core's
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert [one for one in differences if "motto__motto" in repr(one)] == []


async def test_what_was_said_is_never_rewritten(place: Place) -> None:
    """The migration's keep_rows."""
    await place.propose("wang", "n1", "和为贵")
    motto = metadata.tables["motto__motto"]
    for statement in (update(motto).values(text="和气生财"), delete(motto)):
        with pytest.raises(DBAPIError, match="stay as they are"), place.deployment.database.begin() as deed:
            deed.execute(statement)
