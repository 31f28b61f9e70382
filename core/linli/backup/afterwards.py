"""What must be done again once an older state is back."""

from typing import Any

from linli.backup.restoring import Restored
from linli.deployment import Deployment
from linli.privacy.erasure import erase_again


def repeat_erasures(opened: Deployment) -> int:
    """Erase again whom the backup still knows, by the list kept beside the key; return how many there were.

    Raises:
        ErasedListError: a line of the list was changed, or signed with another key.
    """
    with opened.database.begin() as connection:
        return erase_again(connection, opened.erased.read())


def note_restored(restored: Restored) -> dict[str, Any]:
    """Return what the audit keeps of a restoration."""
    manifest = restored.manifest
    return {"made_at": manifest.made_at.isoformat(), "sealed": manifest.sealed, "lost": restored.lost}
