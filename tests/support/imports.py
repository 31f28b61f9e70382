"""Files to import, and databases compared before and after."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from linli import model as t
from linli import rollup
from linli.counts import core_counts
from linli.database.database import Database
from linli.importing.faults import Fault
from linli.messages import LANGUAGES, core_messages

Rows = Mapping[str, Sequence[Sequence[str]]]

# A piece of the official table, in its very form, with one of each oddity that it knows.
CUT: Final[Rows] = {
    "provinces.csv": [["code", "name"], ["11", "北京市"], ["33", "浙江省"], ["44", "广东省"]],
    "cities.csv": [
        ["code", "name", "provinceCode"],
        ["1101", "市辖区", "11"],
        ["3304", "嘉兴市", "33"],
        ["4419", "东莞市", "44"],
    ],
    "areas.csv": [
        ["code", "name", "cityCode", "provinceCode"],
        ["110112", "通州区", "1101", "11"],
        ["330482", "平湖市", "3304", "33"],
        ["441900", "东莞市", "4419", "44"],
    ],
    "streets.csv": [
        ["code", "name", "areaCode", "provinceCode", "cityCode"],
        ["110112009", "文景街道", "110112", "11", "1101"],
        ["330482001", "当湖街道", "330482", "33", "3304"],
        ["330482101", "乍浦镇", "330482", "33", "3304"],
        ["441900003", "东城街道", "441900", "44", "4419"],
    ],
    "villages.csv": [
        ["code", "name", "streetCode", "provinceCode", "cityCode", "areaCode"],
        ["110112009498", "文景街道虚拟社区", "110112009", "11", "1101", "110112"],
        ["330482001001", "水洞埭社区居委会", "330482001", "33", "3304", "330482"],
        ["330482001201", "三北村村民委员会", "330482001", "33", "3304", "330482"],
        ["330482101006", "长安桥社区居委会", "330482101", "33", "3304", "330482"],
        ["330482101202", "白庙村村委会", "330482101", "33", "3304", "330482"],
        ["330482101500", "第三生产队", "330482101", "33", "3304", "330482"],
        ["441900003001", "岗贝居委会", "441900003", "44", "4419", "441900"],
    ],
}
TABLES: Final = (
    t.grid,
    t.organization,
    t.rollup,
    t.rollup_delta,
    t.resident,
    t.residence,
    t.household,
    t.event,
    t.import_run,
)


def write_cut(folder: Path, changes: Rows | None = None, *, encoding: str = "utf-8") -> Path:
    """Write the five files, those in `changes` in place of the usual ones; names quoted as in the package."""
    folder.mkdir(exist_ok=True)
    for name, rows in {**CUT, **(changes or {})}.items():
        header, *body = rows
        lines = [",".join(header), *(",".join([r[0], f'"{r[1]}"', *r[2:]]) for r in body)]
        (folder / name).write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return folder


def with_row(name: str, row: Sequence[str], at: int | None = None) -> Rows:
    """Return a file of the cut with one more row, or with another one in the place of row `at`."""
    rows = [list(old) for old in CUT[name]]
    if at is None:
        rows.append(list(row))
    else:
        rows[at] = list(row)
    return {name: rows}


def write_csv(file: Path, rows: Iterable[Sequence[str]], encoding: str = "utf-8") -> Path:
    """Write a register as a spreadsheet would export it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    file.write_bytes(text.getvalue().encode(encoding))
    return file


def everything(database: Database, tables: Iterable[Table] = TABLES) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of the tables that imports write."""
    with database.begin() as connection:
        return {table.name: _rows(connection, table) for table in tables}


def _rows(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in connection.execute(select(table))), key=repr)


def counts_are_exact(database: Database) -> bool:
    """Whether the counts by grid are those that a recount gives."""
    with database.begin() as connection:
        rollup.fold(connection, wait=True)
        kept = _counts(connection)
        rollup.recount(connection, core_counts())
        return kept == _counts(connection) != {}


def _counts(connection: Connection) -> dict[tuple[int, str], int]:
    c = t.rollup.c
    rows = connection.execute(select(c.grid_key, c.metric, c.value))
    return {(key, metric): int(value) for key, metric, value in rows if value}


def spoken(fault: Fault) -> dict[str, str]:
    """Return the sentence of a fault in each language."""
    messages = core_messages(strict=True)
    return {language: fault.sentence(messages, language) for language in LANGUAGES}


def people(database: Database) -> list[tuple[Any, ...]]:
    """Return who lives where, in what household, without what differs from one import to the next."""
    r, h, s = t.resident.c, t.household.c, t.residence.c
    joined = (
        t.resident.join(t.grid, t.grid.c.id == r.grid_id)
        .outerjoin(t.household, h.id == r.household_id)
        .join(t.residence, s.resident_id == r.id)
    )
    known = (r.name, r.birth_date, r.phone_masked, r.id_number_masked, r.phone_blind, r.id_number_blind)
    placed = (t.grid.c.code, r.path, s.path, s.kind, h.label, h.path, h.head_id == r.id, r.import_key)
    with database.begin() as connection:
        rows = connection.execute(select(*known, *placed).select_from(joined))
        return sorted((tuple(row) for row in rows), key=repr)
