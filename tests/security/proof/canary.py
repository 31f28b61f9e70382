"""Canaries: values of which each stands in one cell of the database, so that it tells where it came from.

Text is `CNRY-<unit>-<row>-<column>`, short text eight characters; numbers and days come from ranges that
nothing else uses. What is shown of a phone or of an identity number has a canary of its own, beside the
clear value, which nobody may be shown.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Numeric, String, Table

from linli.model.types import Id, Instant
from linli.vault import Vault, mask_id_number, mask_phone

SHAPES: Final = re.compile(
    rb"CNRY-\d+-\d+-[a-z_]+"
    rb"|Q[0-9]{6}Z"
    rb"|\d{3}\*{4}\d{4}|\d{3}\*{13}\d{2}"  # as they are shown masked
    rb"|\b19\d{9}\b|\b\d{3}7{13}\d{2}\b|\b19\d\d-\d\d-\d\d\b"  # in the clear
    rb"|\b(?:19|20)\d{8}\b|\b9\d{7}\b"
)
LONG: Final = 80  # shorter columns hold words of the program, unless they are named here
SHORT: Final = frozenset({"building", "unit", "room", "credit_code", "code", "slot", "import_key"})
WORDS: Final = frozenset({"topic", "search", "consumer", "path", "tree_path", "old_path"})
FIGURES_BEGIN: Final = 1_900_000_000
AREAS_BEGIN: Final = 90_000_000
FIRST_DAY: Final = date(1900, 1, 1)
# Numbers by which the program finds its way.
ORDINALS: Final = frozenset(
    {"key", "version", "number", "line", "last_number", "terms_version", "repeats", "attempts"}
)


@dataclass(repr=False)
class Canaries:
    """All canaries of a world.

    Attributes:
        choices: columns that hold one of a few words, by table and column.
        personal: columns that manifests declare as personal, as `table.column`.
        known: what each canary stands for, as `table.column of row`.
    """

    vault: Vault
    choices: Collection[tuple[str, str]]
    personal: Collection[str]
    known: dict[bytes, str] = field(default_factory=dict)
    count: int = 0

    def mark(self, table: Table, row: dict[str, Any], unit: int) -> None:
        """Put a canary into every cell of a row that can hold one."""
        self.count += 1
        if table.name == "core_resident":
            self._person(row)
        for column in table.c:
            if row.get(column.name) is not None and (value := self._value(table, column, unit)) is not None:
                row[column.name] = value
                self._note(value, table, column.name)

    def found(self, text: bytes) -> set[bytes]:
        """Return the canaries in a text."""
        return {one for one in SHAPES.findall(text) if one in self.known}

    def _person(self, row: dict[str, Any]) -> None:
        """What is encrypted, and what is shown of it; the columns are those of the core's model."""
        number = self.count
        key = self.vault.new_person()
        clear = {
            "phone": f"19{number // 10_000}7777{number % 10_000:04}",
            "id_number": f"{number // 100:03}{'7' * 13}{number % 100:02}",
        }
        masks = {"phone": mask_phone, "id_number": mask_id_number}
        row["data_key"] = key.wrapped
        for name, value in clear.items():
            masked = masks[name](value)
            row |= {f"{name}_cipher": key.encrypt(value), f"{name}_masked": masked}
            row[f"{name}_blind"] = f"CNRY-0-{number}-{name}_blind"
            for shown in (value, masked, row[f"{name}_blind"]):
                self.known[shown.encode()] = f"core_resident.{name} of row {number}"
        row["birth_date"] = FIRST_DAY + timedelta(days=13 * number)
        self.known[row["birth_date"].isoformat().encode()] = f"core_resident.birth_date of row {number}"

    def _value(self, table: Table, column: Column[Any], unit: int) -> Any:
        name, kind, number = column.name, column.type, self.count
        if column.foreign_keys or column.primary_key or (table.name, name) in self.choices:
            return None
        if isinstance(kind, Id | Instant | LargeBinary) or name in ORDINALS | WORDS:
            return None
        if isinstance(kind, BigInteger | Integer):
            return FIGURES_BEGIN + len(self.known)
        if isinstance(kind, Numeric):
            return Decimal(AREAS_BEGIN + len(self.known))
        if not isinstance(kind, String) or name.endswith(("_masked", "_blind")):
            return None
        if kind.length is None or kind.length >= LONG:
            return f"CNRY-{unit}-{number}-{name}"
        short = name in SHORT or f"{table.name}.{name}" in self.personal
        return f"Q{len(self.known):06}Z" if short else None

    def _note(self, value: Any, table: Table, column: str) -> None:
        text = str(value).encode()
        assert text not in self.known, f"a canary twice: {text!r}"
        assert SHAPES.fullmatch(text), f"a canary that nobody would find: {text!r}"
        self.known[text] = f"{table.name}.{column} of row {self.count}"


def told(canaries: Canaries, found: Collection[bytes], most: int = 8) -> Mapping[str, str]:
    """Return of a few canaries what they stand for."""
    return {one.decode(): canaries.known[one] for one in sorted(found)[:most]}
