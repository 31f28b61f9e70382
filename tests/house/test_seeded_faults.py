"""The list of seeded faults still fits the code; the soak plants them, and demands red."""

import ast
from collections import Counter

import pytest

from tests.house.seeded_faults.faults import FAULTS, Fault
from tests.house.seeded_faults.harness import faulty
from tests.house.source import ROOT


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_fits_its_file_and_leaves_it_readable(fault: Fault) -> None:
    ast.parse(faulty((ROOT / fault.place).read_text(encoding="utf-8"), fault))
    assert fault.tests
    assert not [test for test in fault.tests if not (ROOT / test.partition("::")[0]).is_file()]


def test_faults_have_names_of_their_own_and_are_many() -> None:
    assert len(FAULTS) >= 12
    assert [name for name, number in Counter(fault.name for fault in FAULTS).items() if number > 1] == []
