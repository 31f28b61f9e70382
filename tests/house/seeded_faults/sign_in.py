"""Faults of signing in."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

SIGN_IN: Final[tuple[Fault, ...]] = ()
