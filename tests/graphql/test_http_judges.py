"""Judged from outside: the audits of npm's graphql-http, and the reference clients of both stream protocols.

LINLI_JUDGES names a folder into which the packages of tests/support/judges/package.json were installed.
"""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.graphql.sockets import Line

pytestmark = pytest.mark.judge

SCRIPTS = Path(__file__).parents[1] / "support" / "judges"
SECONDS = 120


@pytest.fixture
def folder() -> str:
    """Where the judges' packages are."""
    found = os.environ.get("LINLI_JUDGES", "")
    if shutil.which("node") is None:
        pytest.skip("Node.js is not on the PATH: the judges run on it.")
    if not (Path(found) / "node_modules" / "graphql-http").is_dir():
        pytest.skip("LINLI_JUDGES names no folder with graphql-http in its node_modules.")
    return found


@asynccontextmanager
async def judging(script: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a judge; it is killed if it outlives the test."""
    pipe = asyncio.subprocess.PIPE
    judge = await asyncio.create_subprocess_exec("node", str(SCRIPTS / script), *arguments, stdout=pipe)
    try:
        yield judge
    finally:
        if judge.returncode is None:
            judge.kill()
        await judge.wait()


async def verdicts(judge: asyncio.subprocess.Process) -> list[Any]:
    async with asyncio.timeout(SECONDS):
        output, _ = await judge.communicate()
    assert judge.returncode == 0
    return [json.loads(text) for text in output.splitlines()]


async def test_graphql_over_http_as_its_audits_have_it(line: Line, folder: str) -> None:
    url = f"http://127.0.0.1:{line.port}/graphql"
    async with judging("graphql_http.mjs", folder, url, line.token("north")) as judge:
        audits = await verdicts(judge)
    assert len(audits) >= 61
    assert [one for one in audits if one["status"] != "ok"] == []


async def test_events_reach_the_reference_clients(line: Line, folder: str) -> None:
    within = line.served.place.ids["north"]
    async with judging("graphql_streams.mjs", folder, str(line.port), line.token("north"), within) as judge:
        await line.followed(2)
        await line.served.new_resident("north", "north")
        await line.served.relay()
        told = await verdicts(judge)
    assert {one["client"] for one in told} == {"graphql-ws", "graphql-sse"}
    assert all(one["data"]["events"]["topic"] for one in told)
