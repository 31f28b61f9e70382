"""Scope: forged scopes, guessed ids, answers of others, and lists with one foreign id among them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import pytest
from graphql import GraphQLInputObjectType, get_named_type
from sqlalchemy import select

from linli import model as t
from linli.ids import uuid7
from tests.graphql.serving import Place, Served
from tests.graphql.settled import changed, content, refused, uuid_of, workers

FORGED: Final = ("path", "scope", "scopeId", "gridId", "grid_id", "tenant", "owner", "accountId", "role_id")
LOOK: Final = "query ($id: ID!) { node(id: $id) { __typename id } }"
PEOPLE: Final = "query ($within: ID) { residents(first: 200, within: $within) { totalCount nodes { id } } }"


@pytest.fixture
async def town(own_town: Place) -> AsyncIterator[Served]:
    """A settled place of this test's own."""
    async with workers(own_town) as (served,):
        yield served


@pytest.mark.case(38)
async def test_no_input_says_under_whose_scope_it_stands(town: Served) -> None:
    """Where something stands is taken from the thing; a grid that is named must be the caller's own."""
    mutation = town.service.schema.mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        kind = get_named_type(field.args["input"].type)
        assert isinstance(kind, GraphQLInputObjectType)
        assert not set(kind.fields) & {*FORGED} - {"owner"}, name
        for forged in FORGED:
            text = f"mutation ($v: ID!) {{ {name}(input: {{{forged}: $v}}) {{ errors {{ code }} }} }}"
            answer = await town.post(text, "n1", v=town.place.ids["n2"])
            assert "data" not in answer.json(), (name, forged, answer.text)
    before = content(town)
    ids = town.place.ids
    for verb, inputs in (
        ("createResident", {"grid": ids["n2"], "name": "新"}),
        ("moveResident", {"resident": ids["n1_0"], "to": ids["s1"], "version": 1}),
        ("createHousehold", {"grid": ids["s1"], "label": "1-1"}),
        ("addResidence", {"resident": ids["n1_0"], "grid": ids["n2"], "kind": "WORKS_HERE"}),
    ):
        assert (await refused(town, "n1", verb, **inputs))["code"] in ("FORBIDDEN", "NOT_FOUND")
    assert set(changed(before, content(town))) == {t.audit.name}


@pytest.mark.case(40)
async def test_a_guessed_id_finds_nothing(town: Served) -> None:
    """Neither the next id, nor another type's, nor another spelling; each answers as one that is nobody's."""
    own, foreign = town.place.ids["n1_0"], uuid_of(town.place.ids["south_li"])
    number = UUID(foreign).int
    guesses = [
        f"resident_{foreign}",
        f"resident_{UUID(int=number + 1)}",
        f"resident_{UUID(int=UUID(uuid_of(own)).int + 1)}",
        f"resident_{foreign.upper()}",
        f"resident_{foreign.replace('-', '')}",
        f"resident_{{{foreign}}}",
        f"household_{foreign}",
        f"account_{foreign}",
        f" resident_{foreign}",
        *(f"resident_{word}" for word in ("0", "1", "-1", "", "null", "%", "*", "' OR 1=1 --", "9" * 400)),
        "0",
        "",
        "*",
    ]
    nothing = (await town.post(LOOK, "n1", id=f"resident_{uuid7()}")).content
    for guess in guesses:
        answer = await town.post(LOOK, "n1", id=guess)
        assert answer.content == nothing, (guess, answer.text)
    assert (await town.data(LOOK, "n1", id=own))["node"] is not None


@pytest.mark.case(26, 43)
async def test_what_was_made_for_one_is_not_given_to_another(town: Served) -> None:
    """One text, one hash, one cursor: whoever asks next is answered by the own rights."""
    everyone = (await town.data(PEOPLE, "city"))["residents"]
    for who in ("n1", "south", "auditor", None, "city"):
        answer = await town.post(PEOPLE, who)
        page = answer.json()["data"]["residents"]
        assert "no-store" in answer.headers["cache-control"]
        assert (page == everyone) is (who == "city")
        assert len(page["nodes"]) == page["totalCount"]
    text = "query ($a: String) { residents(first: 1, after: $a) { nodes { id } pageInfo { endCursor } } }"
    seen = {one["id"] for one in (await town.data(PEOPLE, "n1"))["residents"]["nodes"]}
    after = None
    for _ in everyone["nodes"]:
        after = (await town.data(text, "city", a=after))["residents"]["pageInfo"]["endCursor"]
        found = (await town.data(text, "n1", a=after))["residents"]["nodes"]
        assert {one["id"] for one in found} <= seen


@pytest.mark.case(44)
async def test_two_callers_at_once_are_answered_apart(town: Served) -> None:
    ids = [town.place.ids[name] for name in ("n1_0", "south_li", "n11_0")]
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    alone = {who: (await town.post(text, who, ids=ids)).content for who in ("city", "n1", "south", "micro")}
    assert len(set(alone.values())) == 4
    asked = [who for _ in range(12) for who in alone]
    answers = await asyncio.gather(*(town.post(text, who, ids=ids) for who in asked))
    assert [answer.content for answer in answers] == [alone[who] for who in asked]


@pytest.mark.case(65)
async def test_one_foreign_id_among_own_ones_stops_the_whole(town: Served) -> None:
    ids = town.place.ids
    before = content(town)
    for foreign in ("t1", "top", "hill"):
        grids = [ids["n1"], ids["n2"], ids[foreign]]
        error = await refused(town, "street", "mergeGrids", grids=grids, into=ids["n3"])
        assert error["code"] == "FORBIDDEN"
        grids = [ids["n1"], f"grid_{uuid7()}"]
        error = await refused(town, "street", "mergeGrids", grids=grids, into=ids["n3"])
        assert error["code"] == "NOT_FOUND"
    assert set(changed(before, content(town))) == {t.audit.name}
    with town.database.begin() as connection:
        assert connection.execute(select(t.grid).where(t.grid.c.valid_to.is_not(None))).all() == []
