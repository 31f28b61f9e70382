"""Faults of the audit and the deployment."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

DEPLOYMENT: Final[tuple[Fault, ...]] = ()
