"""Clear text: for a purpose, where the right to it reaches, within the quota, and never without a trace."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from linli import model as t
from linli.clock import now
from linli.ids import uuid7
from tests.graphql.serving import Served
from tests.graphql.settled import changed, content
from tests.security.personal import BIRTH_DATE, account_of, entered, id_number, reveal

PHONE = "12055501234"
LOOKS = """query ($id: ID!) { node(id: $id) { ... on Resident { dataAccesses { totalCount nodes {
  at by fields purpose resident { id } } } } } dataAccesses { totalCount nodes { by } } }"""


async def worker(served: Served, role: str = "street_admin", grid: str = "north") -> dict[str, str]:
    return await account_of(served, f"{role}{uuid7()[-12:]}", role, grid)


@pytest.mark.case(58)
async def test_with_a_purpose_clear_text_is_shown_and_one_entry_says_what_who_and_why(
    served_twice: Served,
) -> None:
    served = served_twice
    who, number = await worker(served), id_number(100)
    full = await entered(served, phone=PHONE, idNumber=number, birthDate=BIRTH_DATE)
    empty = await entered(served)
    before = content(served)
    shown, _ = await reveal(served, who, [full, empty, full], "PHONE", "ID_NUMBER", "BIRTH_DATE")
    assert [(one["node"], one["field"], one["value"]) for one in shown] == [
        (full, "PHONE", PHONE),
        (full, "ID_NUMBER", number),
        (full, "BIRTH_DATE", BIRTH_DATE),
        *((empty, field, None) for field in ("PHONE", "ID_NUMBER", "BIRTH_DATE")),
    ]
    assert changed(before, content(served)) == {t.audit.name: 1, t.data_access.name: 2}
    with served.database.begin() as connection:
        entry = connection.execute(select(t.audit).order_by(t.audit.c.id.desc()).limit(1)).one()
    assert (entry.action, entry.outcome, entry.reason) == ("revealSensitive", "done", "核对联系电话")
    fields = ["phone", "id_number", "birth_date"]
    assert entry.detail == {"nodes": [full, empty, full], "fields": fields}
    for purpose in ("", "   ", "abc", "字" * 201, "两行\n不行"):
        refused, errors = await reveal(served, who, [full], purpose=purpose)
        assert refused is None
        assert {(one["code"], one["path"][0]) for one in errors} == {("INVALID_INPUT", "purpose")}


@pytest.mark.case(65)
async def test_one_who_may_not_be_revealed_refuses_the_whole_deed(served_twice: Served) -> None:
    served = served_twice
    who = await worker(served, "community_worker")
    mine = [await entered(served, phone=PHONE) for _ in range(3)]
    foreign = await entered(served, "south", "south", phone=PHONE)
    missing = f"resident_{uuid7()}"
    before = content(served)
    for stranger in (foreign, missing):
        shown, errors = await reveal(served, who, [*mine, stranger])
        assert (shown, [one["code"] for one in errors]) == (None, ["NOT_FOUND"])
        assert errors[0]["path"] == ["nodes", "3"]
    shown, errors = await reveal(served, who, mine, "PHONE", "ID_NUMBER")
    assert (shown, [one["code"] for one in errors]) == (None, ["FORBIDDEN"]), "masked ones are not revealed"
    for role in ("grid_worker", "micro_grid_leader", "auditor", "platform_operator"):
        refused, errors = await reveal(served, await worker(served, role), mine[:1])
        assert refused is None, role
        assert errors[0]["code"] in ("FORBIDDEN", "NOT_FOUND")
    kept = changed(before, content(served))
    assert kept.pop(t.audit.name) == 7
    assert t.data_access.name not in kept


@pytest.mark.case(59)
async def test_the_quota_of_an_hour_stops_one_account_and_tells_the_level_above(served_twice: Served) -> None:
    served = served_twice
    limited(served, 5)
    who, people = await worker(served), [await entered(served, phone=PHONE) for _ in range(6)]
    refused, errors = await reveal(served, who, people)
    assert (refused, errors[0]["code"]) == (None, "QUOTA_EXCEEDED")
    attempts = await asyncio.gather(*(reveal(served, who, people[:2]) for _ in range(6)))
    assert sum(shown is not None for shown, _ in attempts) == 2, "parallel ones count each other"
    shown, errors = await reveal(served, who, people[:2])
    assert (shown, errors[0]["code"]) == (None, "QUOTA_EXCEEDED")
    assert "60" in errors[0]["message"]
    assert (await reveal(served, who, people[:1]))[0] is not None, "one more has room"
    assert (await reveal(served, await worker(served), people[:2]))[0] is not None, "it is each account's own"
    with served.database.begin() as connection:
        told = connection.execute(select(t.event).where(t.event.c.topic == "security.reveal_quota")).all()
        refusals = select(func.count()).where(t.audit.c.reason.startswith("QUOTA_EXCEEDED"))
        assert connection.execute(refusals).scalar_one() >= 6
    assert len([one for one in told if one.path == "/1/"]) == len(told) == 1, "once, and not below the place"


async def test_an_hour_later_there_is_room_again(
    served_twice: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = served_twice
    limited(served, 1)
    who, person = await worker(served), await entered(served, phone=PHONE)
    assert (await reveal(served, who, [person]))[0] is not None
    assert (await reveal(served, who, [person]))[0] is None
    monkeypatch.setattr("linli.revealing.now", lambda: now() + timedelta(minutes=61))
    assert (await reveal(served, who, [person]))[0] is not None


async def test_residents_see_who_looked_and_nobody_else_but_the_auditor(served_twice: Served) -> None:
    served = served_twice
    person, other = await entered(served, phone=PHONE), await entered(served, phone=PHONE)
    await reveal(served, await worker(served, "community_worker"), [person], purpose="上门走访前联系")
    mine = await account_of(served, f"mine{uuid7()[-12:]}", "resident", "north", person)
    found = (await served.post(LOOKS, headers=mine, id=person)).json()["data"]
    (look,) = found["node"]["dataAccesses"]["nodes"]
    assert look["by"].startswith("community_worker")
    assert (look["fields"], look["purpose"]) == (["resident.phone"], "上门走访前联系")
    assert look["resident"] == {"id": person}
    assert found["dataAccesses"]["totalCount"] == 1
    theirs = await account_of(served, f"other{uuid7()[-12:]}", "resident", "north", other)
    assert (await served.post(LOOKS, headers=theirs, id=other)).json()["data"]["dataAccesses"]["nodes"] == []
    for role in ("city_admin", "street_admin", "grid_worker", "platform_operator"):
        answer = (await served.post(LOOKS, headers=await worker(served, role), id=person)).json()["data"]
        assert answer["dataAccesses"]["totalCount"] == 0, role
    answer = (await served.post(LOOKS, headers=await worker(served, "auditor", "city"), id=person)).json()
    assert answer["data"]["dataAccesses"]["totalCount"] >= 1
    assert answer["data"]["node"] is None


async def test_what_was_seen_cannot_be_unseen(served_twice: Served) -> None:
    served = served_twice
    await reveal(served, await worker(served), [await entered(served, phone=PHONE)])
    for change in (delete(t.data_access), update(t.data_access).values(purpose="别的用途")):
        with pytest.raises(DBAPIError), served.database.begin() as connection:
            connection.execute(change)


def limited(served: Served, most: int) -> None:
    """Let an account see so many people within an hour."""
    served.service.deeds = replace(served.service.deeds, reveals_per_hour=most)
