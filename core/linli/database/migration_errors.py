"""Refusals of a migration: a key for the catalogues of messages, and the English sentence itself."""

from types import MappingProxyType
from typing import Final

SENTENCES: Final = MappingProxyType(
    {
        "migration.unreadable": (
            "The migrations of {line} in {folder} cannot be read ({reason}); install this release again."
        ),
        "migration.branched": (
            "The migrations of {line} end in more than one revision ({revisions}); merge them into one."
        ),
        "migration.newer": (
            "The database holds revision {revision} of {line}, which this release does not have: "
            "install the release that made it, or restore a backup that is older."
        ),
        "migration.failed": (
            "Migration {revision} of {line} ({title}) failed and left nothing behind: {reason}. "
            "The database is as it was before it; mend the cause and run `linli migrate` again."
        ),
        "migration.busy": (
            "Migration {revision} of {line} ({title}) left nothing behind, for others kept the tables busy: "
            "wait for their work to end, or stop the servers, and run `linli migrate` again."
        ),
        "migration.broken_keys": (
            "Migration {revision} of {line} ({title}) left nothing behind, for {rows} rows of {table} "
            "would refer to rows of {parent} that are not there; mend the migration."
        ),
    }
)


class MigrationError(Exception):
    """The database was not brought up to date; `key` and `params` name the sentence in other languages."""

    def __init__(self, key: str, **params: object) -> None:
        self.key = key
        self.params = params
        super().__init__(key)

    def __str__(self) -> str:
        return SENTENCES[self.key].format_map(self.params)
