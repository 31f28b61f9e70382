"""Somebody's own data: all of it, from every table of core and plugins, and nothing of anybody else."""

import asyncio
import base64
import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from linli import model as t
from linli.privacy.declared import read_personal
from tests.conftest import BACKENDS
from tests.plugins.motto_place import Place, linli, opened, write_config
from tests.plugins.templates import Template, Templates
from tests.security.person_rows import MINE, OTHERS, SETTLED, marked
from tests.security.persons import MORE, MY_DATA, PHONE, PLUGINS, grown, persons, uuid_of


@pytest.fixture(params=BACKENDS)
def copied(
    request: pytest.FixtureRequest, templates: Templates, tmp_path: Path
) -> Iterator[tuple[Path, Template]]:
    """The configuration of a copy, on each database in turn."""
    with templates.copied(request.param, persons, tmp_path, *PLUGINS, more=MORE) as copy:
        yield copy


@pytest.fixture
async def place(copied: tuple[Path, Template]) -> AsyncIterator[Place]:
    """The place with a row about wang in every table about persons."""
    config, template = copied
    async with opened(config, dict(template.ids), dict(template.tokens)) as place:
        grown(place)
        yield place


def expected(place: Place) -> tuple[set[str], set[str]]:
    """Return the tables about persons, and the marks of wang's own words."""
    with place.deployment.database.begin() as connection:
        personal = read_personal(connection)
        ours = {one.table.name for one in personal.tables}
        return ours, set(marked(personal, ("null", "pseudonym", "delete", "keep")))


def is_complete(place: Place, text: str) -> None:
    """Judge what was handed over: complete, readable, and about nobody else."""
    tables, marks = expected(place)
    data: dict[str, Any] = json.loads(text)
    assert tables - data.keys() == set()
    assert len(marks) > 25
    lacking = {mark for mark in marks if mark not in text}
    assert lacking == {f"{MINE}:core_household.search"}  # tokens of the label, which is there
    (own,) = data["core_resident"]
    assert (own["name"], own["phone"]) == ("王一", PHONE)
    assert OTHERS not in text
    assert uuid_of(place.ids["zhao"]) not in text
    assert "赵二" not in text
    assert "data_key" not in text
    assert "cipher" not in text


@pytest.mark.case(283)
async def test_one_mutation_gives_everything_and_nothing_of_others(place: Place) -> None:
    payload = await place.deed("wang", MY_DATA, form="JSON")
    assert payload["errors"] == []
    is_complete(place, payload["data"])
    zipped = (await place.deed("wang", MY_DATA, form="CSV"))["data"]
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(zipped))) as archive:
        is_complete(place, archive.read("data.json").decode())
        told = archive.read("core_resident.csv").decode("utf-8-sig")
        (row,) = csv.DictReader(io.StringIO(told))
        assert row["phone"] == PHONE


@pytest.mark.case(283)
async def test_nobody_is_given_what_is_not_theirs(place: Place) -> None:
    zhao = (await place.deed("zhao", MY_DATA))["data"]
    assert f"{MINE}:" not in zhao
    assert PHONE not in zhao
    for who in ("north", "auditor"):  # accounts that are bound to nobody
        payload = await place.deed(who, MY_DATA)
        assert (payload["data"], payload["errors"][0]["code"]) == (None, "INVALID_INPUT")


@pytest.mark.case(283)
async def test_the_office_hands_it_over_while_the_plugins_are_off(
    copied: tuple[Path, Template], place: Place, tmp_path: Path
) -> None:
    config, _ = copied
    url = next(line for line in config.read_text(encoding="utf-8").splitlines() if line.startswith("url"))
    write_config(tmp_path, url.split('"')[1])
    wang, file = place.ids["wang"], tmp_path / "wang.zip"
    export = ("privacy", "export", wang, str(file))
    done = await asyncio.to_thread(linli, tmp_path, *export, site=tmp_path)
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(file) as archive:
        is_complete(place, archive.read("data.json").decode())
        assert {f"{name}.csv" for name in expected(place)[0]} <= set(archive.namelist())
    again = await asyncio.to_thread(linli, tmp_path, *export, site=tmp_path)
    assert again.returncode == 1
    assert "is there already" in again.stderr


def test_the_settled_tables_are_the_cores() -> None:
    assert set(t.metadata.tables) >= SETTLED
