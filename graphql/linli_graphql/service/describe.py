"""Descriptions of the schema in another language, from `locale/`; English stands in the code."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

LOCALE = Path(__file__).parent.parent / "locale"


def english(_coordinate: str, text: str) -> str:
    """Return the description as the code has it."""
    return text


class Translated:
    """Descriptions by coordinates such as `Resident.name`; English where the catalogue has none."""

    def __init__(self, catalogue: Mapping[str, str]) -> None:
        self.catalogue = catalogue
        self.missing: dict[str, str] = {}

    def __call__(self, coordinate: str, text: str) -> str:
        found = self.catalogue.get(coordinate)
        if found is None:
            self.missing[coordinate] = text
        return found or text


def chinese(*more: Path) -> Translated:
    """Return the Chinese descriptions of the core, and of plugins' own `schema.zh-CN.toml` files."""
    catalogue: dict[str, str] = {}
    for file in (LOCALE / "schema.zh-CN.toml", *more):
        if file.exists():
            catalogue |= tomllib.loads(file.read_text(encoding="utf-8"))
    return Translated(catalogue)
