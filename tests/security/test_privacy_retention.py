"""Periods: what is over is emptied or deleted on the day, once, and not while something open needs it."""

from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from linli import model as t
from linli.clock import now, today
from linli.ids import uuid7
from linli.operating import operate
from linli.plugins.personal import ended_before
from linli.policy import Actor
from linli.privacy.retention import periods, run_daily
from tests.conftest import BACKENDS
from tests.plugins.motto_place import Place, linli, opened
from tests.plugins.neighbor_network.place import ASK, deed, entered, open_network
from tests.plugins.templates import Template, Templates
from tests.security.persons import ASK_CORRECTION, DECIDE, MORE, PLUGINS, persons, uuid_of

CLOSE = deed("closeResident", "resident")
PHONES = "phone_masked, phone_cipher, phone_blind, id_number_masked, id_number_cipher, id_number_blind"
PERIODS = [
    ("P3Y", date(2027, 2, 28), date(2024, 2, 28)),
    ("P1Y", date(2025, 2, 28), date(2024, 2, 28)),
    ("P1Y", date(2024, 2, 29), date(2023, 2, 28)),
    ("P1M", date(2026, 3, 31), date(2026, 2, 28)),
    ("P6M", date(2026, 3, 1), date(2025, 9, 1)),
    ("P30D", date(2026, 3, 1), date(2026, 1, 30)),
]


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


def ran(place: Place, day: date, only: str = "") -> dict[str, int]:
    """Run the job as of a day, for all tables or those of a name; return what was done."""
    deployment = place.deployment

    def do(work: Any) -> int:
        with deployment.database.begin() as connection:
            return int(operate(connection, deployment, Actor(name="os:test"), work))

    with deployment.database.begin() as connection:
        dues = operate(connection, deployment, Actor(name="os:test"), periods)
    chosen = tuple(due for due in dues if due.name.startswith(only))
    return {due.name: count for due, count in run_daily(day, do, chosen) if count}


def resident(place: Place, who: str) -> Any:
    """Return somebody's row."""
    return next(row for row in place.rows(t.resident) if row.id == uuid_of(place.ids[who]))


@pytest.mark.parametrize(("keep", "day", "last"), PERIODS)
def test_periods_go_by_the_calendar(keep: str, day: date, last: date) -> None:
    assert ended_before(keep, day) == last


@pytest.mark.case(296)
async def test_a_closed_record_is_emptied_on_the_day_and_not_before(place: Place) -> None:
    await place.done("n1", CLOSE, resident=place.ids["wang"], reason="MOVED_AWAY")
    year, three = _years(1), _years(3)
    assert ran(place, year - timedelta(days=1), "core_resident:") == {}
    assert resident(place, "wang").phone_cipher is not None
    assert ran(place, year, "core_resident:") == {f"core_resident: {PHONES}": 1}
    row = resident(place, "wang")
    assert (row.phone_cipher, row.phone_blind, row.name) == (None, None, "王一")
    assert ran(place, year) == {}
    assert any(name.startswith("core_resident: name") for name in ran(place, three))
    row = resident(place, "wang")
    assert (row.name, row.birth_date) == (f"#{row.id[-12:]}", None)
    assert resident(place, "zhao").name == "赵二"
    assert [one for one in place.rows(t.residence) if one.resident_id == row.id] == []
    assert ran(place, three) == {}


@pytest.mark.case(296)
async def test_an_open_request_holds_what_it_is_about(place: Place) -> None:
    asked = await place.done("wang", ASK_CORRECTION, wish="电话不对。")
    await place.done("n1", CLOSE, resident=place.ids["wang"], reason="MOVED_AWAY")
    assert ran(place, _years(4), "core_resident:") == {}
    assert resident(place, "wang").phone_cipher is not None
    await place.done("north", DECIDE, request=asked["id"], accept=False, reason="已迁出。")
    assert ran(place, _years(4), "core_resident:") != {}


@pytest.mark.case(296)
async def test_words_of_plugins_end_too_and_batches_are_gone_through(place: Place) -> None:
    await open_network(place, "committee", "north", "居委会")
    await open_network(place, "lane", "n1", "东坊", parent=place.ids["居委会"])
    await entered(place, "东坊", "wang")
    asked = await place.done("wang", ASK, network=place.ids["东坊"], what="请帮忙买药。")
    await place.done("wang", deed("withdrawHelp", "mutualHelp"), help=asked["id"], version=1)
    with place.deployment.database.begin() as connection:
        account = connection.execute(t.account.select()).first()
        assert account is not None
        token = {"account_id": account.id, "label": "old", "kind": "session"}
        token |= {"created_at": now(), "expires_at": now()}
        rows = [token | {"id": uuid7(), "hash": f"{number:064}"} for number in range(1203)]
        connection.execute(insert(t.token), rows)
        connection.execute(update(t.token).values(expires_at=now()))
    done = ran(place, _years(1) + timedelta(days=1))
    assert done["neighbor_network__help: what"] == 1
    assert done["core_token: account_id"] >= 1203
    assert place.rows(t.token) == []


@pytest.mark.case(296)
def test_the_nightly_run_reports_and_does_nothing_twice(
    copied: tuple[Path, Template], tmp_path: Path
) -> None:
    for said in ("Nothing had reached the end",) * 2:
        done = linli(tmp_path, "privacy", "daily", site=tmp_path)
        assert done.returncode == 0, done.stderr
        assert said in done.stdout


def _years(number: int) -> date:
    day = today()
    return day.replace(year=day.year + number, day=min(day.day, 28)) + timedelta(days=max(day.day - 28, 0))
