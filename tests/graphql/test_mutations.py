"""Every mutation of the schema: done by who may, refused to everybody else, and done once under a key."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from graphql import GraphQLList, get_named_type, get_nullable_type
from pydantic.alias_generators import to_camel
from sqlalchemy import func, select

from linli import model as t
from linli_graphql.nodes.roots import core_contribution
from tests.core.deed_cases import CASES, Case
from tests.graphql.serving import Place, Served
from tests.graphql.settled import (
    ROLES,
    VERBS,
    assert_sound,
    attempt,
    changed,
    content,
    document,
    input_type,
    refused,
    wired,
    workers,
)
from tests.policies.seeds import seeded

HAN: Final = re.compile(r"[\u4e00-\u9fff]")
ENGLISH: Final = re.compile(r"[a-z]{2,} [a-z]{2,}")
CHINESE: Final = {"Accept-Language": "zh-CN,zh;q=0.9"}
PEOPLE: Final = frozenset(ROLES)

# Who may do the deeds of the north, by the default lines; registrar is the city's admin and operator in one.
REGISTRAR = {"registrar"}
TOP = REGISTRAR | {"city"}
STREET = TOP | {"street"}
COMMUNITY = STREET | {"north"}
GRID = COMMUNITY | {"n1"}
MAY: Final[Mapping[str, set[str]]] = {
    **dict.fromkeys(("createGrid", "updateGrid", "moveGrid", "mergeGrids", "splitGrid", "closeGrid"), STREET),
    **dict.fromkeys(("createResident", "updateResident", "closeResident"), GRID),
    **dict.fromkeys(("moveResident", "addResidence", "endResidence", "moveHousehold"), COMMUNITY),
    **dict.fromkeys(("createHousehold", "updateHousehold", "closeHousehold"), GRID),
    **dict.fromkeys(("createDwelling", "updateDwelling", "closeDwelling"), GRID),
    **dict.fromkeys(("addOccupancy", "endOccupancy"), GRID),
    **dict.fromkeys(("createPartyBranch", "updatePartyBranch", "closePartyBranch"), STREET),
    "movePartyBranch": TOP,
    **dict.fromkeys(("createOrganization", "updateOrganization", "closeOrganization"), COMMUNITY),
    **dict.fromkeys(("createProject", "updateProject", "changeProjectState"), COMMUNITY),
    **dict.fromkeys(("addProjectParty", "endProjectParty"), COMMUNITY),
    **dict.fromkeys(("addMembership", "updateMembership", "endMembership"), STREET),
    **dict.fromkeys(("appointPost", "endPost", "relate", "endRelationship"), COMMUNITY),
    **dict.fromkeys(("giveConsent", "requestCorrection"), COMMUNITY | {"li"}),  # li's own
    **dict.fromkeys(("withdrawConsent", "requestErasure"), COMMUNITY),
    **dict.fromkeys(("decideCorrection", "refuseErasure"), COMMUNITY),
    "eraseResident": STREET,
    **dict.fromkeys(("createAccount", "updateAccount"), REGISTRAR),
    "closeAccount": REGISTRAR | {"operator"},
    **dict.fromkeys(("assignRole", "revokeRole"), COMMUNITY),
}
ACCOUNTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "createAccount": {"name": "fresh", "resident": "n1_0"},
    "updateAccount": {"resident": "n1_0"},
}
every_deed = pytest.mark.parametrize("deed", CASES, ids=lambda deed: deed.verb)


@dataclass(frozen=True)
class Desk:
    """Two workers over one database, to which deeds are handed."""

    here: Served
    there: Served
    ids: Mapping[str, str] = field(repr=False)

    def inputs(self, deed: Case) -> dict[str, Any]:
        """Return the least valid input of a deed, as clients send it."""
        data = {**deed.data, **ACCOUNTS.get(deed.verb, {})}
        return wired(self.here, deed.verb, Case(deed.verb, data, deed.topic).filled(self.ids))

    def other(self, deed: Case) -> dict[str, Any]:
        """Return an input that is not the deed's."""
        data = self.inputs(deed)
        name, value = next(iter(data.items()))
        changed_value = (
            value[:-1] + ("0" if value[-1:] != "0" else "1") if isinstance(value, str) else value * 2
        )
        return data | {name: changed_value}

    async def errors(self, who: str, verb: str, inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Have an account attempt a deed that must be refused, in Chinese; return the errors."""
        answer = await self.here.post(document(verb), who, CHINESE, i=inputs)
        payload = answer.json()["data"][verb]
        assert payload[to_camel(VERBS[verb].returns)] is None, f"{who} was allowed to {verb} {inputs}"
        errors: list[dict[str, Any]] = payload["errors"]
        assert errors
        for error in errors:
            assert HAN.search(error["message"]), error
            assert not ENGLISH.search(error["message"]), error
        return errors

    def topics(self) -> list[str]:
        with self.here.database.begin() as connection:
            return list(connection.execute(select(t.event.c.topic).order_by(t.event.c.id)).scalars())


@pytest.fixture
async def desk(own_town: Place) -> AsyncIterator[Desk]:
    async with workers(own_town, 2) as (here, there):
        yield Desk(here, there, own_town.ids)


def test_every_mutation_of_the_schema_has_its_deed_and_its_people() -> None:
    declared = {verb.name for verb in core_contribution().verbs if verb.answer is None}
    assert sorted(case.verb for case in CASES) == sorted(declared) == sorted(MAY)
    assert all(len(PEOPLE - may) >= 8 for may in MAY.values())


@every_deed
async def test_a_deed_is_done_by_who_may_and_once_under_its_key(desk: Desk, deed: Case) -> None:
    inputs, topics = {**desk.inputs(deed), "idempotencyKey": "键 1"}, desk.topics()
    first, *more = sorted(MAY[deed.verb])
    thing, errors = await attempt(desk.here, first, deed.verb, inputs, fields="id __typename")
    assert thing is not None, errors
    assert thing["id"].startswith(f"{VERBS[deed.verb].returns}_")
    assert to_camel(VERBS[deed.verb].returns) == thing["__typename"][0].lower() + thing["__typename"][1:]
    assert {topic for topic in [deed.topic] if topic} <= set(desk.topics()[len(topics) :])

    done = content(desk.here)
    again, _ = await attempt(desk.there, first, deed.verb, inputs)
    assert again == {"id": thing["id"]}
    other = {**desk.other(deed), "idempotencyKey": "键 1"}
    mismatch = await refused(desk.there, first, deed.verb, **other)
    assert (mismatch["code"], mismatch["path"]) == ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])
    assert changed(done, content(desk.here)) == {}
    if desk.here.database.name == "sqlite":
        assert_sound(desk.here)  # what is sound does not hang on the database, and looking takes long

    for other_account in more[:1]:
        own, errors = await attempt(desk.here, other_account, deed.verb, inputs)
        assert own is None or own["id"] != thing["id"], "another account's key is another key"
        assert "IDEMPOTENCY_MISMATCH" not in {one["code"] for one in errors}


@pytest.mark.case(64)
async def test_a_deed_is_refused_to_everybody_else_and_leaves_nothing(desk: Desk) -> None:
    before = content(desk.here)
    generator, met = seeded("who may not"), set()
    for deed in CASES:
        inputs, fields = desk.inputs(deed), input_type(desk.here, deed.verb).fields
        strangers = generator.sample(sorted(PEOPLE - MAY[deed.verb]), 8)
        met.update(strangers)
        for who in strangers:
            (error,) = await desk.errors(who, deed.verb, inputs)
            assert error["code"] in ("FORBIDDEN", "NOT_FOUND"), (deed.verb, who, error)
            assert set(error["path"][:1]) <= set(fields), (deed.verb, who, error)
            assert error["path"] or deed.verb == "createAccount", "an account stands nowhere"
        nobody = await refused(desk.here, None, deed.verb, **inputs)
        assert (nobody["code"], nobody["path"]) == ("UNAUTHENTICATED", [])
        after = content(desk.here)
        assert changed(before, after) == {t.audit.name: len(strangers)}, deed.verb
        before = after
    assert met >= PEOPLE - STREET


async def test_what_is_wrong_in_an_input_is_named_as_the_client_wrote_it(desk: Desk) -> None:
    before, looked = content(desk.here), 0
    for deed in CASES:
        inputs, who = desk.inputs(deed), min(MAY[deed.verb])
        for name, one in input_type(desk.here, deed.verb).fields.items():
            wrong = _wrong(one.type)
            if wrong is not None:
                errors = await desk.errors(who, deed.verb, inputs | {name: wrong})
                assert {error["path"][0] for error in errors} == {name}, (deed.verb, name, errors)
                assert {error["code"] for error in errors} == {"INVALID_INPUT"}, (deed.verb, name, errors)
                looked += 1
    assert looked > 150
    parts = [{"name": "a", "remainder": True}, {"name": "b\u202e"}]
    error = await refused(desk.here, "city", "splitGrid", grid=desk.ids["n1"], parts=parts)
    assert error["path"] == ["parts", "1", "name"]
    assert changed(before, content(desk.here)) == {}


def _wrong(kind: Any) -> Any:
    """Return a value of a type's form that no deed takes; None where every value of its form is taken."""
    name = get_named_type(kind).name
    wrong = {"ID": "grid_x", "String": "\u202e", "Int": 0, "Date": "1899-12-31"}.get(name)
    listed = isinstance(get_nullable_type(kind), GraphQLList)
    return [wrong] if listed and wrong is not None else wrong


async def test_twenty_equal_deeds_at_once_are_one_deed(desk: Desk) -> None:
    inputs = {"grid": desk.ids["n2"], "name": "同时", "idempotencyKey": "at once"}
    topics = desk.topics()
    sent = [(desk.here, desk.there)[number % 2] for number in range(20)]
    answers = await asyncio.gather(*(attempt(one, "north", "createResident", inputs) for one in sent))
    assert [errors for _, errors in answers] == [[]] * 20
    assert len({thing["id"] for thing, _ in answers if thing}) == 1
    with desk.here.database.begin() as connection:
        made = select(func.count()).where(t.resident.c.name == "同时")
        assert connection.execute(made).scalar_one() == 1
    assert desk.topics().count("resident.created") == topics.count("resident.created") + 1
    assert_sound(desk.here)


async def test_a_key_is_the_accounts_and_the_mutations_own(desk: Desk) -> None:
    inputs = {"grid": desk.ids["n2"], "idempotencyKey": "mine"}
    made = [
        await attempt(desk.here, who, verb, inputs | {name: "同键"})
        for who in ("north", "n2")
        for verb, name in (("createResident", "name"), ("createHousehold", "label"))
    ]
    assert len({thing["id"] for thing, _ in made if thing}) == 4


async def test_a_refused_deed_does_not_use_up_its_key(desk: Desk) -> None:
    inputs = {"grid": desk.ids["s1"], "name": "重来", "idempotencyKey": "again"}
    assert (await refused(desk.here, "north", "createResident", **inputs))["code"] == "FORBIDDEN"
    thing, errors = await attempt(desk.here, "north", "createResident", inputs | {"grid": desk.ids["n1"]})
    assert thing is not None, errors
