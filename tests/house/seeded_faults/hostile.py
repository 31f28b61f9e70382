"""Faults of hostile documents, transport and injection."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

HOSTILE: Final[tuple[Fault, ...]] = ()
