"""A plugin is switched off and on: its types go and come, its rows stay, the core goes on beneath them.

While it is off nothing of it is imported here, as in a process that never had it.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from graphql import parse, print_ast
from graphql.language import DirectiveDefinitionNode, ObjectTypeDefinitionNode, TypeDefinitionNode

from linli import model as t
from linli.deployment import open_deployment
from linli.traces.reactions import reaction_consumers
from linli.traces.relay import dispatch
from linli.verify.paths import verify_paths
from linli.verify.references import verify_references
from linli_graphql.composition import schema_text
from tests.plugins.motto_place import WITHDRAW, Place, importable, opened, write_config
from tests.plugins.templates import Template

CLOSE_RESIDENT = """mutation ($input: CloseResidentInput!) {
    closeResident(input: $input) { resident { id } errors { code } } }"""
CLOSE_GRID = """mutation ($input: CloseGridInput!) {
    closeGrid(input: $input) { grid { id } errors { code message } } }"""
MOVE_GRID = """mutation ($input: MoveGridInput!) {
    moveGrid(input: $input) { grid { id } errors { code } } }"""
MERGE_GRIDS = """mutation ($input: MergeGridsInput!) {
    mergeGrids(input: $input) { grid { id } errors { code } } }"""
RELATE = """mutation ($input: RelateInput!) {
    relate(input: $input) { relationship { id } errors { code path } } }"""
AT_S1 = ["和为贵 PROPOSED s1", "和睦 ADOPTED s1", "守望相助 ADOPTED s1"]
MOTTOS = "{ mottos(orderBy: { field: CREATED_AT }) { nodes { id text state grid { name } } } }"


@dataclass(frozen=True)
class Switch:
    """The small place, to be opened with the plugin on or off."""

    config: Path
    url: str
    site: Path
    ids: dict[str, str]
    tokens: dict[str, str]

    @asynccontextmanager
    async def on(self) -> AsyncIterator[Place]:
        with importable(self.site):
            async with opened(
                write_config(self.config.parent, self.url, "motto"), self.ids, self.tokens
            ) as place:
                yield place

    @asynccontextmanager
    async def off(self) -> AsyncIterator[Place]:
        async with opened(write_config(self.config.parent, self.url), self.ids, self.tokens) as place:
            yield place
        assert "motto" not in sys.modules
        assert "motto__motto" not in t.metadata.tables


@pytest.fixture
def switch(place_config: tuple[Path, Template], motto_site: Path) -> Switch:
    config, template = place_config
    with importable(motto_site):
        url = open_deployment(config, {}).config.database.url
    return Switch(config, url, motto_site, dict(template.ids), template.tokens)


def sdl(place: Place) -> str:
    return schema_text(place.deployment, "en")


def blocks(text: str) -> dict[str, str]:
    """Return the definitions of an SDL by name, in their order."""
    found = {}
    for one in parse(text).definitions:
        assert isinstance(one, TypeDefinitionNode | DirectiveDefinitionNode)
        found[one.name.value] = print_ast(one)
    return found


def without_fields(text: str, names: set[str]) -> str:
    """Return the definition of a type without some of its fields."""
    (one,) = parse(text).definitions
    if isinstance(one, ObjectTypeDefinitionNode):
        fields = tuple(field for field in one.fields or () if field.name.value not in names)
        one = ObjectTypeDefinitionNode(
            name=one.name, description=one.description, interfaces=one.interfaces, fields=fields
        )
    return print_ast(one)


ADDED = {
    "Grid": {"mottos", "currentMotto"},
    "Resident": {"proposedMottos"},
    "Statistics": {"mottos"},
    "Query": {"mottos"},
    "Mutation": {"proposeMotto", "adoptMotto", "withdrawMotto"},
}


async def test_off_its_types_are_gone_and_every_other_byte_of_the_schema_stays(switch: Switch) -> None:
    async with switch.on() as place:
        on = sdl(place)
    async with switch.off() as place:
        off = sdl(place)
    assert "otto" not in off
    with_it, without = blocks(on), blocks(off)
    assert [name for name in with_it if "Motto" not in name] == list(without)
    for name, text in without.items():
        assert without_fields(with_it[name], ADDED.get(name, set())) == text
    # The printed text itself, line by line: nothing of the core's is worded otherwise.
    assert is_subsequence(off.splitlines(), on.splitlines())


def is_subsequence(lines: list[str], longer: list[str]) -> bool:
    rest = iter(longer)
    return all(any(line == other for other in rest) for line in lines)


async def test_off_the_schema_is_to_the_byte_that_of_a_place_that_never_had_it(
    switch: Switch, tmp_path: Path
) -> None:
    async with switch.on() as place:
        on = sdl(place)
    async with switch.off() as place:
        off = sdl(place)
    never = tmp_path / "never"
    never.mkdir()
    assert schema_text(open_deployment(write_config(never, "sqlite:///linli.db"), {}), "en") == off
    async with switch.on() as place:
        assert sdl(place) == on


async def settled_mottos(place: Place) -> dict[str, str]:
    """Two adopted mottos, one proposed, and a resident who supports it; return the ids by name."""
    n1 = await place.adopted("north", "n1", "守望相助", "wang")
    north = await place.adopted("north", "north", "一团和气", "wang")
    proposed = await place.propose("wang", "n1", "和为贵")
    given = {"type": "motto__supports", "subject": place.ids["wang"], "object": proposed["id"]}
    await place.done("north", RELATE, **given)
    return {"n1": n1["id"], "north": north["id"], "proposed": proposed["id"]}


async def mottos_of(place: Place, who: str = "city") -> dict[str, str]:
    """Return the mottos that an account sees, by id, each as its state and place."""
    nodes = (await place.data(who, MOTTOS))["mottos"]["nodes"]
    return {one["id"]: f"{one['text']} {one['state']} {one['grid']['name']}" for one in nodes}


async def test_off_the_core_goes_on_and_on_again_the_rows_are_there(switch: Switch) -> None:
    ids = switch.ids
    async with switch.on() as place:
        mottos = await settled_mottos(place)
        before = await mottos_of(place)
    async with switch.off() as place:
        query = "query ($id: ID!) { node(id: $id) { __typename } relationships { nodes { object { id } } } }"
        data = await place.data("city", query, id=mottos["n1"])
        assert data == {"node": None, "relationships": {"nodes": [{"object": None}]}}
        await place.done("north", CLOSE_RESIDENT, resident=ids["wang"], reason="MOVED_AWAY")
        await place.done("city", MOVE_GRID, grid=ids["n1"], to=ids["south"])
        assert (place.count("south", "motto"), place.count("north", "motto")) == (1, 1)
    async with switch.on() as place:
        assert await mottos_of(place) == before
        await paths_have_followed(place, mottos)


async def paths_have_followed(place: Place, mottos: dict[str, str]) -> None:
    """What moved while the plugin was off stands where its grid stands, for rights too."""
    assert set(await mottos_of(place, "north")) == {mottos["north"]}
    assert set(await mottos_of(place, "south")) == {mottos["n1"], mottos["proposed"]}
    with place.deployment.database.begin() as connection:
        assert verify_paths(connection) == []
        found = verify_references(connection, place.deployment.plugins.each("linli_tables")[0][1])
    assert [one.params["column"] for one in found] == ["proposer_id"]


async def test_off_its_grids_merge_and_take_the_mottos_along(switch: Switch) -> None:
    ids = switch.ids
    async with switch.on() as place:
        await settled_mottos(place)
        await place.adopted("south", "s1", "和睦", "zhao")
        await place.done("city", MOVE_GRID, grid=ids["s1"], to=ids["north"])
    async with switch.off() as place:
        refused = await place.deed("city", CLOSE_GRID, grid=ids["n1"])
        assert "motto__motto: 2" in refused["errors"][0]["message"]
        await place.done("city", MERGE_GRIDS, grids=[ids["n1"]], into=ids["s1"])
        assert place.count("s1", "motto") == 2
    async with switch.on() as place:
        found = await mottos_of(place)
        assert set(found.values()) == {"一团和气 ADOPTED north", *AT_S1}
        query = "query ($id: ID!) { node(id: $id) { ... on Grid { currentMotto { text } } } }"
        assert (await place.data("city", query, id=ids["s1"]))["node"] == {"currentMotto": {"text": "和睦"}}


async def test_off_a_grid_where_mottos_have_ended_can_be_closed(switch: Switch) -> None:
    ids = switch.ids
    async with switch.on() as place:
        made = await place.propose("zhao", "s1", "和睦")
        await place.done("zhao", WITHDRAW, motto=made["id"])
    async with switch.off() as place:
        await place.done("city", CLOSE_RESIDENT, resident=ids["zhao"], reason="DIED")
        await place.done("city", CLOSE_GRID, grid=ids["s1"])


async def test_off_what_its_reactions_are_owed_waits(switch: Switch) -> None:
    async with switch.on() as place:
        mottos = await settled_mottos(place)
        await place.done("north", CLOSE_RESIDENT, resident=switch.ids["wang"], reason="DIED")
        consumers = tuple(reaction_consumers(place.deployment.plugins))
        await place.deployment.database.run(lambda connection: dispatch(connection, consumers))
    async with switch.off() as place:
        assert (await place.relay()).attempted == 0
    async with switch.on() as place:
        assert (await place.relay()).done == 1
        query = "query ($id: ID!) { node(id: $id) { ... on Motto { state } } }"
        data = await place.data("city", query, id=mottos["proposed"])
        assert data == {"node": {"state": "WITHDRAWN"}}
