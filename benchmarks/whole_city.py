"""`make bench-city`: the whole of a Jiaxing-sized city, 5.5 million residents, beside one of 300,000.

It tells how long filling takes, the size on disk, memory, and for Q1 to Q5 the time of a first request after
a restart with nothing in the caches, and the median of warm ones in both cities.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg

from benchmarks import load, processes, servers
from benchmarks.city import Size
from benchmarks.place import Place, prepare
from benchmarks.postgres import running
from benchmarks.servers import ROOT, Server
from benchmarks.workload import Job, jobs

DOCUMENTS: Final = ("Q1", "Q2", "Q3", "Q4", "Q5")
WHOLE: Final = Size(residents=5_500_000, organizations=60_000, projects=150_000)
SMALL: Final = Size()
COLD: Final = 5  # restarts with empty caches; the median is told
SECONDS: Final = 3.0
WARM_ROUNDS: Final = 3
MIB: Final = 2**20


@dataclass(frozen=True)
class Figures:
    """What one city costs; times in milliseconds, sizes in MiB.

    Attributes:
        fill_seconds: None where the city was there already.
        disk: by table, with its indexes.
        warm: median time by document, one request at a time.
        cold: the same of first requests after a restart, with nothing cached.
        memory: of the server, and of the database with what its processes share counted once.
    """

    residents: int
    fill_seconds: float | None
    disk: dict[str, int]
    warm: dict[str, float]
    cold: dict[str, float]
    memory: dict[str, int]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-city", description=__doc__)
    parser.add_argument("--residents", type=int, default=WHOLE.residents)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench-city")
    parser.add_argument("--beside", type=Path, default=ROOT / "var" / "bench", help="the city of make bench")
    asked = parser.parse_args()
    load.check_tool()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are ended on the way out
    whole = Size(asked.residents, WHOLE.organizations, WHOLE.projects)
    small = figures(asked.beside.resolve(), SMALL)
    large = figures(asked.folder.resolve(), whole)
    found = {"small": vars(small), "whole": vars(large), "ratios": ratios(small, large)}
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    (asked.folder / "last.json").write_text(text, encoding="utf-8")
    if whole == WHOLE:
        (ROOT / "benchmarks" / "city_results.json").write_text(text, encoding="utf-8")
    print(text)


def figures(folder: Path, size: Size) -> Figures:
    """Fill a city where it is not there yet, and measure it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    began, known = time.monotonic(), (folder / "city.json").exists()
    with served(folder, size) as (place, server):
        filled = None if known else time.monotonic() - began
        work = jobs(place, "linli", "linli", DOCUMENTS)
        warm = {job.name: median(_warm(server, place, job)) for job in work}
        memory = {
            "server": processes.resident_bytes(server.pid) // MIB,
            "database": processes.own_bytes(place.server.pid) // MIB,
        }
        disk = _disk(place)
    first: dict[str, list[float]] = {}
    for number in range(COLD):
        forget(folder)
        with served(folder, size, place) as (_, server):
            for job in work:
                first.setdefault(job.name, []).append(_first(server, job, number))
    cold = {name: median(found) for name, found in first.items()}
    return Figures(size.residents, filled, disk, warm, cold, memory)


@contextmanager
def served(folder: Path, size: Size, known: Place | None = None) -> Iterator[tuple[Place, Server]]:
    """Run the database and one process of Linli; nothing is read of a place that is known."""
    with running(folder / "postgres") as database:
        place = replace(known, server=database) if known else prepare(folder, database, size)
        server = servers.start("linli", place, 1)
        try:
            yield place, server
        finally:
            server.stop()


def forget(folder: Path) -> None:
    """Have the system drop the database's files from its cache; PostgreSQL has none while it is down."""
    for file in (folder / "postgres").rglob("*"):
        if file.is_file() and file.stat().st_size:
            descriptor = os.open(file, os.O_RDONLY)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def ratios(small: Figures, large: Figures) -> dict[str, float]:
    """Return how much longer each document takes in the larger city, warm."""
    return {name: round(large.warm[name] / small.warm[name], 2) for name in small.warm}


def _warm(server: Server, place: Place, job: Job) -> Iterator[float]:
    load.run(server, place.server.pid, job, 1, SECONDS)
    for _ in range(WARM_ROUNDS):
        yield load.run(server, place.server.pid, job, 1, SECONDS).p50


def _first(server: Server, job: Job, number: int) -> float:
    """Return the time of one request that nobody has sent before it."""
    body = job.bodies[number * 37 % len(job.bodies)]
    began = time.perf_counter()
    server.ask(body, job.token)
    return 1000 * (time.perf_counter() - began)


def _disk(place: Place) -> dict[str, int]:
    tables = "FROM pg_class WHERE relkind = 'r' AND relname LIKE 'core_%'"
    with psycopg.connect(place.url) as connection:
        sizes = f"SELECT relname, pg_total_relation_size(oid) {tables}"
        rows: Sequence[Any] = connection.execute(sizes.encode()).fetchall()
    found = {str(name): int(size) // MIB for name, size in rows if int(size) > MIB}
    return {"total": sum(found.values())} | dict(sorted(found.items(), key=lambda one: -one[1]))


if __name__ == "__main__":
    main()
