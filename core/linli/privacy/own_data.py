"""Everything that is stored about one person, in a form that the person can read; nothing of anybody else."""

import base64
import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, select
from sqlalchemy.engine import RowMapping

from linli import model as t
from linli.errors import NotFound
from linli.model.types import instant_text
from linli.privacy.declared import PersonalTable, read_personal
from linli.privacy.following import Person, follow
from linli.vault import Vault

SOMEBODY: Final = "another person"
UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MACHINERY: Final = frozenset({"path", "old_path", "search", "version", "hash", "input_hash", "import_key"})
SEALED: Final = "_cipher"

Data = Mapping[str, list[dict[str, Any]]]


def own_data(connection: Connection, vault: Vault, resident_id: str) -> Data:
    """Return all rows about a person by table, their own values in clear text.

    A column that tells of somebody else in a row that the two share is left out, and whatever names another
    person or account says `another person`.

    Raises:
        NotFound: there is no such person.
    """
    person = connection.execute(select(t.resident).where(t.resident.c.id == resident_id)).one_or_none()
    if person is None:
        raise NotFound("resident")
    personal = read_personal(connection)
    who = follow(connection, personal, resident_id)
    found = {}
    for one in personal.tables:
        rows = connection.execute(select(one.table).where(who.rows(one)).order_by(*one.table.primary_key))
        if told := [_told(one, row, who, vault, person) for row in rows.mappings()]:
            found[one.table.name] = told
    return _without_others(connection, found, who)


def as_json(data: Data) -> str:
    """Return the data as JSON text, indented for reading."""
    return json.dumps(data, ensure_ascii=False, indent=1)


def write_zip(data: Data, file: Path) -> None:
    """Write the data into a zip that only its owner can read; it must not be there."""
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(as_zip(data))


def as_zip(data: Data) -> bytes:
    """Return the data as one JSON file and one CSV file a table, in a zip."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", as_json(data))
        for table, rows in data.items():
            archive.writestr(f"{table}.csv", _csv(rows))
    return written.getvalue()


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return "\ufeff" + text.getvalue()


def _cell(value: Any) -> Any:
    """Return what a cell holds; a text that a spreadsheet would take for a formula gets a sign in front."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
    return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t") else text


def _told(one: PersonalTable, row: RowMapping, who: Person, vault: Vault, person: Row[Any]) -> dict[str, Any]:
    """Return what a row tells of the person: its columns but for keys, search tokens and others' words."""
    ours = {way for way, target in one.ways.items() if str(row[way]) in who.ids.get(target, ())}
    declared = {field.column: field for field in one.fields}
    told: dict[str, Any] = {}
    for name, value in row.items():
        field = declared.get(name)
        if name in MACHINERY or name.endswith("_blind"):
            continue
        if name in one.ways:
            told[name] = None if value is None else str(value) if name in ours else SOMEBODY
        elif field is not None and one.whose(field) is not None and one.whose(field) not in ours:
            continue
        elif isinstance(value, bytes):
            if name.endswith(SEALED) and person.data_key is not None:
                told[name.removesuffix(SEALED)] = vault.decrypt(person.data_key, value)
        elif not name.endswith(SEALED):
            told[name] = _plain(value)
    return told


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode()
        case None | str() | int() | float() | bool() | dict() | list():
            return value
    return str(value)


def _without_others(connection: Connection, found: Data, who: Person) -> Data:
    """Take out every id that turns out to be another person's or account's, wherever it stands."""
    text = json.dumps(found, ensure_ascii=False)
    own = {one for ids in who.ids.values() for one in ids}
    named = sorted(set(UUID.findall(text)) - own)
    others: set[str] = set()
    for table in (t.resident, t.account):
        for start in range(0, len(named), 500):
            some = table.c.id.in_(named[start : start + 500])
            others |= set(connection.execute(select(table.c.id).where(some)).scalars())
    clean: Data = json.loads(UUID.sub(lambda match: SOMEBODY if match[0] in others else match[0], text))
    return clean
