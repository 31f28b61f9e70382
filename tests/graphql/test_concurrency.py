"""Many clients at once against a real server: nothing is lost, doubled or misplaced, and nobody meets a fault."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from linli import model as t
from linli.database.database import Database, open_database
from linli.deployment import open_deployment
from linli.ids import split_public_id
from linli.traces.chain import head_key
from linli.traces.heads import HeadFile
from linli.verify import verify_all
from tests.conftest import BACKENDS
from tests.support.crowd import Crowd, Ledger
from tests.support.server import ServerProcess, running, write_config
from tests.support.town import Town, settle

CLIENTS, CHANGES = 40, 8


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("fresh_postgres") if request.param == "postgresql" else f"sqlite:///{request.getfixturevalue('sqlite_path')}"


async def test_a_crowd_beside_a_moving_grid_leaves_everything_in_its_place(tmp_path, database_url):
    clients = int(os.environ.get("LC", CLIENTS)); changes = int(os.environ.get("LN", CHANGES))
    town = settle(database_url, admins=clients // 2 + 2, workers=clients - clients // 2)
    workers = 2 if database_url.startswith("postgresql") else 1
    server = ServerProcess(write_config(tmp_path / "place", database_url, workers=workers))
    seed = int(os.environ.get("LINLI_SEED", random.randrange(1 << 32)))
    print("seed", seed)
    import time
    with running(server):
        b = time.time()
        try:
            ledger = await Crowd(town, server.port, changes, seed).gather()
        finally:
            print(server.log[-6000:])
        print("seconds", time.time() - b, ledger.acknowledged, ledger.refused, ledger.figures, ledger.versions[town.grids["m"]])
    database = open_database(database_url)
    report = verify_all(database)
    database.engine.dispose()
    if "postgres" in database_url:
        from urllib.parse import parse_qs, urlsplit
        log = Path(parse_qs(urlsplit(database_url).query)["host"][0], "log").read_text()
        Path("/tmp/pg.log").write_text(log)
        print("deadlocks", log.count("deadlock detected"), "serial", log.count("could not serialize"))
    bad = [f for fs in report.findings.values() for f in fs if f.fault]
    assert not bad, bad
