"""Consents: by purpose and version, refused without harm, withdrawn at once, of children by guardians."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from linli import model as t
from linli.clock import today
from tests.conftest import BACKENDS
from tests.plugins.credit_bank.place import CreditPlace
from tests.plugins.motto_place import Place, importable, opened, settled, write_config
from tests.plugins.neighbor_network.place import CREATE_HOUSEHOLD, JOIN, deed, open_network
from tests.plugins.templates import Template, Templates
from tests.security.persons import GIVE, MORE, PLUGINS, WITHDRAW, born, persons, uuid_of

NEWS = {"purpose": "core__news", "termsVersion": 1}
BANK = "credit_bank__membership"
NETWORK = "neighbor_network__membership"
MEMBERS = "{ creditMembers { nodes { state account { balance } } } }"
PURPOSES = "{ consentPurposes { name version title text optional } }"
THANKS = "query ($id: ID!) { node(id: $id) { ... on Motto { text thanks } } }"
CREATE_RESIDENT = """mutation ($input: CreateResidentInput!) {
    createResident(input: $input) { resident { id } errors { code path } } }"""


@pytest.fixture(params=BACKENDS)
def copied(
    request: pytest.FixtureRequest, templates: Templates, tmp_path: Path
) -> Iterator[tuple[Path, Template]]:
    """The configuration of a copy, on each database in turn."""
    with templates.copied(request.param, persons, tmp_path, *PLUGINS, more=MORE) as copy:
        yield copy


@pytest.fixture
async def place(copied: tuple[Path, Template]) -> AsyncIterator[Place]:
    """The place."""
    config, template = copied
    async with opened(config, dict(template.ids), dict(template.tokens)) as place:
        yield place


async def family(place: Place) -> None:
    """Make zhao move in with wang: wang is 40, `kid` is 9, all of one household; li lives elsewhere."""
    made = await place.done("city", CREATE_HOUSEHOLD, grid=place.ids["n1"], label="1-101", kind="FAMILY")
    for name in ("kid", "li"):
        given = {"grid": place.ids["n1"], "name": {"kid": "王小", "li": "李三"}[name]}
        place.ids[name] = (await place.done("city", CREATE_RESIDENT, **given))["id"]
    years = timedelta(days=366)
    born(place, "wang", today() - 40 * years, uuid_of(made["id"]))
    born(place, "kid", today() - 9 * years, uuid_of(made["id"]))
    born(place, "li", today() - 50 * years)


def consents(place: Place) -> list[Any]:
    """Return all rows of consents."""
    return place.rows(t.consent)


@pytest.mark.case(286)
async def test_a_consent_is_given_by_version_and_withdrawn_by_the_person(place: Place) -> None:
    shown = (await place.data(None, PURPOSES))["consentPurposes"]
    assert {one["name"] for one in shown} == {"core__news", BANK, NETWORK}
    assert all(one["optional"] and one["title"] and one["text"] for one in shown)
    assert await place.refusal("wang", GIVE, purpose="core__news", termsVersion=2) == (
        "INVALID_INPUT",
        ["termsVersion"],
    )
    assert await place.refusal("wang", GIVE, purpose="core__else", termsVersion=1) == (
        "INVALID_INPUT",
        ["purpose"],
    )
    other = {"resident": place.ids["zhao"]}
    assert (await place.refusal("wang", GIVE, **NEWS, **other))[0] == "NOT_FOUND"
    assert (await place.refusal("n1", GIVE, **NEWS, resident=place.ids["wang"]))[0] == "FORBIDDEN"
    assert consents(place) == []
    given = await place.done("wang", GIVE, **NEWS)
    assert (given["termsVersion"], given["onPaper"], given["withdrawnAt"]) == (1, False, None)
    assert await place.refusal("wang", GIVE, **NEWS) == ("ALREADY_EXISTS", ["purpose"])
    seen = "query ($id: ID!) { node(id: $id) { ... on Resident { consents { nodes { purpose } } } } }"
    for who, count in (("n1", 1), ("wang", 1)):
        node = (await place.data(who, seen, id=place.ids["wang"]))["node"]
        assert len(node["consents"]["nodes"]) == count
    ended = await place.done("wang", WITHDRAW, purpose="core__news")
    assert ended["withdrawnAt"] is not None
    node = (await place.data("n1", seen, id=place.ids["wang"]))["node"]
    assert node["consents"]["nodes"] == []
    (row,) = consents(place)  # the history stays
    assert row.valid_to is not None
    assert await place.refusal("wang", WITHDRAW, purpose="core__news") == ("INVALID_INPUT", ["purpose"])


@pytest.mark.case(286, 289)
async def test_what_hangs_on_it_stops_and_what_was_earned_stays(place: Place) -> None:
    await family(place)
    bank = CreditPlace(place)
    bank.bank = (await bank.do("north", "openCreditBank", grid=place.ids["north"]))["id"]
    bank.measures, bank.offers = bank.tables_of(bank.bank)
    await open_network(place, "committee", "north", "居委会")
    await open_network(place, "lane", "n1", "东坊", parent=place.ids["居委会"])
    paper = {"resident": place.ids["kid"], "guardian": place.ids["wang"], "termsVersion": 1}
    enter = {"network": place.ids["东坊"], "resident": place.ids["kid"], "consent": "当面同意"}
    join = {"bank": bank.bank, "termsVersion": 1, "member": place.ids["kid"], "onPaper": True}
    assert await bank.refused("north", "joinCreditBank", **join) == "INVALID_INPUT"
    assert await place.refusal("city", JOIN, **enter) == ("INVALID_INPUT", ["resident"])
    for purpose in (BANK, NETWORK):
        await place.done("north", GIVE, purpose=purpose, **paper)
    await place.done("city", JOIN, **enter)
    bank.members["kid"] = (await bank.do("north", "joinCreditBank", **join))["id"]
    await bank.earn("kid", 6)
    for purpose in (BANK, NETWORK):
        gone = {"purpose": purpose, "resident": place.ids["kid"], "guardian": place.ids["wang"]}
        assert (await place.deed("wang", WITHDRAW, **gone))["errors"] == []
    await place.relay()
    (member,) = (await place.data("north", MEMBERS))["creditMembers"]["nodes"]
    assert (member["state"], member["account"]) in (("LEAVING", None), ("LEAVING", {"balance": "6"}))
    recorded = {"member": bank.members["kid"], "measure": bank.measures["goods"], "doneOn": str(today())}
    assert await bank.refused("n1", "recordActivity", **recorded) == "INVALID_INPUT"
    shown = "query ($id: ID!) { node(id: $id) { ... on Network { members { totalCount } } } }"
    node = (await place.data("city", shown, id=place.ids["东坊"]))["node"]
    assert node["members"]["totalCount"] == 0
    # Everything else works on: the grown-up joins, with nothing to agree to but the bank's own terms.
    await bank.join("wang")


@pytest.mark.case(289)
async def test_a_child_is_spoken_for_by_an_adult_of_its_household(place: Place) -> None:
    await family(place)
    kid = {**NEWS, "resident": place.ids["kid"]}
    refused = [
        ("north", {}, "INVALID_INPUT"),  # nobody speaks for it
        ("north", {"guardian": place.ids["li"]}, "NOT_FOUND"),  # of another household
        ("north", {"guardian": place.ids["kid"]}, "INVALID_INPUT"),  # itself
        ("zhao", {"guardian": place.ids["zhao"]}, "NOT_FOUND"),  # a stranger learns nothing of it
        ("n1", {"guardian": place.ids["wang"]}, "FORBIDDEN"),  # who may not enter paper
        ("wang", {}, "NOT_FOUND"),
    ]
    for who, more, code in refused:
        assert ((await place.refusal(who, GIVE, **kid, **more))[0], who) == (code, who)
    born(place, "wang", today() - timedelta(days=366 * 17))
    code, path = await place.refusal("wang", GIVE, **kid, guardian=place.ids["wang"])
    assert (code, path) == ("INVALID_INPUT", ["guardian"])
    assert consents(place) == []
    born(place, "wang", today() - timedelta(days=366 * 40))
    assert (await place.deed("wang", GIVE, **kid, guardian=place.ids["wang"]))["errors"] == []
    (row,) = consents(place)
    assert (row.resident_id, row.guardian_id) == (uuid_of(place.ids["kid"]), uuid_of(place.ids["wang"]))
    assert row.on_paper is False


@pytest.mark.case(287)
async def test_who_agrees_to_nothing_has_every_essential_service(place: Place) -> None:
    """Two neighbours, one agrees to all and one to nothing: the same deeds succeed, the same is shown."""
    await open_network(place, "committee", "north", "居委会")
    for name, grid in (("wang", "n1"), ("zhao", "s1")):
        network = await open_network(place, "lane", grid, f"{name}坊", **_above(place, grid))
        await place.done("city", JOIN, network=network, resident=place.ids[name], consent="当面同意")
    for one in (await place.data(None, PURPOSES))["consentPurposes"]:
        await place.done("wang", GIVE, purpose=one["name"], termsVersion=one["version"])
    outcomes = {name: await services(place, name) for name in ("wang", "zhao")}
    assert outcomes["wang"] == outcomes["zhao"]
    assert all(value for value in outcomes["zhao"].values())


def _above(place: Place, grid: str) -> dict[str, str]:
    return {"parent": place.ids["居委会"]} if grid == "n1" else {}


async def services(place: Place, who: str) -> dict[str, Any]:
    """Return what came of the services that somebody asks for."""
    network = place.ids[f"{who}坊"]
    matter = deed("raiseMatter", "matter", "state step due")
    asked = deed("askHelp", "mutualHelp", "state")
    mine = "{ viewer { displayName roles { role } resident { closedAt posts { totalCount } } } }"
    viewer = (await place.data(who, mine))["viewer"]
    return {
        "matter": await place.done(who, matter, network=network, title="路灯", text="路灯坏了。"),
        "help": await place.done(who, asked, network=network, what="买药"),
        "viewer": [
            viewer["roles"] == [],
            viewer["resident"]["posts"],
            viewer["resident"]["closedAt"] is None,
        ],
    }


@pytest.mark.case(286, 292)
async def test_a_name_stands_on_the_board_only_while_the_person_agrees(
    motto_site: Path, tmp_path: Path
) -> None:
    with importable(motto_site):
        async with settled(write_config(tmp_path, "sqlite:///linli.db", "motto")) as place:
            made = await place.propose("wang", "n1", "远亲不如近邻")
            named = {"purpose": "motto__thanks", "termsVersion": 1}

            async def shown() -> Any:
                return (await place.data("north", THANKS, id=made["id"]))["node"]["thanks"]

            assert await shown() is None
            await place.done("wang", GIVE, **named)
            assert await shown() == "王一"
            await place.done("wang", WITHDRAW, purpose="motto__thanks")
            assert await shown() is None
