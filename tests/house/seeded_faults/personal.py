"""Faults of masked and revealed values."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

PERSONAL: Final[tuple[Fault, ...]] = ()
