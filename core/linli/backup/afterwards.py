"""What must be done again once an older state is back."""

from collections.abc import Iterable
from typing import Any

from linli.backup.errors import BackupError
from linli.backup.restoring import Restored
from linli.deployment import Deployment
from linli.privacy.erased_list import ErasedListError
from linli.privacy.erasure import erase_again


def erased_since(opened: Deployment) -> tuple[str, ...]:
    """Return who is in the list of the erased, read before anything is restored.

    Raises:
        BackupError: a line of the list was changed, or signed with another key.
    """
    try:
        return opened.erased.read()
    except ErasedListError as error:
        raise BackupError("backup.erased_list", reason=error) from error


def repeat_erasures(opened: Deployment, erased: Iterable[str]) -> int:
    """Erase again whom the backup still knows; return how many there were."""
    with opened.database.begin() as connection:
        return erase_again(connection, erased)


def note_restored(restored: Restored) -> dict[str, Any]:
    """Return what the audit keeps of a restoration."""
    manifest = restored.manifest
    return {"made_at": manifest.made_at.isoformat(), "sealed": manifest.sealed, "lost": restored.lost}
