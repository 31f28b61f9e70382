"""What the core counts by grid, as statements from which the counts can be rebuilt and checked."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, Table, literal, select

from linli import model as t


def core_counts() -> Mapping[str, Select[Any]]:
    """Return, by metric, the statement of one row (path, amount) for each thing that counts."""
    living = t.residence.c.until.is_(None) & (t.residence.c.kind == "lives")
    return {
        "resident": select(t.residence.c.path, literal(1)).where(living),
        "household": _open(t.household),
        "party_branch": _open(t.party_branch),
        "organization": _open(t.organization),
        "project": _open(t.project),
    }


def _open(table: Table) -> Select[Any]:
    return select(table.c.path, literal(1)).where(table.c.valid_to.is_(None))
