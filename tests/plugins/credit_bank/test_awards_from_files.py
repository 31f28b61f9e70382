"""`linli credit`: awards from Excel and CSV, checked as a whole; the nightly command."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from linli.clock import today
from linli_plugins.credit_bank.models import award, member
from tests.plugins.credit_bank.place import CreditPlace
from tests.plugins.motto_place import linli
from tests.support.workbooks import write_workbook


async def award_of(bank: CreditPlace, folder: Path, file: Path, *more: str) -> Any:
    about = ("--bank", bank.bank, "--measure", "patrol", "--title", "秋季巡逻", "--on", str(today()))
    return linli(folder, "credit", "award", str(file), *about, *more, site=folder)


async def members(bank: CreditPlace) -> None:
    for who in ("wang", "li"):
        await bank.join(who)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
async def test_an_award_is_read_tried_prepared_and_approved(
    bank: CreditPlace, tmp_path: Path, suffix: str
) -> None:
    await members(bank)
    file = tmp_path / f"award.{suffix}"
    rows = [["成员编号", "次数"], ["1", "2"], ["2", ""]]
    if suffix == "csv":
        file.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    else:
        write_workbook(file, rows)
    tried = await award_of(bank, tmp_path, file, "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "2 members, 6 points" in tried.stdout
    assert bank.place.rows(award) == []
    done = await award_of(bank, tmp_path, file)
    assert done.returncode == 0, done.stderr
    (made,) = bank.place.rows(award)
    assert (made.people, made.points, made.state, made.prepared_by) == (2, 6, "prepared", None)
    yes = {"award": f"credit_award_{made.id}", "approve": True}
    assert await bank.refused("n1", "decideAward", **yes) == "NOT_FOUND"
    await bank.do("north", "decideAward", **yes)
    assert (await bank.balance("wang"), await bank.balance("li")) == (4, 2)


async def test_a_deed_of_another_member_holds_up_no_award_and_a_trial_waits_for_nobody(
    bank: CreditPlace, tmp_path: Path
) -> None:
    await members(bank)
    both, first = tmp_path / "both.csv", tmp_path / "first.csv"
    both.write_text("成员编号\n1\n2\n", encoding="utf-8")
    first.write_text("成员编号\n1\n", encoding="utf-8")
    with bank.place.deployment.database.begin() as connection:
        if connection.dialect.name == "sqlite":
            pytest.skip("SQLite has one writer at a time and locks no rows")
        connection.execute(select(member).where(member.c.number == 2).with_for_update())
        tried = await award_of(bank, tmp_path, both, "--dry-run")
        assert "2 members, 4 points" in tried.stdout, tried.stderr
        done = await award_of(bank, tmp_path, first)
        assert done.returncode == 0, done.stderr
    assert [one.people for one in bank.place.rows(award)] == [1]


async def test_every_fault_is_told_with_its_row_and_nothing_is_written(
    bank: CreditPlace, tmp_path: Path
) -> None:
    await members(bank)
    file = tmp_path / "award.csv"
    file.write_text("成员编号,次数\n1,2\n7,1\nx,1\n2,0\n1,1\n", encoding="utf-8")
    done = await award_of(bank, tmp_path, file)
    assert done.returncode == 1
    for row in (4, 5, 6):
        assert f"line {row}," in done.stdout
    assert "Nothing" in done.stderr
    file.write_text("成员编号,次数\n1,2\n7,1\n", encoding="utf-8")
    done = await award_of(bank, tmp_path, file)
    assert "no active member with the number 7" in done.stdout
    assert bank.place.rows(award) == []


async def test_what_is_not_there_is_told(bank: CreditPlace, tmp_path: Path) -> None:
    file = tmp_path / "award.csv"
    file.write_text("成员编号\n1\n", encoding="utf-8")
    done = linli(
        tmp_path,
        *("credit", "award", str(file), "--bank", bank.bank, "--measure", "nothing"),
        *("--title", "x", "--on", str(today())),
        site=tmp_path,
    )
    assert done.returncode == 1
    assert "no line nothing" in done.stdout


async def test_the_nightly_command_says_what_it_did(bank: CreditPlace, tmp_path: Path) -> None:
    done = linli(tmp_path, "credit", "daily", site=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0 members have left." in done.stdout


async def test_a_template_is_written_once_and_never_over_a_file(bank: CreditPlace, tmp_path: Path) -> None:
    assert bank.bank
    done = linli(tmp_path, "credit", "template", "award.xlsx", site=tmp_path)
    assert done.returncode == 0, done.stderr
    again = linli(tmp_path, "credit", "template", "award.xlsx", site=tmp_path)
    assert again.returncode == 1
    assert (tmp_path / "award.xlsx").is_file()
