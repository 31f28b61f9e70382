"""A right that is granted is there at once, and one that ends is gone at once, on every worker."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

import linli.access.actors
import linli.deeds
import linli_graphql.plan.compiler
import linli_graphql.service.callers
from linli import clock
from linli import model as t
from linli.access.actors import renew
from linli.clock import now, today
from tests.graphql.serving import Place, Served
from tests.graphql.settled import attempt, changed, content, document, hold, refused, workers

SIGHT = """query ($place: ID!, $person: ID!) {
  viewer { roles { role } }
  node(id: $person) { id }
  residents(within: $place) { nodes { id } }
  place: node(id: $place) { ... on Grid {
    residents { nodes { id residences { grid { id } } } }
    parent { children { nodes { residents { nodes { id } } } } }
  } }
}"""


@dataclass(frozen=True)
class Two:
    """Two workers over one database, both of which know the accounts of the test already."""

    here: Served
    there: Served
    ids: Mapping[str, str] = field(repr=False)

    async def do(self, who: str, verb: str, /, **inputs: Any) -> str:
        thing, errors = await attempt(self.here, who, verb, inputs)
        assert thing is not None, errors
        return str(thing["id"])

    async def looks(self, who: str, person: str = "n1_0", place: str = "n1") -> bool | None:
        """Whether an account finds a person on the other worker, on every way to them; None if signed out."""
        person_id, place_id = self.ids[person], self.ids[place]
        answer = (await self.there.post(SIGHT, who, person=person_id, place=place_id)).json()
        if "data" not in answer:
            assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            return None
        data = answer["data"]
        beside = data["place"]["parent"]["children"]["nodes"]
        lists = [data["residents"], data["place"]["residents"], *(one["residents"] for one in beside)]
        found = [person_id in {one["id"] for one in page["nodes"]} for page in lists]
        ways = {data["node"] is not None, found[0], found[1], any(found[2:])}
        assert len(ways) == 1, answer
        return ways.pop()

    async def roles(self, who: str) -> list[str]:
        answer = await self.there.data("{ viewer { roles { role } } }", who)
        return [one["role"] for one in answer["viewer"]["roles"]]


@pytest.fixture
async def two(own_town: Place) -> AsyncIterator[Two]:
    async with workers(own_town, 2) as (here, there):
        yield Two(here, there, own_town.ids)


async def granted(two: Two, **more: Any) -> str:
    """Grant the account `new` the role of grid worker and return the assignment."""
    inputs = {"account": two.ids["@new"], "role": "grid_worker", "anchor": two.ids["n1"]}
    return await two.do("north", "assignRole", **inputs, **more)


async def by_revoking(two: Two) -> None:
    assignment = await granted(two)
    assert await two.looks("new")
    await two.do("north", "revokeRole", assignment=assignment)
    assert await two.roles("new") == []


async def by_closing_the_account(two: Two) -> None:
    await granted(two)
    assert await two.looks("new")
    await two.do("operator", "closeAccount", account=two.ids["@new"])


async def by_ending_the_token(two: Two) -> None:
    await granted(two)
    assert await two.looks("new")
    await two.here.revoke("new")


async def by_ending_the_post(two: Two) -> None:
    inputs = {"account": two.ids["@new"], "version": 1, "resident": two.ids["north_wang"]}
    free = {"account": two.ids["north_account"], "version": _version(two.here, "wang"), "resident": None}
    await two.do("registrar", "updateAccount", **free)
    await two.do("registrar", "updateAccount", **inputs)
    post = await two.do(
        "north", "appointPost", resident=two.ids["north_wang"], at=two.ids["n1"], kind="GRID_WORKER"
    )
    assert await two.looks("new")
    await two.do("north", "endPost", post=post)


def _version(served: Served, who: str) -> int:
    with served.database.begin() as connection:
        account = t.account.c
        found = t.account.select().where(account.id == served.place.accounts[who])
        return int(connection.execute(found).one().version)


ENDINGS: Mapping[str, tuple[Callable[[Two], Awaitable[None]], bool | None]] = {
    "revoked": (by_revoking, False),
    "account closed": (by_closing_the_account, None),
    "token ended": (by_ending_the_token, None),
    "post ended": (by_ending_the_post, False),
}


async def test_a_granted_right_is_there_at_once(two: Two) -> None:
    assert await two.looks("new") is False
    await granted(two)
    assert await two.looks("new") is True
    assert await two.roles("new") == ["grid_worker"]
    assert await two.looks("new", "south_li", "s1") is False
    thing, errors = await attempt(
        two.there, "new", "createResident", {"grid": two.ids["n1"], "name": "新"}, fields="id name"
    )
    assert thing is not None, errors
    assert (await refused(two.there, "new", "createResident", grid=two.ids["n2"], name="新"))["code"] == (
        "FORBIDDEN"
    )


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.case(83)
async def test_a_right_that_ends_is_gone_at_once(two: Two, ending: str) -> None:
    end, expected = ENDINGS[ending]
    assert await two.looks("new") is False
    await end(two)
    assert await two.looks("new") is expected
    answer = await two.there.post(
        document("updateResident"), "new", i={"resident": two.ids["n1_0"], "version": 1, "name": "x"}
    )
    if expected is None:
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    else:
        assert answer.json()["data"]["updateResident"]["errors"][0]["code"] == "NOT_FOUND"


async def test_a_right_ends_with_its_last_day(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    until = today() + timedelta(days=2)
    await granted(two, until=until.isoformat())
    assert await two.looks("new") is True
    assert await two.roles("new") == ["grid_worker"]
    assert len(await _assignments(two, "north")) == 1
    later = now() + timedelta(days=2)
    _at(monkeypatch, later)
    assert await two.looks("new") is False
    assert await two.roles("new") == []
    assert await _assignments(two, "north") == []


async def test_a_right_begins_with_its_first_day(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    await granted(two, since=(today() + timedelta(days=1)).isoformat())
    assert await two.looks("new") is False
    _at(monkeypatch, now() + timedelta(days=1))
    assert await two.looks("new") is True


async def _assignments(two: Two, who: str) -> list[str]:
    """Return the roles of `new` that stand in the list of roles held."""
    answer = await two.there.data("{ assignments(first: 200) { nodes { role account { name } } } }", who)
    return [one["role"] for one in answer["assignments"]["nodes"] if one["account"]["name"] == "new"]


def _at(monkeypatch: pytest.MonkeyPatch, instant: Any) -> None:
    """Let the clock of whoever loads and judges actors stand at an instant."""
    day = instant.astimezone(clock.PLACE_ZONE).date()
    for module in (linli.access.actors, linli.deeds, linli_graphql.service.callers):
        monkeypatch.setattr(module, "now", lambda: instant)
    for module in (linli.access.actors, linli_graphql.plan.compiler):
        monkeypatch.setattr(module, "today", lambda: day)


# Who grants what where, and why not: outside the own place, or above the own rank.
REFUSED_GRANTS = (
    ("north", "grid_worker", "s1", "FORBIDDEN", "anchor"),
    ("north", "grid_worker", "town", "FORBIDDEN", "anchor"),
    ("north", "community_worker", "north", "FORBIDDEN", "anchor"),
    ("north", "street_admin", "n1", "FORBIDDEN", "anchor"),
    ("north", "platform_operator", "n1", "FORBIDDEN", "anchor"),
    ("street", "street_admin", "town", "FORBIDDEN", "anchor"),
    ("street", "community_worker", "top", "FORBIDDEN", "anchor"),
    ("street", "auditor", "north", "FORBIDDEN", "anchor"),
    ("city", "city_admin", "city", "FORBIDDEN", "anchor"),
    ("secretary", "party_secretary", "south_committee", "FORBIDDEN", "anchor"),
    ("secretary", "party_secretary", "north_branch", "FORBIDDEN", "anchor"),
    ("operator", "grid_worker", "n1", "FORBIDDEN", "anchor"),
    ("auditor", "grid_worker", "n1", "NOT_FOUND", "account"),
    ("n1", "micro_grid_leader", "n11", "NOT_FOUND", "account"),
)


@pytest.mark.case(76)
async def test_a_grant_beyond_the_granters_own_leaves_one_audit_entry(two: Two) -> None:
    before = content(two.here)
    for who, role, anchor, code, path in REFUSED_GRANTS:
        inputs = {"account": two.ids["@new"], "role": role, "anchor": two.ids[anchor]}
        error = await refused(two.here, who, "assignRole", **inputs)
        assert (error["code"], error["path"]) == (code, [path]), (who, role, anchor)
        after = content(two.here)
        assert changed(before, after) == {t.audit.name: 1}
        before = after


async def test_nobody_grants_for_longer_than_they_hold_themselves(two: Two) -> None:
    with two.here.database.begin() as connection:
        until = today() + timedelta(days=30)
        hold(connection, two.here.place.accounts["li"], "community_worker", two.ids["north"], until=until)
        renew(connection, [two.here.place.accounts["li"]])
    inputs = {"account": two.ids["@new"], "role": "grid_worker", "anchor": two.ids["n1"]}
    for longer in (None, (until + timedelta(days=1)).isoformat()):
        error = await refused(two.here, "li", "assignRole", **inputs, until=longer)
        assert error["code"] == "FORBIDDEN"
    await two.do("li", "assignRole", **inputs, until=until.isoformat())
    assert await two.looks("new")


async def test_nobody_grants_to_themselves_or_takes_from_themselves(two: Two) -> None:
    with two.here.database.begin() as connection:
        own = hold(connection, two.here.place.accounts["north"], "grid_worker", two.ids["n2"])
    before = content(two.here)
    inputs = {"account": two.ids["@north"], "role": "grid_worker", "anchor": two.ids["n1"]}
    errors = [
        await refused(two.here, "north", "assignRole", **inputs),
        await refused(two.here, "north", "revokeRole", assignment=own),
        await refused(two.here, "operator", "closeAccount", account=two.ids["@operator"]),
    ]
    assert [(one["code"], one["path"]) for one in errors] == [
        ("INVALID_INPUT", ["account"]),
        ("INVALID_INPUT", ["assignment"]),
        ("INVALID_INPUT", ["account"]),
    ]
    assert changed(before, content(two.here)) == {t.audit.name: 3}


async def test_a_mutation_by_nobody_writes_nothing(two: Two) -> None:
    before = content(two.here)
    error = await refused(two.here, None, "createResident", grid=two.ids["n1"], name="王")
    assert (error["code"], error["path"]) == ("UNAUTHENTICATED", [])
    assert changed(before, content(two.here)) == {}


@pytest.mark.case(89)
async def test_a_grant_and_its_use_in_one_document_are_judged_field_by_field(two: Two) -> None:
    """Each field is a deed of its own: what the one before has changed, the next one meets."""
    post = await two.do(
        "north", "appointPost", resident=two.ids["north_li"], at=two.ids["n1"], kind="GRID_LEADER"
    )
    assert await two.looks("li")
    arrive = "createResident(input: {grid: $n1, name: $name}) { resident { name } errors { code } }"
    grant = 'assignRole(input: {account: $new, role: "grid_worker", anchor: $n1}) { errors { code } }'
    text = f"""mutation ($n1: ID!, $name: String!, $post: ID!) {{
      first: {arrive}
      end: endPost(input: {{post: $post}}) {{ post {{ until }} errors {{ code }} }}
      second: {arrive}
    }}"""
    data = await two.there.data(text, "li", post=post, name="王", n1=two.ids["n1"])
    assert data["first"] == {"resident": {"name": "王"}, "errors": []}
    assert data["end"] == {"post": {"until": today().isoformat()}, "errors": []}, "one's own post"
    assert data["second"] == {"resident": None, "errors": [{"code": "FORBIDDEN"}]}
    again = f"mutation ($new: ID!, $n1: ID!) {{ a: {grant} b: {grant} }}"
    data = await two.there.data(again, "north", new=two.ids["@new"], n1=two.ids["n1"])
    assert [data[name]["errors"] for name in "ab"] == [[], [{"code": "ALREADY_EXISTS"}]]
