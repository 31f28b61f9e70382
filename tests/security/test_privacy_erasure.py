"""Erasure: key, values and words are gone from every table; books, tallies and audit stay valid."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Table, select

from linli import model as t
from linli.clock import today
from linli.operating import operate
from linli.policy import Actor
from linli.privacy.declared import read_personal
from linli.privacy.erased_list import ErasedListError, erased_ids
from linli.privacy.erasure import erase_again
from linli.verify import verify_all
from linli_graphql.service.errors import RequestError
from linli_plugins.credit_bank import models
from linli_plugins.credit_bank.daily import expire_redemptions, finish_leaving
from linli_plugins.ledger.models import account
from tests.conftest import BACKENDS
from tests.plugins.credit_bank.place import CreditPlace
from tests.plugins.motto_place import Place, linli, opened, write_config
from tests.plugins.neighbor_network.place import ASK, entered, open_network, raised
from tests.plugins.templates import Template, Templates
from tests.security.person_rows import MINE, OTHERS, everything, marked
from tests.security.persons import (
    ASK_ERASURE,
    ERASE,
    MORE,
    PHONE,
    PLUGINS,
    REFUSE,
    grown,
    persons,
    uuid_of,
)

LATER = date(2099, 1, 1)
REQUESTS = """query ($id: ID!) { node(id: $id) { ... on Resident { name phone { state } closedAt
    dataRequests { nodes { kind state decision } } } } }"""


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


def tables_of(place: Place) -> list[Table]:
    """Return every table of core and plugins that is about persons or tells of them."""
    with place.deployment.database.begin() as connection:
        personal = [one.table for one in read_personal(connection).tables]
    return [*personal, t.delivery]


def dumped(place: Place) -> str:
    """Return everything that is stored about persons as one text."""
    tables = tables_of(place)
    with place.deployment.database.begin() as connection:
        return everything(connection, tables)


def is_sound(place: Place) -> None:
    """Do what `linli verify` does, with the checks of the plugins."""
    checks = place.deployment.plugins.each("linli_checks")
    more = {f"{plugin.name}.{one.name}": one.verify for plugin, found in checks for one in found}
    report = verify_all(place.deployment.database, place.deployment.heads, more=more)
    assert report.sound, report.findings


async def test_every_declared_word_of_the_person_goes_and_nobody_elses(
    copied: tuple[Path, Template], tmp_path: Path
) -> None:
    """The plugins are off meanwhile: only the database knows their tables."""
    config, template = copied
    url = next(line for line in config.read_text(encoding="utf-8").splitlines() if line.startswith("url"))
    async with opened(config, dict(template.ids), dict(template.tokens)) as place:
        grown(place)
        before = dumped(place)
        write_config(tmp_path, url.split('"')[1])
        arguments = ("privacy", "erase", place.ids["wang"])
        done = await asyncio.to_thread(linli, tmp_path, *arguments, site=tmp_path)
        assert done.returncode == 0, done.stderr
        after = dumped(place)
        with place.deployment.database.begin() as connection:
            personal = read_personal(connection)
        gone, kept = (
            {*marked(personal, ("null", "pseudonym", "delete"))},
            {*marked(personal, ("keep",))},
        )
        assert len(gone) > 12
        assert all(mark in before for mark in gone | kept)
        assert {mark for mark in gone if mark in after} == set()
        assert {mark for mark in kept if mark not in after} == set()
        assert before.count(f"{OTHERS}:") == after.count(f"{OTHERS}:") > 8
        assert "王一" not in after
        again = await asyncio.to_thread(linli, tmp_path, *arguments, site=tmp_path)
        assert "erased already" in again.stderr


async def test_what_remains_of_the_record_is_a_sign(place: Place) -> None:
    request = await place.done("wang", ASK_ERASURE, wish="请删除。")
    assert await place.refusal("wang", ASK_ERASURE) == ("ALREADY_EXISTS", ["resident"])
    # Neither the person, nor who lacks the right, nor who is elsewhere.
    for who, code in (("wang", "FORBIDDEN"), ("north", "FORBIDDEN"), ("south", "NOT_FOUND")):
        assert (await place.refusal(who, ERASE, request=request["id"]))[0] == code
    assert "王一" in dumped(place)
    done = await place.done("street", ERASE, request=request["id"], version=request["version"])
    assert done["state"] == "ACCEPTED"
    (row,) = [one for one in place.rows(t.resident) if one.id == uuid_of(place.ids["wang"])]
    assert (row.data_key, row.phone_cipher, row.phone_masked, row.phone_blind) == (None,) * 4
    assert (row.name, row.search, row.closed_reason) == (f"#{row.id[-12:]}", "", "erased")
    with pytest.raises(RequestError, match="revoked"):
        await place.ask("wang", "{ viewer { name } }")
    (own,) = [one for one in place.rows(t.account) if one.resident_id == row.id]
    assert (own.state, own.name[0], own.display_name[0]) == ("closed", "#", "#")
    assert not [one for one in place.rows(t.token) if one.account_id == own.id]
    left = dumped(place)
    assert "王一" not in left
    assert PHONE not in left
    assert "请删除" not in left
    found = await place.data("city", '{ residents(search: "王一") { totalCount } }')
    assert found["residents"]["totalCount"] == 0


async def test_an_erasure_is_refused_with_a_reason_that_the_person_reads(place: Place) -> None:
    request = await place.done("wang", ASK_ERASURE)
    assert (await place.refusal("wang", REFUSE, request=request["id"], reason="我"))[0] == "FORBIDDEN"
    given = {"request": request["id"], "reason": "法律要求保存至案件办结。"}
    assert (await place.done("north", REFUSE, **given))["state"] == "REFUSED"
    node = (await place.data("wang", REQUESTS, id=place.ids["wang"]))["node"]
    assert node["dataRequests"]["nodes"] == [
        {"kind": "ERASURE", "state": "REFUSED", "decision": given["reason"]}
    ]
    assert await place.refusal("street", ERASE, request=request["id"]) == ("INVALID_INPUT", ["request"])


async def test_books_tallies_and_audit_stay_valid(place: Place) -> None:
    """A life with points and a network, erased while things are open; then all is verified."""
    await lived(place)
    request = await place.done("wang", ASK_ERASURE)
    await place.done("street", ERASE, request=request["id"])
    await place.relay()
    left = dumped(place)
    assert "王一" not in left
    assert "巡逻两小时" not in left
    is_sound(place)
    states = "{ creditMembers { nodes { number state } } }"
    (member,) = (await place.data("north", states))["creditMembers"]["nodes"]
    assert member["state"] == "LEAVING"
    with place.deployment.database.begin() as connection:
        assert operate(connection, place.deployment, Actor(), lambda ctx: expire_redemptions(ctx, LATER)) == 1
        assert operate(connection, place.deployment, Actor(), lambda ctx: finish_leaving(ctx, today())) == 1
    is_sound(place)
    assert uuid_of(place.ids["wang"]) not in repr([place.rows(one) for one in (models.member, account)])


async def test_a_restored_copy_does_not_bring_the_erased_back(place: Place) -> None:
    wang = uuid_of(place.ids["wang"])
    listed = place.deployment.erased
    assert listed.add([wang]) == 1
    assert listed.add([wang]) == 0
    with listed.path.open("a", encoding="ascii") as file:
        file.write("0190-torn")
    assert listed.read() == (wang,)
    assert PHONE not in listed.path.read_text(encoding="ascii")
    with place.deployment.database.begin() as connection:
        assert erase_again(connection, listed.read()) == 1
        assert erase_again(connection, listed.read()) == 0
        assert erased_ids(connection) == [wang]
        row = connection.execute(select(t.resident).where(t.resident.c.id == wang)).one()
    assert (row.data_key, row.name[0]) == (None, "#")
    assert "王一" not in dumped(place)
    is_sound(place)
    listed.path.write_text(listed.path.read_text(encoding="ascii").replace(wang[:6], "abcdef"), "ascii")
    with pytest.raises(ErasedListError, match="line 1"):
        listed.read()


async def lived(place: Place) -> None:
    """Let wang join a bank, have points, claim more with a note, and ask neighbours for help."""
    found = CreditPlace(place)
    found.bank = (await found.do("north", "openCreditBank", grid=place.ids["north"]))["id"]
    found.measures, found.offers = found.tables_of(found.bank)
    await found.join("wang")
    await found.earn("wang", 6)
    claim = {"member": found.members["wang"], "measure": found.measures["patrol"], "doneOn": str(today())}
    await found.do("wang", "claimActivity", **claim, note="巡逻两小时")
    await found.do("wang", "redeemOffer", member=found.members["wang"], offer=found.offers["Haircut"])
    await open_network(place, "committee", "north", "居委会")
    await open_network(place, "lane", "n1", "东坊", parent=place.ids["居委会"])
    await entered(place, "东坊", "wang")
    await raised(place, text="楼道漆黑，王一报。")
    await place.done("wang", ASK, network=place.ids["东坊"], what="请帮王一买药。")


def test_marks_differ() -> None:
    assert MINE != OTHERS
