"""A server or a database that is killed while clients write: a few kills here, fifty and more in the soak."""

import os
import time
from pathlib import Path
from signal import SIGKILL

import pytest

from tests.policies.seeds import seeded
from tests.support.postgres import running_postgres
from tests.support.server import ServerProcess, running, write_config
from tests.support.town import settle
from tests.support.trials import try_crashes, try_kills


@pytest.mark.case(227)
async def test_what_a_killed_server_acknowledged_is_there_once(tmp_path: Path, database_url: str) -> None:
    toll = await try_kills(tmp_path, database_url, seeded("kills"), lambda toll: toll.kills >= 2)
    assert toll.notes.lost, "no request was under way when the server was killed"


async def test_a_server_outlives_its_database(tmp_path: Path) -> None:
    with running_postgres() as postgres, postgres.database() as url:
        toll = await try_crashes(
            tmp_path, postgres, url, seeded("crashes"), lambda toll: toll.kills >= 2, 2.0
        )
    assert toll.notes.answers[503], "nobody was told that the database was away"


def test_workers_leave_with_the_first_process_so_that_the_port_is_free(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'linli.db'}"
    settle(url, admins=1, workers=0)
    server = ServerProcess(write_config(tmp_path, url, workers=2))
    with running(server):
        os.kill(server.pid, SIGKILL)  # it alone: its workers hear of it by themselves
        until = time.monotonic() + 60
        while not server.is_gone():
            assert time.monotonic() < until, "a worker still listens"
            time.sleep(0.05)
