"""Whoever was erased after a backup was made is erased again when it is restored."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select, update

from linli import model as t
from linli.ids import public_id
from tests.support.backups import Site, new_site, settled_site
from tests.support.imports import write_csv


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A place with one resident."""
    made = settled_site(tmp_path / "site", f"sqlite:///{tmp_path / 'site' / 'linli.db'}")
    coded = update(t.grid).where(t.grid.c.name == "m11").values(code="m11")
    made.work(lambda connection: connection.execute(coded))
    header = ["姓名", "网格编码", "出生日期", "手机号", "身份证号", "户号", "与户主关系"]
    file = write_csv(tmp_path / "register.csv", [header, ["王一", "m11", "", "13800000001", "", "", ""]])
    done = made.run("import", "residents", file)
    assert done.exit_code == 0, done.output
    return made


@pytest.fixture
def beside(site: Site, tmp_path: Path) -> Site:
    """An empty place with the keys of that one, and with the list of its erased."""
    (tmp_path / "data").mkdir()
    made = new_site(tmp_path / "beside", f"sqlite:///{tmp_path / 'data' / 'restored.db'}", site.folder)
    assert site.run("backup", tmp_path / "place.backup").exit_code == 0
    done = site.run("privacy", "erase", public_id("resident", somebody(site)[0]))
    assert done.exit_code == 0, done.output
    shutil.copy2(site.folder / "erased.list", made.folder)
    return made


def somebody(site: Site) -> tuple[str, str]:
    """Return the id and the name of the person who comes first."""
    first = select(t.resident.c.id, t.resident.c.name).order_by(t.resident.c.id).limit(1)
    row = site.work(lambda connection: connection.execute(first).one())
    return row.id, row.name


def test_the_erased_stay_erased(site: Site, beside: Site, tmp_path: Path) -> None:
    done = beside.run("restore", tmp_path / "place.backup")
    assert done.exit_code == 0, done.output
    assert "Restored: each of" in done.output  # equal to what was backed up, before anybody was erased again
    assert "1 persons who had been erased since" in done.output
    assert somebody(beside) == somebody(site)
    row = beside.work(lambda connection: connection.execute(select(t.resident)).first())
    assert row is not None
    assert (row.name[0], row.phone_cipher, row.data_key) == ("#", None, None)


def test_a_list_that_was_changed_stops_a_restoration(beside: Site, tmp_path: Path) -> None:
    listed = beside.folder / "erased.list"
    listed.write_text(listed.read_text().replace(" ", " 0", 1))
    refused = beside.run("restore", tmp_path / "place.backup")
    assert refused.exit_code == 1
    assert "line 1: the signature does not fit" in refused.output
    assert [one.name for one in (tmp_path / "data").iterdir()] == []
