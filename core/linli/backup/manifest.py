"""What a backup says of itself: of which place and moment it is, and what each table must hash to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

FORMAT: Final = 1


class TableState(BaseModel):
    """A table as of the backup: its columns in order, its rows, and SHA-256 over them in canonical form."""

    model_config = ConfigDict(frozen=True)

    columns: tuple[str, ...]
    rows: int
    sha256: str


class Manifest(BaseModel):
    """The last entry of a backup.

    Attributes:
        kind: of the database: `sqlite` or `postgresql`; a backup is restored into one of its own kind.
        made_at: the moment whose state it holds.
        revisions: the state of each line of migrations, by the line's name.
        sequences: the last value of each sequence of PostgreSQL.
        sealed: number of the newest audit entry in the chain.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = FORMAT
    linli: str
    place: str
    kind: str
    made_at: datetime
    revisions: Mapping[str, str]
    tables: Mapping[str, TableState]
    sequences: Mapping[str, int] = {}
    sealed: int = 0

    @property
    def rows(self) -> int:
        """Rows in all tables."""
        return sum(one.rows for one in self.tables.values())
