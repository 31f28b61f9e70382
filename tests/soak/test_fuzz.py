"""The fuzzer of documents, ten thousand of them, each few hundred in a world of their own, two at once."""

import asyncio
import os
import random
import re
import sys
from collections.abc import Callable

import pytest

from tests.house.source import ROOT
from tests.soak import shares

pytestmark = pytest.mark.soak
FUZZ = "tests/graphql/test_fuzz.py"
DOCUMENTS, HOUR = 10_000, 60
ROUND = 600  # LINLI_TIMES=2
BESIDE = 2
PATIENCE = 3600
TOLD = re.compile(r"(\d+) documents, (\d+) answers, (\d+) % of them deep")


async def test_ten_thousand_documents(record_property: Callable[[str, object], None]) -> None:
    wanted = DOCUMENTS * min(1.0, shares.minutes() / HOUR)
    found: list[tuple[int, int, int]] = []
    while sum(documents for documents, _, _ in found) < wanted:
        found += await asyncio.gather(
            *(_fuzzed(random.SystemRandom().randrange(2**32)) for _ in range(BESIDE))
        )
    documents, answers = (sum(one[index] for one in found) for index in (0, 1))
    deep = sum(one[1] * one[2] for one in found) // answers
    record_property(
        "figures", f"{documents} documents in {len(found)} worlds, {answers} answers, {deep} % deep"
    )


async def _fuzzed(seed: int) -> tuple[int, int, int]:
    """Return how many documents and answers a run had, and how many in a hundred were deep."""
    command = [sys.executable, "-m", "pytest", "-x", "-s", "-q", "-p", "no:cacheprovider", FUZZ]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LINLI_", "PYTEST"))}
    process = await asyncio.create_subprocess_exec(
        *command,
        "-k",
        "one_answer",
        cwd=ROOT,
        env=kept | {"LINLI_SEED": str(seed), "LINLI_TIMES": str(ROUND // 300)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    text = said.decode(errors="replace")
    told = TOLD.search(text)
    assert process.returncode == 0, f"LINLI_SEED={seed}\n{text[-6000:]}"
    assert told is not None, text[-6000:]
    return int(told[1]), int(told[2]), int(told[3])
