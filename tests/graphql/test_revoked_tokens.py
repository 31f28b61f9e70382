"""A token used a moment ago and revoked by somebody else does nothing more, in any kind of request."""

from collections.abc import AsyncIterator

import pytest

from linli_graphql.transport.app import AppOptions
from tests.graphql.serving import Place, Served, serving

CREATE = "mutation ($i: CreateResidentInput!) { createResident(input: $i) { errors { code } } }"
CREATE_AND_SHOW = (
    "mutation ($i: CreateResidentInput!) { createResident(input: $i) { errors { code } resident { id } } }"
)
COUNT = "{ residents { totalCount } }"
READS = (
    COUNT,
    "{ viewer { name } }",
    '{ explainAccess(permission: "resident:read") { allowed } }',
    "{ __schema { queryType { name } } }",
    '{ __type(name: "Grid") { name } }',
)


@pytest.fixture
async def own(own_place: Place) -> AsyncIterator[Served]:
    async with serving(own_place, AppOptions()) as served:
        yield served


@pytest.mark.parametrize("document", [CREATE, CREATE_AND_SHOW])
@pytest.mark.case(83)
async def test_a_revoked_token_writes_nothing_although_its_caller_is_known(
    own: Served, document: str
) -> None:
    await own.data("{ viewer { name } }", "north")
    await own.revoke("north")
    answer = await own.post(document, "north", i={"grid": own.place.ids["north"], "name": "x"})
    assert "UNAUTHENTICATED" in answer.text
    assert (await own.data(COUNT, "city"))["residents"]["totalCount"] == 0


@pytest.mark.parametrize("document", READS)
@pytest.mark.case(83)
async def test_a_revoked_token_reads_nothing_though_its_caller_is_known(own: Served, document: str) -> None:
    await own.data(document, "north")
    await own.revoke("north")
    assert "UNAUTHENTICATED" in (await own.post(document, "north")).text


async def test_another_token_of_the_account_goes_on(own: Served) -> None:
    """The account's version has moved, which alone takes nothing away."""
    await own.data("{ viewer { name } }", "city")
    await own.revoke("north")
    sent = {"grid": own.place.ids["north"], "name": "x"}
    assert (await own.data(CREATE, "city", i=sent))["createResident"]["errors"] == []
