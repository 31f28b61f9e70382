"""The page of security cases is what tests and seeded faults say, and no case is without a test."""

from scripts import render_security as security
from tests.security.cases import GROUPS

ALL = {case for cases in GROUPS.values() for case in cases}
# What no single guard forbids: nothing is there that could do it, and the test says so.
NO_GUARD = {79, 88, 140}  # 140: the console's own escaping


def test_the_page_is_what_tests_and_faults_say() -> None:
    assert security.PAGE.read_text(encoding="utf-8") == security.page(), "run scripts/render_security.py"


def test_every_case_has_a_test() -> None:
    assert security.tests_by_case().keys() >= ALL


def test_every_case_has_a_guard_that_is_taken_away() -> None:
    faults = security.faults_by_case(security.tests_by_case())
    assert {case for case in ALL if not faults.get(case)} == NO_GUARD
