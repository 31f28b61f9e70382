"""Faults of scope and rights over every path."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

SCOPE: Final[tuple[Fault, ...]] = ()
