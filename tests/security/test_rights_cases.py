"""Rights: grants at no place, definitions of roles, and accounts that are called like a role."""

from collections.abc import AsyncIterator
from typing import Final

import pytest

from linli import model as t
from linli.access.actors import create_token
from linli.commands.users import insert_account
from linli.ids import uuid7
from tests.graphql.serving import Place, Served
from tests.graphql.settled import changed, content, document, workers

PLACES: Final = ("*", "", "grid_*", "grid_", "grid_-1", "grid_0", "/", "/1/", "null", "all", "public")
ROLE_WORDS: Final = ("policy", "policies", "definerole", "createrole", "updaterole", "editrole", "grantline")


@pytest.fixture
async def town(own_town: Place) -> AsyncIterator[Served]:
    """A settled place of this test's own."""
    async with workers(own_town) as (served,):
        yield served


@pytest.mark.case(76)
async def test_a_role_is_granted_at_a_place_and_never_at_none(town: Served) -> None:
    before = content(town)
    account = town.place.ids["@new"]
    anchors: tuple[str | None, ...] = (*PLACES, f"grid_{uuid7()}", f"resident_{uuid7()}", None)
    for who in ("city", "street", "north", "secretary", "operator"):
        for anchor in anchors:
            inputs = {"account": account, "role": "grid_worker", "anchor": anchor}
            said = (await town.post(document("assignRole"), who, i=inputs)).json()
            errors = said.get("errors") or said["data"]["assignRole"]["errors"]
            assert errors, (who, anchor, said)
    assert set(changed(before, content(town))) <= {t.audit.name}


@pytest.mark.case(79)
async def test_nothing_that_is_served_changes_what_a_role_is(town: Served) -> None:
    """Lines of the policy are files of the deployment; no deed writes one, and no table holds one."""
    names = [*town.service.registry.verbs, *town.service.registry.roots]
    assert not [name for name in names if any(word in name.lower() for word in ROLE_WORDS)]
    assert not [name for name in t.metadata.tables if "policy" in name and name != t.policy_epoch.name]
    assert set(t.policy_epoch.c.keys()) == {"id", "epoch"}
    lines = town.service.deeds.policy.resources
    assert not [name for name in lines if name in ("policy", "role", "line", "policy_line")]


@pytest.mark.case(82)
async def test_an_account_called_like_a_role_is_nothing_but_its_name(town: Served) -> None:
    roles = sorted(town.service.deeds.policy.roles - set(town.place.tokens))
    tokens = dict(town.place.tokens)
    with town.database.begin() as connection:
        for role in roles:
            tokens[role] = create_token(connection, insert_account(connection, role, role), "test", 10)
    object.__setattr__(town.place, "tokens", tokens)
    nobody = await town.data("{ residents { totalCount } assignments { totalCount } }", "new")
    assert {page["totalCount"] for page in nobody.values()} == {0}
    for role in roles:
        said = await town.data(
            "{ viewer { name roles { role } } residents { totalCount } assignments { totalCount } }", role
        )
        assert said.pop("viewer") == {"name": role, "roles": []}
        assert said == nobody
        inputs = {"grid": town.place.ids["n1"], "name": "x"}
        payload = (await town.data(document("createResident"), role, i=inputs))["createResident"]
        assert payload["errors"][0]["code"] == "FORBIDDEN"
