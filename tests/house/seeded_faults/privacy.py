"""Faults of people's rights to their data."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

PRIVACY: Final[tuple[Fault, ...]] = ()
