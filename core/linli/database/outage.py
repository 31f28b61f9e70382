"""An outage, remembered for a moment: whoever queues behind a vain attempt to connect is told at once."""

import time
from typing import Final

from linli.database.database import Unavailable

MOMENT: Final = 1.0
QUICK: Final = 0.5  # what fails sooner holds nobody up and need not be remembered


class Outage:
    """Used by all threads that connect; without it a queue would wait for one time limit after another."""

    def __init__(self) -> None:
        self._until = 0.0

    def check(self) -> None:
        """Refuse to try, within a second after an attempt was given up.

        Raises:
            Unavailable: the database could not be reached a moment ago.
        """
        if time.monotonic() < self._until:
            raise Unavailable("the database could not be reached a moment ago")

    def note(self, began: float) -> None:
        """Remember a vain attempt that began at `began`, by the monotonic clock."""
        ended = time.monotonic()
        if ended - began > QUICK:
            self._until = ended + MOMENT
