"""The official table: what it becomes, and that importing it again changes nothing."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, literal, select, text, update

from linli import model as t
from linli.clock import now
from linli.database.database import Database
from linli.database.sql import has_tokens
from linli.importing import divisions
from linli.importing import grids as importing
from linli.importing.divisions import Divisions
from linli.importing.grids import GridReport, import_grids
from linli.messages import LANGUAGES, core_messages
from linli.search import query_tokens
from tests.core.deployed import Deployed
from tests.support.imports import CUT, counts_are_exact, everything, with_row, write_cut

SIZE = sum(len(rows) - 1 for rows in CUT.values()) + 3  # Taiwan, Hong Kong and Macao stand in no file


@pytest.fixture
def database(place: Deployed) -> Database:
    return place.database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_cut(tmp_path / "dist")


def grid(database: Database, code: str) -> Row[Any]:
    with database.begin() as connection:
        return connection.execute(select(t.grid).where(t.grid.c.code == code)).one()


def committees(database: Database, code: str) -> list[Row[Any]]:
    with database.begin() as connection:
        joined = t.organization.join(t.grid, t.grid.c.id == t.organization.c.grid_id)
        found = select(t.organization).select_from(joined).where(t.grid.c.code == code)
        return list(connection.execute(found))


def change(database: Database, code: str, **values: Any) -> None:
    with database.begin() as connection:
        connection.execute(update(t.grid).where(t.grid.c.code == code).values(**values))


def test_every_division_becomes_a_grid_below_its_parent(database: Database, folder: Path) -> None:
    report = import_grids(database, folder)
    assert (report.rows, report.created, report.fault_count) == (SIZE, SIZE, 0)
    chain = [grid(database, code) for code in ("33", "3304", "330482", "330482001", "330482001001")]
    assert [row.level for row in chain] == ["province", "city", "county", "town", "community"]
    assert [row.code_scheme for row in chain] == ["gb2260", "gb2260", "gb2260", "nbs", "nbs"]
    path = "/"
    for above, row in zip([None, *chain], chain, strict=False):
        path += f"{row.key}/"
        assert row.path == path
        assert row.parent_id == (above.id if above else None)
    assert all(row.spine and row.version == 1 and row.valid_to is None for row in chain)
    assert [row.official_kind for row in chain] == [None, None, None, "001", "001"]


def test_a_row_names_a_place_and_its_committee(database: Database, folder: Path) -> None:
    import_grids(database, folder)
    row = grid(database, "330482001001")
    assert (row.name, row.official_name) == ("水洞埭社区", "水洞埭社区居委会")
    (committee,) = committees(database, "330482001001")
    assert (committee.name, committee.official_name) == ("水洞埭社区居民委员会", "水洞埭社区居委会")
    assert (committee.kind, committee.path) == ("residents_committee", row.path)
    (village,) = committees(database, "330482101202")
    assert (village.name, village.kind) == ("白庙村村民委员会", "villagers_committee")
    assert grid(database, "330482101202").name == "白庙村"


def test_oddities_are_marked(database: Database, folder: Path) -> None:
    report = import_grids(database, folder)
    assert (report.fillers, report.virtual, report.quasi) == (2, 1, 2)
    assert grid(database, "1101").filler
    assert grid(database, "441900").filler
    assert not grid(database, "330482").filler
    virtual, camp = grid(database, "110112009498"), grid(database, "330482101500")
    assert (virtual.virtual, virtual.quasi, virtual.official_kind) == (True, True, "498")
    assert (camp.virtual, camp.quasi, camp.official_kind) == (False, True, "500")
    assert not committees(database, "110112009498")
    assert not committees(database, "330482101500")


def test_taiwan_hong_kong_and_macao_are_provinces_of_the_tree(database: Database, folder: Path) -> None:
    import_grids(database, folder)
    for code, name in (("71", "台湾省"), ("81", "香港特别行政区"), ("82", "澳门特别行政区")):
        row = grid(database, code)
        assert (row.name, row.level, row.path) == (name, "province", f"/{row.key}/")


def test_committees_are_counted_up_to_the_province(database: Database, folder: Path) -> None:
    report = import_grids(database, folder)
    assert report.organizations_created == 5
    assert counts_are_exact(database)


def test_names_are_found(database: Database, folder: Path) -> None:
    import_grids(database, folder)
    query = literal(query_tokens("白庙"))
    for table in (t.grid, t.organization):
        found = select(table.c.name).where(has_tokens(table.c.id, table.c.search, query))
        with database.begin() as connection:
            assert [name[:3] for name in connection.execute(found).scalars()] == ["白庙村"]


def test_the_second_run_changes_nothing(database: Database, folder: Path) -> None:
    import_grids(database, folder)
    before = everything(database)
    report = import_grids(database, folder)
    assert (report.created, report.changed, report.unchanged) == (0, 0, SIZE)
    assert (report.organizations_created, report.organizations_changed) == (0, 0)
    assert everything(database) == before


def test_a_dry_run_writes_nothing(database: Database, folder: Path) -> None:
    before = everything(database)
    report = import_grids(database, folder, dry_run=True)
    assert (report.created, report.organizations_created, report.dry_run) == (SIZE, 5, True)
    assert everything(database) == before


def test_a_changed_name_keeps_the_grid(database: Database, folder: Path) -> None:
    import_grids(database, folder)
    before = grid(database, "330482001001")
    write_cut(
        folder, with_row("villages.csv", ["330482001001", "新桥社区居委会", *CUT["villages.csv"][2][2:]], 2)
    )
    report = import_grids(database, folder)
    assert (report.created, report.changed, report.organizations_changed) == (0, 1, 1)
    after = grid(database, "330482001001")
    assert (after.id, after.key, after.version) == (before.id, before.key, before.version + 1)
    assert (after.name, after.official_name) == ("新桥社区", "新桥社区居委会")
    (committee,) = committees(database, "330482001001")
    assert (committee.name, committee.version) == ("新桥社区居民委员会", 2)
    assert counts_are_exact(database)


def test_a_camp_that_becomes_a_village_gets_its_committee(database: Database, folder: Path) -> None:
    import_grids(database, folder)
    row = ["330482101500", "第三村村委会", *CUT["villages.csv"][6][2:]]
    write_cut(folder, with_row("villages.csv", row, 6))
    report = import_grids(database, folder)
    assert (report.changed, report.organizations_created, report.organizations_changed) == (1, 1, 0)
    assert [one.name for one in committees(database, "330482101500")] == ["第三村村民委员会"]
    assert counts_are_exact(database)


def test_a_name_that_people_gave_stays_while_the_official_one_does(database: Database, folder: Path) -> None:
    import_grids(database, folder)
    change(database, "330482001001", name="水洞埭")
    assert import_grids(database, folder).changed == 0
    assert grid(database, "330482001001").name == "水洞埭"


def test_codes_that_vanished_are_told_and_kept(database: Database, folder: Path) -> None:
    import_grids(database, folder)
    before = everything(database)
    write_cut(folder, {"villages.csv": CUT["villages.csv"][:-1]})
    report = import_grids(database, folder)
    assert (report.vanished, report.vanished_count) == (("441900003001",), 1)
    assert everything(database) == before
    lines = list(report.lines(core_messages().speaking("zh-CN")))
    assert any("441900003001" in line for line in lines)


def test_what_was_closed_here_is_not_opened_again(database: Database, folder: Path) -> None:
    import_grids(database, folder)
    change(database, "330482001001", valid_to=now())
    change(database, "330482101", valid_to=now())
    new = ["330482101007", "新社区居委会", *CUT["villages.csv"][4][2:]]
    write_cut(folder, with_row("villages.csv", new))
    report = import_grids(database, folder)
    assert (report.created, report.closed) == (0, 3)


def test_new_grids_stand_where_their_parent_stands_now(database: Database, folder: Path) -> None:
    import_grids(database, folder)
    beijing, town = grid(database, "110112"), grid(database, "330482101")
    change(database, "330482101", parent_id=beijing.id, path=f"{beijing.path}{town.key}/")
    write_cut(folder, with_row("villages.csv", ["330482101007", "新社区居委会", *CUT["villages.csv"][4][2:]]))
    assert import_grids(database, folder).created == 1
    assert grid(database, "330482101007").path.startswith(f"{beijing.path}{town.key}/")


def test_a_code_that_another_level_uses_is_told(database: Database, folder: Path) -> None:
    import_grids(database, folder)
    change(database, "330482001001", level="grid")
    before = everything(database)
    report = import_grids(database, folder)
    assert [fault.key for fault in report.faults] == ["import.code_taken"]
    assert everything(database) == before


def test_a_file_that_changes_while_it_is_read_is_told(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = divisions.read_divisions

    def and_change(*args: Any) -> Divisions:
        found = read(*args)
        write_cut(folder, {"villages.csv": CUT["villages.csv"][:-1]})
        return found

    monkeypatch.setattr(importing, "read_divisions", and_change)
    before = everything(database)
    report = import_grids(database, folder)
    assert [fault.key for fault in report.faults] == ["import.file_changed"]
    assert everything(database) == before


def test_the_first_import_leaves_indexes_and_triggers_as_they_were(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "FEW", 5)  # as few as a real first import has, beside its half a million
    before = schema(database)
    report = import_grids(database, folder)
    assert report.created == SIZE
    assert schema(database) == before
    test_names_are_found(database, folder)
    assert counts_are_exact(database)


def schema(database: Database) -> set[tuple[str, ...]]:
    if database.name == "sqlite":
        statement = text(
            "SELECT name, tbl_name, coalesce(sql, '') FROM sqlite_master WHERE tbl_name LIKE 'core_%'"
        )
    else:
        statement = text(
            "SELECT indexname, tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL "
            "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
        )
    with database.begin() as connection:
        return {tuple(row) for row in connection.execute(statement)}


def test_progress_reaches_its_end(database: Database, folder: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    import_grids(database, folder, lambda *step: seen.append(step))
    assert seen[-1] == ("write", SIZE, SIZE)


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_report_is_told_in_both_languages(database: Database, folder: Path, *, dry_run: bool) -> None:
    report = import_grids(database, folder, dry_run=dry_run)
    for language, word in zip(LANGUAGES, ("committees", "居（村）委会"), strict=True):
        lines = list(report.lines(core_messages().speaking(language)))
        assert word in lines[0]
        assert not any("{" in line for line in lines)


def test_a_report_with_closed_and_many_vanished_codes_says_so() -> None:
    report = GridReport(closed=3, vanished=("1", "2"), vanished_count=9)
    lines = list(report.lines(core_messages().speaking("en")))
    assert len(lines) == 3
    assert lines[2].count("…") == 1
