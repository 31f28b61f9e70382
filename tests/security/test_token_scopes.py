"""Tokens of services: narrowed to what they are for, wherever the account could do more."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from linli.access.actors import actor_of_token, create_token
from linli.access.resources import CORE_RESOURCES, by_name
from linli_policies.engine import load_policy
from tests.core.deed_cases import CASES
from tests.graphql.serving import Place, Served
from tests.graphql.settled import attempt, changed, content, refused, wired, workers

POLICY = load_policy(by_name(CORE_RESOURCES))
COUNT = "{ residents { totalCount } projects { totalCount } memberships { totalCount } }"
WHY = '{ explainAccess(permission: "project:read") { allowed reason } }'


@pytest.fixture
async def served(sqlite_copy: Place) -> AsyncIterator[Served]:
    async with workers(sqlite_copy) as (served,):
        yield served


async def narrowed(served: Served, who: str, *scopes: str) -> Served:
    """The same place, where an account shows a token that is for these permissions only."""

    def make(connection: Connection) -> str:
        return create_token(connection, served.place.accounts[who], "narrow", 1, scopes)

    tokens = {**served.place.tokens, "narrow": await served.database.run(make)}
    return replace(served, place=replace(served.place, tokens=tokens))


async def counts(served: Served) -> dict[str, Any]:
    answer = await served.data(COUNT, "narrow")
    return {name: found["totalCount"] for name, found in answer.items()}


async def test_a_token_reads_what_it_is_for(served: Served) -> None:
    whole = await counts(await narrowed(served, "city", "*:read"))
    assert min(whole.values()) > 0
    residents = await counts(await narrowed(served, "city", "resident:read"))
    assert residents == {"residents": whole["residents"], "projects": 0, "memberships": 0}
    assert set((await counts(await narrowed(served, "city", "resident:*"))).values()) >= {0}
    assert set((await counts(await narrowed(served, "city", "resident:update"))).values()) == {0}
    assert set((await counts(await narrowed(served, "city"))).values()) == {0}, "for nothing"


async def test_an_account_that_may_less_is_not_widened(served: Served) -> None:
    may = await counts(await narrowed(served, "n1", "*:read"))
    assert may == await counts(await narrowed(served, "n1", "*:read", "resident:*", "project:*"))


async def test_a_refusal_names_the_scope(served: Served) -> None:
    token = await narrowed(served, "city", "resident:read")
    answer = (await token.data(WHY, "narrow"))["explainAccess"]
    assert answer == {"allowed": False, "reason": "The token is for resident:read, and not for project:read."}


async def test_a_token_for_reading_does_no_deed_at_all(served: Served) -> None:
    """Every verb there is, by somebody who may do it without the scope."""
    token = await narrowed(served, "registrar", "*:read")
    before = content(served)
    for case in CASES:
        inputs = wired(served, case.verb, case.filled(served.place.ids))
        error = await refused(token, "narrow", case.verb, **inputs)
        assert error["code"] == "FORBIDDEN", (case.verb, error)
    assert set(changed(before, content(served))) == {"core_audit"}
    inputs = {"grid": served.place.ids["n1"], "name": "王"}
    assert (await attempt(served, "registrar", "createResident", inputs))[1] == []


async def test_every_permission_is_in_the_scopes_that_name_it_and_in_no_other(served: Served) -> None:
    """Over all resources and actions, those of fields and of granting roles included."""
    account = served.place.accounts["registrar"]
    find = partial(actor_of_token, token=served.place.tokens["registrar"])
    actor = await served.database.run(find)
    assert actor is not None, account
    asked = allowed = 0
    for name, resource in POLICY.resources.items():
        for action in resource.actions:
            whole = POLICY.decide(actor, name, action)
            for scope in (f"{name}:{action}", f"{name}:*", f"*:{action}"):
                narrow = replace(actor, scopes=frozenset({scope}))
                assert POLICY.decide(narrow, name, action).arms == whole.arms
                allowed += bool(whole.arms)
                for other, more in POLICY.resources.items():
                    outside = other != name and scope != f"*:{action}"
                    asked += outside
                    assert not outside or not any(
                        POLICY.decide(narrow, other, do).arms for do in more.actions
                    )
    assert asked > 1000
    assert allowed > 100
