"""A refused mutation has done nothing, and one that did something says so."""

from typing import Any

import pytest

from linli.database.database import Unavailable
from linli_graphql.service.reading import Look, Part
from tests.graphql.serving import Served

RESPONSE = {"Accept": "application/graphql-response+json"}
DEEP = "children(first: 200) { nodes { id } }"
COSTLY = DEEP.replace("id", DEEP.replace("id", DEEP))


def creating(name: str, selection: str, key: str = "createResident") -> str:
    return (
        f'{key}: createResident(input: {{grid: $grid, name: "{name}"}}) {{ errors {{ code }} {selection} }}'
    )


async def send(served: Served, *fields: str, **variables: Any) -> Any:
    kinds = "".join(f", ${name}: String" for name in variables)
    document = f"mutation ($grid: ID!{kinds}) {{ {' '.join(fields)} }}"
    return await served.post(document, "north", RESPONSE, grid=served.place.ids["north"], **variables)


async def count(served: Served, name: str) -> int:
    found = await served.data("query ($n: String) { residents(search: $n) { totalCount } }", "north", n=name)
    total: int = found["residents"]["totalCount"]
    return total


@pytest.mark.parametrize(
    ("selection", "variables", "code"),
    [
        (f"resident {{ grid {{ {COSTLY} }} }}", {}, "LIMIT_EXCEEDED"),
        ('resident { grid { residents(after: "x") { nodes { id } } } }', {}, "BAD_USER_INPUT"),
        ("resident { grid { residents(after: $after) { nodes { id } } } }", {"after": "x"}, "BAD_USER_INPUT"),
    ],
)
async def test_a_payload_that_cannot_be_read_is_refused_before_anything_is_done(
    served_twice: Served, selection: str, variables: dict[str, Any], code: str
) -> None:
    before = await count(served_twice, "卫无忌")
    for fields in (
        [creating("卫无忌", selection)],
        [creating("卫无忌", "", "a"), creating("卫无忌", selection, "b")],
    ):
        answer = await send(served_twice, *fields, **variables)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, code)
        assert "data" not in answer.json()
    assert await count(served_twice, "卫无忌") == before


async def test_an_unknown_token_is_refused_before_anything_is_done(served: Served) -> None:
    document = f"mutation ($grid: ID!) {{ {creating('x', '')} }}"
    bogus = {"Authorization": "Bearer linli_bogus"}
    answer = await served.post(document, headers=bogus, grid=served.place.ids["north"])
    assert answer.status_code == 401


async def test_a_token_revoked_between_two_deeds_still_hears_of_the_first(
    own_served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, deeds = own_served.database.run, 0

    async def revoking(work: Any) -> Any:
        nonlocal deeds
        result = await run(work)
        if "Mutations._perform" in work.__qualname__:
            deeds += 1
            monkeypatch.setattr(own_served.database, "run", run)
            await own_served.revoke("north")
            own_served.service.callers.forget(own_served.place.tokens["north"])
        return result

    await own_served.data("{ viewer { name } }", "north")
    monkeypatch.setattr(own_served.database, "run", revoking)
    answer = await send(own_served, creating("蒋一", "", "a"), creating("沈二", "", "b"))
    assert deeds == 1
    assert answer.status_code == 200
    assert answer.json()["data"] == {"a": {"errors": []}, "b": {"errors": [{"code": "UNAUTHENTICATED"}]}}
    found = await own_served.data("{ residents(first: 5) { nodes { name } } }", "city")
    assert found["residents"]["nodes"] == [{"name": "蒋一"}]


async def test_a_deed_that_cannot_be_shown_is_told_as_done(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_part: Part) -> Any:
        raise Unavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Look, "at", lambda *_: None)  # as if the deed had changed the rights of who did it
        patch.setattr(served.service.reader, "read", away)
        answer = await send(served, creating("韩三", "made: resident { id }", "mine"))
    assert answer.status_code == 200
    assert answer.json()["data"] == {"mine": {"errors": [], "made": None}}
    [error] = answer.json()["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["mine", "made"], "UNAVAILABLE")
    assert await count(served, "韩三") == 1


async def test_fields_of_a_mutation_are_done_in_their_order(served: Served) -> None:
    answer = await send(
        served, "__typename", creating("杨甲", "resident { name }", "b"), creating("杨乙", "", "a")
    )
    assert answer.text == (
        '{"data":{"__typename":"Mutation","b":{"errors":[],"resident":{"name":"杨甲"}},"a":{"errors":[]}}}'
    )
