"""Grids and committees whose official string has changed since the last import."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update

from linli import model as t
from linli import rollup
from linli.clock import now
from linli.ids import uuid7
from linli.importing.grid_rows import COMMITTEE_COLUMNS, COMMITTEE_FIXED, GRID_COLUMNS, Described
from linli.importing.sheets import Sheet
from linli.territory import place_row

FOLLOWING = ("name", "official_name", "filler", "virtual", "quasi", "search")  # the official string
METRIC = "organization"
COMMITTEES = ("residents_committee", "villagers_committee")
Change = tuple[Row[Any], Sheet, Described]


def change_grids(connection: Connection, changes: Sequence[Change], *, dry_run: bool) -> tuple[int, int]:
    """Bring grids up to date; return how many committees were made and how many renamed."""
    made = renamed = 0
    for row, sheet, described in changes:
        committee = _committee(connection, row.id)
        has = described.names.committee is not None
        made += has and committee is None
        renamed += has and committee is not None
        if not dry_run:
            _change_grid(connection, row, sheet, described)
            _change_committee(connection, row, committee, described)
    return made, renamed


def _committee(connection: Connection, grid_id: str) -> str | None:
    c = t.organization.c
    statement = select(c.id).where(c.grid_id == grid_id, c.kind.in_(COMMITTEES), c.valid_to.is_(None))
    found: str | None = connection.execute(statement.order_by(c.id).limit(1)).scalar_one_or_none()
    return found


def _change_grid(connection: Connection, row: Row[Any], sheet: Sheet, described: Described) -> None:
    found = dict(zip(GRID_COLUMNS, described.grid_row(row.id, 0, None, row.path), strict=True))
    values = {name: found[name] for name in FOLLOWING} | {"code_scheme": sheet.scheme, "updated_at": now()}
    statement = update(t.grid).where(t.grid.c.id == row.id)
    connection.execute(statement.values(version=t.grid.c.version + 1, **values))


def _change_committee(
    connection: Connection, place: Row[Any], committee: str | None, described: Described
) -> None:
    row = described.committee_row(committee or uuid7(), place.id, place.path)
    if row is None:
        return
    values = dict(zip(COMMITTEE_COLUMNS, row, strict=True)) | {"updated_at": now()}
    if committee is None:
        _make_committee(connection, place, values)
        return
    changed = {name: values[name] for name in ("name", "official_name", "kind", "search", "updated_at")}
    statement = update(t.organization).where(t.organization.c.id == committee)
    connection.execute(statement.values(version=t.organization.c.version + 1, **changed))


def _make_committee(connection: Connection, place: Row[Any], values: dict[str, Any]) -> None:
    stamps = {"created_at": values["updated_at"], "valid_from": values["updated_at"]}
    row = {name: value for name, value in values.items() if name not in {"grid_id", "path"}}
    place_row(connection, t.organization, place.id, row | COMMITTEE_FIXED | stamps)
    rollup.add(connection, place.id, METRIC, 1)
