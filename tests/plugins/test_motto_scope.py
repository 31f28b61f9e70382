"""A plugin cannot leave the policy out: rows outside a caller's scope stand in no list, count or node."""

from typing import Any

import pytest

from tests.plugins.motto_place import Place

# name -> where, in whose name, who enters it
MOTTOS = {
    "of_n1": ("n1", "wang", "wang"),
    "of_north": ("north", "wang", "north"),
    "of_s1": ("s1", "zhao", "zhao"),
    "of_south": ("south", "zhao", "south"),
}
VISIBLE = {
    "city": set(MOTTOS),
    "north": {"of_n1", "of_north"},
    "south": {"of_s1", "of_south"},
    "n1": {"of_n1"},
    "wang": {"of_n1", "of_north"},
    "zhao": {"of_s1", "of_south"},
    None: set(),
}
LISTS = """query ($city: ID!, $ids: [ID!]!) {
    mottos { totalCount nodes { id } edges { node { id } } }
    nodes(ids: $ids) { id }
    node(id: $city) { ... on Grid { mottos { totalCount nodes { id } } } }
    residents { nodes { proposedMottos { totalCount nodes { id } } } }
    relationships { nodes { object { id } } }
    events { nodes { subject { id } } }
}"""
RELATE = """mutation ($input: RelateInput!) {
    relate(input: $input) { relationship { id } errors { code path } } }"""


async def settle(place: Place) -> None:
    for number, (name, (grid, proposer, who)) in enumerate(MOTTOS.items()):
        made = await place.propose(who, grid, f"格言{number}", proposer=place.ids[proposer])
        place.ids[name] = made["id"]
        supporter = place.ids["wang" if proposer == "zhao" else "zhao"]
        given = {"type": "motto__supports", "subject": supporter, "object": made["id"]}
        await place.done("city", RELATE, **given)


def nodes_in(value: Any, ids: set[str]) -> set[str]:
    """Return which of the ids stand anywhere in an answer."""
    if isinstance(value, dict):
        return set().union(*(nodes_in(one, ids) for one in value.values()))
    if isinstance(value, list):
        return set().union(*(nodes_in(one, ids) for one in value))
    return {value} & ids if isinstance(value, str) else set()


async def test_hook_resources_nobody_sees_a_row_outside_the_own_scope(place: Place) -> None:
    await settle(place)
    ids = {place.ids[name]: name for name in MOTTOS}
    for who, visible in VISIBLE.items():
        data = await place.data(who, LISTS, city=place.ids["city"], ids=list(ids))
        parts = {name: {ids[one] for one in nodes_in(part, set(ids))} for name, part in data.items()}
        assert parts["mottos"] == parts["nodes"] == parts["node"] == visible, who
        assert data["mottos"]["totalCount"] == len(data["mottos"]["nodes"]) == len(visible), who
        assert len(data["mottos"]["edges"]) == len(visible), who
        assert data["node"]["mottos"]["totalCount"] == len(visible), who
        assert [one is not None for one in data["nodes"]] == [name in visible for name in MOTTOS], who
        for name in ("residents", "relationships", "events"):
            assert parts[name] <= visible, (who, name)
        for one in data["residents"]["nodes"]:
            assert one["proposedMottos"]["totalCount"] == len(one["proposedMottos"]["nodes"]), who


async def test_the_ways_round_are_open_to_those_who_may(place: Place) -> None:
    """Otherwise the test above could pass with answers that are empty for all."""
    await settle(place)
    ids = {place.ids[name]: name for name in MOTTOS}
    data = await place.data("city", LISTS, city=place.ids["city"], ids=list(ids))
    for name, part in data.items():
        assert {ids[one] for one in nodes_in(part, set(ids))} == set(MOTTOS), name


@pytest.mark.parametrize(("who", "seen"), [("city", True), ("north", True), ("wang", True), ("south", False)])
async def test_the_current_motto_of_a_grid_is_judged_too(place: Place, who: str, *, seen: bool) -> None:
    made = await place.adopted("north", "n1", "守望相助", "wang")
    query = "query ($id: ID!) { node(id: $id) { ... on Grid { name currentMotto { id } } } }"
    data = await place.data(who, query, id=place.ids["n1"])
    assert data == {"node": {"name": "n1", "currentMotto": {"id": made["id"]} if seen else None}}


async def test_a_filter_does_not_open_what_is_hidden(place: Place) -> None:
    await settle(place)
    query = "query ($grid: ID!) { mottos(where: { grid: $grid, state: PROPOSED }) { totalCount } }"
    for who, number in (("city", 1), ("south", 1), ("north", 0), (None, 0)):
        data = await place.data(who, query, grid=place.ids["s1"])
        assert data == {"mottos": {"totalCount": number}}, who
