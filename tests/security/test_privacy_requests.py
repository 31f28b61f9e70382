"""Corrections: a case with a deadline, decided by somebody else; the person reads outcome and reason."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from linli import model as t
from linli.clock import today
from linli.commands.users import insert_role
from tests.conftest import BACKENDS
from tests.plugins.motto_place import Place, opened
from tests.plugins.templates import Template, Templates
from tests.security.persons import (
    ASK_CORRECTION,
    ASK_ERASURE,
    DECIDE,
    ERASE,
    MORE,
    PLUGINS,
    REFUSE,
    UPDATE,
    persons,
    uuid_of,
)

MINE = """{ dataRequests { nodes { id kind field wish state decideBy decidedAt decision } } }"""
WHY = """query ($id: ID!) { node(id: $id) { ... on DataRequest { state correctedBy { topic data } } } }"""


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


@pytest.mark.case(284, 68)
async def test_a_correction_is_asked_for_made_and_told(place: Place) -> None:
    wish = {"wish": "姓名应为王壹。", "field": "name"}
    asked = await place.done("wang", ASK_CORRECTION, **wish)
    assert asked["state"] == "OPEN"
    assert asked["decideBy"] == str(place.deployment.calendar.after(today(), 15))
    decision = {"request": asked["id"], "accept": True, "reason": "已按身份证更正。"}
    for who, code in (("wang", "FORBIDDEN"), ("n1", "NOT_FOUND"), ("south", "NOT_FOUND")):
        assert (await place.refusal(who, DECIDE, **decision))[0] == code
    # Accepting means that the record has been corrected: words alone do not do.
    assert await place.refusal("north", DECIDE, **decision) == ("INVALID_INPUT", ["accept"])
    await place.done("n1", UPDATE, resident=place.ids["wang"], version=2, name="王壹")
    await place.done("north", DECIDE, **decision)
    (told,) = (await place.data("wang", MINE))["dataRequests"]["nodes"]
    assert (told["state"], told["decision"], told["wish"]) == ("ACCEPTED", decision["reason"], wish["wish"])
    assert told["decidedAt"] is not None
    shown = (await place.data("north", WHY, id=asked["id"]))["node"]
    assert shown["correctedBy"] == {"topic": "resident.updated", "data": {"fields": ["name"]}}
    assert await place.refusal("north2", DECIDE, **decision) == ("INVALID_INPUT", ["request"])
    trail = [one.topic for one in place.rows(t.event)]
    assert trail[-3:] == ["data_request.opened", "resident.updated", "data_request.decided"]


@pytest.mark.case(284)
async def test_a_refusal_gives_its_reason_and_a_letter_is_entered_by_staff(place: Place) -> None:
    letter = {"wish": "我没有住在这里。", "resident": place.ids["wang"]}
    assert (await place.refusal("n1", ASK_CORRECTION, **letter))[0] == "FORBIDDEN"
    assert (await place.refusal("zhao", ASK_CORRECTION, **letter))[0] == "NOT_FOUND"
    assert place.rows(t.data_request) == []
    asked = await place.done("north", ASK_CORRECTION, **letter)
    decision = {"request": asked["id"], "accept": False, "reason": "户籍资料显示住在此处。"}
    stale = await place.refusal("north2", DECIDE, **decision, version=9)
    assert stale[0] == "CONFLICT"
    assert (await place.done("north2", DECIDE, **decision))["state"] == "REFUSED"
    (told,) = (await place.data("wang", MINE))["dataRequests"]["nodes"]
    assert (told["state"], told["decision"]) == ("REFUSED", decision["reason"])
    for who in ("zhao", "south", None, "n1"):
        assert (await place.data(who, MINE))["dataRequests"]["nodes"] == []


@pytest.mark.case(68, 284)
async def test_nobody_decides_in_an_own_matter(place: Place) -> None:
    with place.deployment.database.begin() as connection:
        own = t.account.c.resident_id == uuid_of(place.ids["wang"])
        account = connection.execute(select(t.account.c.id).where(own)).scalar_one()
        town = connection.execute(select(t.grid).where(t.grid.c.id == uuid_of(place.ids["town"]))).one()
        insert_role(connection, account, "street_admin", town)
    asked = await place.done("wang", ASK_CORRECTION, wish="改正电话。")
    await place.done("wang", UPDATE, resident=place.ids["wang"], version=2, phone=None)
    code = await place.refusal("wang", DECIDE, request=asked["id"], accept=True, reason="好")
    assert code == ("FORBIDDEN", ["request"])
    erasure = await place.done("wang", ASK_ERASURE)
    for mutation, more in ((ERASE, {}), (REFUSE, {"reason": "不"})):
        told = await place.refusal("wang", mutation, request=erasure["id"], **more)
        assert told == ("FORBIDDEN", ["request"])
    assert {row.state for row in place.rows(t.data_request)} == {"open"}


@pytest.mark.case(284, 68)
async def test_what_was_asked_is_never_rewritten(place: Place) -> None:
    asked = await place.done("wang", ASK_CORRECTION, wish="改正电话。")
    r = t.data_request
    for statement in (
        r.update().values(wish="别的话"),
        r.update().values(field="phone"),
        r.delete().where(r.c.id == uuid_of(asked["id"])),
    ):
        with pytest.raises(Exception, match="stay"), place.deployment.database.begin() as connection:
            connection.execute(statement)
    (row,) = place.rows(r)
    assert row.wish == "改正电话。"
