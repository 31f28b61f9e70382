"""Administrators: the last is not taken away, nobody takes the own right, nobody acts as somebody else."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from linli import model as t
from linli.access.actors import create_token, renew
from linli.commands.main import application
from linli.commands.users import insert_account
from tests.graphql.serving import Place, Served
from tests.graphql.settled import attempt, changed, content, hold, refused, workers

ANOTHERS_NAME = ("impersonat", "sudo", "actas", "onbehalf", "loginas", "switchuser", "assume")


@pytest.fixture
async def town(own_town: Place) -> AsyncIterator[Served]:
    """A settled place of this test's own."""
    async with workers(own_town) as (served,):
        yield served


def _second(served: Served, name: str, role: str, anchor: str) -> str:
    """Another account that holds a role, as from the keyboard; return its public id."""
    with served.database.begin() as connection:
        account = insert_account(connection, name, name)
        hold(connection, account, role, served.place.ids[anchor])
        tokens, accounts = dict(served.place.tokens), dict(served.place.accounts)
        tokens[name], accounts[name] = create_token(connection, account, "test", 10), account
        object.__setattr__(served.place, "tokens", tokens)
        object.__setattr__(served.place, "accounts", accounts)
        renew(connection, [account])
    return f"account_{account}"


@pytest.mark.case(86)
async def test_the_last_who_holds_what_nobody_can_give_is_not_closed(town: Served) -> None:
    with town.database.begin() as connection:
        gone = t.assignment.delete().where(t.assignment.c.account_id == town.place.accounts["registrar"])
        connection.execute(gone)
    for who in ("city", "auditor"):
        before = content(town)
        error = await refused(town, "operator", "closeAccount", account=town.place.ids[f"@{who}"])
        assert (error["code"], error["path"]) == ("INVALID_INPUT", ["account"])
        assert "linli user assign" in error["message"]
        assert changed(before, content(town)) == {t.audit.name: 1}
    _second(town, "second", "city_admin", "town")
    error = await refused(town, "operator", "closeAccount", account=town.place.ids["@city"])
    assert error["code"] == "INVALID_INPUT", "one below is none in its place"
    _second(town, "third", "city_admin", "city")
    thing, errors = await attempt(
        town, "operator", "closeAccount", {"account": town.place.ids["@city"]}, fields="state"
    )
    assert thing == {"state": "closed"}, errors


@pytest.mark.case(86)
async def test_of_two_who_close_each_other_at_once_one_remains(town: Served) -> None:
    with town.database.begin() as connection:
        gone = t.assignment.delete().where(t.assignment.c.account_id == town.place.accounts["registrar"])
        connection.execute(gone)
    other = _second(town, "second", "platform_operator", "city")
    outcomes = await asyncio.gather(
        attempt(town, "operator", "closeAccount", {"account": other}),
        attempt(town, "second", "closeAccount", {"account": town.place.ids["@operator"]}),
    )
    assert sum(thing is not None for thing, _ in outcomes) == 1, outcomes
    with town.database.begin() as connection:
        accounts = [town.place.accounts["operator"], town.place.accounts["second"]]
        rows = connection.execute(t.account.select().where(t.account.c.id.in_(accounts))).all()
    assert sorted(row.state for row in rows) == ["active", "closed"]


@pytest.mark.case(88)
async def test_nobody_acts_in_anybody_elses_name(town: Served) -> None:
    schema = town.service.schema
    words = [name for name in schema.type_map if not name.startswith("__")]
    for kind in list(schema.type_map.values()):
        fields = getattr(kind, "fields", {})
        words += [*fields, *(name for one in fields.values() for name in getattr(one, "args", {}))]
    app = application()
    words += [str(one.name or "") for one in app.registered_commands]
    words += [str(one.name or "") for one in app.registered_groups]
    assert len(words) > 300
    told = [word for word in words if any(part in word.lower() for part in ANOTHERS_NAME)]
    assert not told, "acting for others needs reason, time limit and both names in the audit: see case 88"
    for header in ("X-Act-As", "X-User", "X-Forwarded-User", "X-Impersonate", "X-On-Behalf-Of"):
        answer = await town.post("{ viewer { name } }", "li", headers={header: "city"})
        assert answer.json()["data"]["viewer"] == {"name": "li"}


@pytest.mark.case(89)
async def test_a_right_that_one_field_takes_away_is_not_there_for_the_next(town: Served) -> None:
    """In one document: what is granted serves the other at once, and what is ended serves nobody."""
    ids = town.place.ids
    given = await town.do("north", "assignRole", account=ids["@new"], role="grid_worker", anchor=ids["n1"])
    text = """mutation ($revoke: RevokeRoleInput!, $grant: AssignRoleInput!, $other: AssignRoleInput!) {
      first: assignRole(input: $grant) { errors { code } }
      revokeRole(input: $revoke) { errors { code } }
      second: assignRole(input: $other) { errors { code } }
    }"""
    grant = {"account": ids["@new"], "role": "grid_leader", "anchor": ids["n2"]}
    beyond = {"account": ids["@new"], "role": "street_admin", "anchor": ids["town"]}
    before = content(town)
    data = await town.data(text, "north", grant=grant, revoke={"assignment": given}, other=beyond)
    codes = [[one["code"] for one in data[name]["errors"]] for name in ("first", "revokeRole", "second")]
    assert codes == [[], [], ["FORBIDDEN"]]
    assert changed(before, content(town))[t.audit.name] == 3, "each field has its own entry"
