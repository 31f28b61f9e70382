"""The random tests again and again, each time from another seed, on both databases."""

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.house.source import ROOT
from tests.soak import shares

pytestmark = pytest.mark.soak
WALKS = (
    "tests/core/test_verbs_walk.py",
    "tests/core/test_verify.py",
    "tests/graphql/test_worlds.py",
    "tests/policies/test_worlds.py",
    "tests/policies/test_enforce.py",
    "tests/policies/test_grants.py",
    "tests/plugins/credit_bank/test_histories.py",
)
PATIENCE = 3600
PASSED = re.compile(r"(\d+) passed")


def test_walks_from_new_seeds(record_property: Callable[[str, object], None]) -> None:
    end, rounds, passed = shares.end_of(shares.WALKS), 0, 0
    while not rounds or shares.time_left(end):
        seed = random.SystemRandom().randrange(2**32)
        done = walked(seed)
        assert done.returncode == 0, f"LINLI_SEED={seed}\n{done.stdout[-6000:]}"
        found = PASSED.search(done.stdout)
        rounds, passed = rounds + 1, passed + (int(found[1]) if found else 0)
    record_property("figures", f"{rounds} rounds, {passed} tests passed")


def walked(seed: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *WALKS]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LINLI_", "PYTEST"))}
    environment = kept | {"LINLI_SEED": str(seed)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
