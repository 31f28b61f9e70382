"""Trials that the quick tests make small and the soak makes large."""

import random
from pathlib import Path
from signal import SIGTERM

from tests.support.aftermath import check_ledger
from tests.support.crowd import Crowd, Ledger
from tests.support.server import ServerProcess, running, write_config
from tests.support.town import settle

BESIDE = 2  # accounts that move and read while the crowd works


async def try_crowd(
    folder: Path, url: str, generator: random.Random, *, clients: int, changes: int
) -> Ledger:
    """Let a crowd into a new place and check what it leaves; PostgreSQL is served by two processes."""
    town = settle(url, admins=clients - clients // 2 + BESIDE, workers=clients // 2)
    workers = 2 if url.startswith("postgresql") else 1
    server = ServerProcess(write_config(folder, url, workers=workers))
    with running(server):
        ledger = await Crowd(town, server.port, changes, generator.getrandbits(32)).gather()
        assert server.stop() in (0, -SIGTERM), server.log[-4000:]
    assert "Traceback" not in server.log, server.log[-4000:]
    assert ledger.looks["figures"], "nobody looked at the figures meanwhile"
    check_ledger(town, ledger)
    server.verify()
    return ledger
