"""How MINUTES is divided: what must be done in any case comes first, the rest of a share is spent on more."""

import os
import time
from typing import Final

# What remains is for the crowds, which are of one size, and for the deeds of a bank, which are so many.
KILLS: Final = 0.12  # of the server, on each database
CRASHES: Final = 0.12
WALKS: Final = 0.1
FAULTS: Final = 0.2
PROOF: Final = 0.08  # on each database


def minutes() -> float:
    """Return how long the soak may take."""
    return float(os.environ.get("MINUTES", "60"))


def end_of(share: float) -> float:
    """Return when a share that begins now is used up, by the monotonic clock."""
    return time.monotonic() + 60 * minutes() * share


def time_left(end: float) -> bool:
    """Whether a share is not used up."""
    return time.monotonic() < end
