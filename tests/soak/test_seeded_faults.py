"""Guards are taken away one at a time, in a copy: the tests that are named must notice."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.house.seeded_faults.faults import FAULTS, Fault
from tests.house.seeded_faults.harness import GREEN, RED, Copy, copy_repository
from tests.soak import shares

pytestmark = pytest.mark.soak
LEAST = 12
ORDER = random.SystemRandom().sample(FAULTS, len(FAULTS))  # with little time, others come first each time


@dataclass
class Round:
    """One round over the faults: where they are planted, and when to end."""

    copy: Copy
    end: float
    planted: int = 0


@pytest.fixture(scope="module")
def round_(tmp_path_factory: pytest.TempPathFactory) -> Round:
    return Round(copy_repository(tmp_path_factory.mktemp("copy")), shares.end_of(shares.FAULTS))


def test_without_a_fault_the_tests_are_green(round_: Round) -> None:
    tests = sorted({test for fault in ORDER[:LEAST] for test in fault.tests})
    verdict = round_.copy.run(tests)
    assert verdict.code == GREEN, verdict.words


@pytest.mark.parametrize("fault", ORDER, ids=lambda fault: fault.name)
def test_a_fault_is_noticed(
    round_: Round, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    if round_.planted >= LEAST and not shares.time_left(round_.end):
        pytest.skip("its share of MINUTES is used up")
    round_.planted += 1
    with round_.copy.planted(fault):
        verdict = round_.copy.run(fault.tests)
    record_property("fault", fault.name)
    record_property("noticed by", verdict.failed)
    assert verdict.code == RED, verdict.words
