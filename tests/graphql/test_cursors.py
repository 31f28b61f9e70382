"""Cursors come from a list or are refused, and tell nothing of rows that the caller may not see."""

import pytest

from linli.ids import uuid7
from tests.graphql.serving import Served

AFTER = "query ($cursor: String) { residents(after: $cursor) { edges { cursor } } }"
BEFORE = "query ($cursor: String) { residents(last: 5, before: $cursor) { edges { cursor } } }"
ORDERED = """query ($after: String) {
  residents(after: $after, orderBy: {field: NAME, direction: DESC}) { edges { node { name } } } }"""
UUID = "0190a6e2-7c1b-7d7e-8b8e-0123456789ab"
FORGED = [
    "",
    "x",
    "/1/2/",
    UUID,
    f"/1/2{UUID}",
    f"1/2/{UUID}",
    f"/1/2/{UUID.upper()}",
    f"/1/2/{UUID}\n",
    f"/1/2/{UUID} ",
    f"/1/2/{UUID}/1/2/{UUID}",
    f"/01234567890/{UUID}",
    f"/{'1/' * 25}{UUID}",
    f"/1/%/{UUID}",
    f"/1/' OR 1=1 --/{UUID}",
    f"/1/２/{UUID}",
    "/1/2/0190a6e2-7c1b-7d7e-8b8e-0123456789",
    "x" * 4000,
]


@pytest.mark.parametrize("document", [AFTER, BEFORE], ids=["after", "before"])
@pytest.mark.parametrize("cursor", FORGED)
async def test_what_no_list_made_is_refused(served: Served, cursor: str, document: str) -> None:
    answer = await served.post(document, "city", cursor=cursor)
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert answer.json().get("data") is None


async def test_a_cursor_in_the_document_is_judged_like_one_in_a_variable(served: Served) -> None:
    answer = await served.post('{ residents(after: "/1/2/x") { edges { cursor } } }', "city")
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["BAD_USER_INPUT"]


@pytest.mark.case(25, 26)
async def test_a_hidden_rows_cursor_is_worth_what_a_missing_rows_is(served: Served) -> None:
    await served.new_resident("north", "north", "阿北")
    hidden = await served.new_resident("south", "south", "丁南")
    hidden_uuid, missing_uuid = hidden.removeprefix("resident_"), uuid7()
    answers = [
        await served.data(ORDERED, "north", after=f"/1/3/{ident}") for ident in (hidden_uuid, missing_uuid)
    ]
    assert answers[0] == answers[1]
