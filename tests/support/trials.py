"""Trials that the quick tests make small and the soak makes large."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM

from tests.support.aftermath import check_ledger
from tests.support.crowd import Crowd, Ledger
from tests.support.postgres import PostgresServer
from tests.support.server import ServerProcess, running, write_config
from tests.support.siege import Notes, Siege, writers
from tests.support.siege_aftermath import check_siege, until_delivered
from tests.support.tally import NAME, install_tally
from tests.support.town import Town, settle

BESIDE = 2  # accounts that move and read while the crowd works
WRITERS = 16
WHILE_STARTING = 0.15  # of the kills are followed by one during the next start
PATIENCE = 60.0


async def try_crowd(
    folder: Path, url: str, generator: random.Random, *, clients: int, changes: int
) -> Ledger:
    """Let a crowd into a new place and check what it leaves; PostgreSQL is served by two processes."""
    town = settle(url, admins=clients - clients // 2 + BESIDE, workers=clients // 2)
    server = ServerProcess(write_config(folder, url, workers=_workers(url)))
    with running(server):
        ledger = await Crowd(town, server.port, changes, generator.getrandbits(32)).gather()
        assert server.stop() in (0, -SIGTERM), server.log[-4000:]
    assert "Traceback" not in server.log, server.log[-4000:]
    assert ledger.looks["figures"], "nobody looked at the figures meanwhile"
    check_ledger(town, ledger)
    server.verify()
    return ledger


@dataclass
class Deaths:
    """How often something was killed, and how long a server took to start again."""

    kills: int = 0
    slowest_start: float = 0.0


@dataclass
class Toll(Deaths):
    """What a siege came to: how often what was killed, and how long it took to be well again."""

    slowest_heal: float = 0.0
    notes: Notes = field(default_factory=Notes)

    def __str__(self) -> str:
        notes = self.notes
        return (
            f"{self.kills} kills; {notes.acknowledged} changes acknowledged, {notes.lost} answers lost, "
            f"{len(notes.unknown)} creations given up;"
        )


async def try_kills(folder: Path, url: str, generator: random.Random, until: Callable[[Toll], bool]) -> Toll:
    """Kill the server again and again while clients write, and check that nothing acknowledged is lost."""
    town, server, toll = *_besieged(folder, url), Toll()
    with running(server):
        async with Siege(writers(town, server.port, generator, toll.notes), toll.notes) as siege:
            while not until(toll):
                await siege.progress(generator.randrange(1, 40), PATIENCE)
                await kill(server, generator, toll)
            await siege.progress(WRITERS, PATIENCE)
        await _settled(town, server, toll)
    return toll


async def kill(server: ServerProcess, generator: random.Random, deaths: Deaths) -> None:
    """Kill a server in the middle of its work, sometimes again while it starts, and wait until it serves."""
    await asyncio.sleep(generator.uniform(0, 0.3))
    server.kill()
    deaths.kills += 1
    while generator.random() < WHILE_STARTING:
        server.begin()
        await asyncio.sleep(generator.uniform(0, 3))
        server.kill()
        deaths.kills += 1
    deaths.slowest_start = max(deaths.slowest_start, await asyncio.to_thread(server.start))


async def try_crashes(
    folder: Path,
    postgres: PostgresServer,
    url: str,
    generator: random.Random,
    until: Callable[[Toll], bool],
    longest: float,
) -> Toll:
    """Kill PostgreSQL again and again while clients write; the server goes on by itself."""
    town, server, toll = *_besieged(folder, url), Toll()
    with running(server):
        async with Siege(writers(town, server.port, generator, toll.notes), toll.notes) as siege:
            while not until(toll):
                await siege.progress(generator.randrange(1, 40), PATIENCE)
                await asyncio.to_thread(postgres.crash)
                await asyncio.sleep(generator.uniform(0, longest))
                await asyncio.to_thread(postgres.start)
                toll.kills += 1
                began = time.monotonic()
                await siege.progress(1, PATIENCE)
                toll.slowest_heal = max(toll.slowest_heal, time.monotonic() - began)
            await siege.progress(WRITERS, PATIENCE)
        await _settled(town, server, toll)
    return toll


def _besieged(folder: Path, url: str) -> tuple[Town, ServerProcess]:
    town = settle(url, admins=WRITERS, workers=0)
    config = write_config(folder / "place", url, workers=_workers(url), plugins=[NAME])
    return town, ServerProcess(config, install_tally(folder / "site"))


async def _settled(town: Town, server: ServerProcess, toll: Toll) -> None:
    await until_delivered(town.url)
    assert server.stop() in (0, -SIGTERM), server.log[-4000:]
    check_siege(town, toll.notes)
    server.verify()


def _workers(url: str) -> int:
    return 2 if url.startswith("postgresql") else 1
