"""The declarations of personal columns, copied into the database: those of disabled plugins stay known."""

import tomllib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, inspect, select

from linli.database.migration_lines import MigrationLine
from linli.model import personal_field
from linli.plugins.personal import PersonalData


def declare_personal_fields(connection: Connection, lines: Sequence[MigrationLine]) -> None:
    """Write down what the core and each of these plugins declare now; others' declarations stay."""
    if not inspect(connection).has_table(personal_field.name):
        return
    for line in lines:
        rows = _declared(line)
        if rows is not None and rows != _written(connection, line.name):
            connection.execute(delete(personal_field).where(personal_field.c.plugin == line.name))
            if rows:
                connection.execute(insert(personal_field), rows)


def out_of_date(connection: Connection, lines: Sequence[MigrationLine]) -> bool:
    """Whether a declaration differs from what is written down."""
    if not inspect(connection).has_table(personal_field.name):
        return False
    return any(
        rows is not None and rows != _written(connection, line.name)
        for line in lines
        for rows in [_declared(line)]
    )


def _written(connection: Connection, plugin: str) -> list[dict[str, Any]]:
    p = personal_field
    statement = select(p).where(p.c.plugin == plugin).order_by(p.c.place)
    return [dict(row) for row in connection.execute(statement).mappings()]


def _declared(line: MigrationLine) -> list[dict[str, Any]] | None:
    """Return the rows of a plugin; None where its files are gone."""
    folder = line.folder.parent
    file = next(
        (folder / name for name in ("plugin.toml", "personal.toml") if (folder / name).is_file()), None
    )
    if file is None:
        return None
    said = tomllib.loads(file.read_text(encoding="utf-8")).get("personal_data", [])
    found = [PersonalData.model_validate(one) for one in said]
    columns = [(one, table, column) for one in found for table, column in one.columns()]
    return [
        {
            "table_name": table,
            "column_name": column,
            "plugin": line.name,
            "place": place,
            "purpose_en": one.purpose.en,
            "purpose_zh": one.purpose.zh_cn,
            "sensitivity": one.sensitivity,
            "retention_en": one.retention.en,
            "retention_zh": one.retention.zh_cn,
            "keep": one.keep,
            "after": one.after,
            "erase": one.erase,
            "refers": one.refers,
            "whose": one.whose,
        }
        for place, (one, table, column) in enumerate(columns)
    ]
