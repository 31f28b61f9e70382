"""`make bench`: Linli beside its peers, over one database, in one run."""

import argparse
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks import load, processes, report, servers
from benchmarks.city import Size
from benchmarks.load import Round
from benchmarks.place import Place, prepare
from benchmarks.postgres import running
from benchmarks.servers import ALL, ROOT, Missing, Server
from benchmarks.workload import KEY, NAMES, WRITE, Job, jobs, normal

CHECKED: Final = 8  # bodies of each document that all must answer alike
CONCURRENCIES: Final = (1, 16)
SLOW: Final = 60.0  # requests a second below which a round lasts three times as long
SHOWN: Final = 1_500  # characters of two answers that differ


@dataclass(frozen=True)
class Options:
    """What to measure, and how long."""

    folder: Path
    residents: int
    peers: tuple[str, ...]
    documents: tuple[str, ...]
    workers: tuple[int, ...]
    rounds: int
    seconds: float
    warm: float

    @property
    def is_whole(self) -> bool:
        """Whether the figures are fit to be committed."""
        whole = self.peers == ALL and self.documents == NAMES and self.residents == Size.residents
        return whole and self.rounds >= 3 and self.seconds >= 3


@dataclass
class Run:
    """What has been found so far."""

    skipped: dict[str, str] = field(default_factory=dict)
    rounds: dict[report.Key, list[Round]] = field(default_factory=dict)


def main(arguments: Sequence[str]) -> int:
    """Measure and report; return the exit code."""
    options = _options(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / ".gitignore").write_text("*\n")
    try:
        load.check_tool()
    except Missing as missing:
        print(f"skipped, because {missing}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are ended on the way out
    run = Run()
    with running(options.folder / "postgres") as database:
        print("The city is made or found …", flush=True)
        place = prepare(options.folder, database, Size(residents=options.residents))
        for workers in options.workers:
            _phase(run, place, options, workers)
            place.clean()
        found = report.results(run.rounds, run.skipped, place)
    report.write(found, options.folder, ROOT if options.is_whole else None)
    print(report.tables(found))
    return 0


def _options(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of each")
    parser.add_argument("--only", default=",".join(NAMES), help="documents, such as Q1,Q3")
    parser.add_argument("--peers", default=",".join(ALL), help="servers, such as linli,floor")
    parser.add_argument("--workers", default="1,2", help="numbers of processes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="where the city is kept")
    parser.add_argument("--residents", type=int, default=Size.residents, help="how many live in the city")
    given = parser.parse_args(arguments)
    rounds, seconds, warm = (1, 2.0, 1.0) if given.quick else (given.rounds, given.seconds, 2.0)
    return Options(
        folder=given.folder.resolve(),
        residents=given.residents,
        peers=tuple(name for name in ALL if name in given.peers.split(",")),
        documents=tuple(name for name in NAMES if name in given.only.split(",")),
        workers=tuple(int(one) for one in given.workers.split(",")),
        rounds=rounds,
        seconds=seconds,
        warm=warm,
    )


def _phase(run: Run, place: Place, options: Options, workers: int) -> None:
    """Measure all peers with so many processes each."""
    with _started(run, place, options.peers, workers) as started:
        work = {
            server.name: jobs(place, server.name, server.dialect, options.documents) for server in started
        }
        _check(started, work)
        for server in started:
            processes.pause(server.pid)
        names = list(dict.fromkeys(job.name for found in work.values() for job in found))
        for name in sorted(names, key=lambda one: one.startswith(WRITE)):
            pairs = [(one, job) for one in started for job in work[one.name] if job.name == name]
            _measure(run, place, options, workers, pairs)


@contextmanager
def _started(run: Run, place: Place, peers: Sequence[str], workers: int) -> Iterator[list[Server]]:
    with ExitStack() as stack:
        found = []
        for name in peers:
            try:
                server = servers.start(name, place, workers)
            except Missing as missing:
                run.skipped[name] = str(missing)
                print(f"{name}: skipped, because {missing}", flush=True)
                continue
            stack.callback(server.stop)
            found.append(server)
        yield found


def _check(started: Sequence[Server], work: Mapping[str, Sequence[Job]]) -> None:
    """See that all answer alike; the first one is what the others are compared with. Writes come last."""
    known: dict[tuple[str, int], object] = {}
    pairs = [(one, job) for one in started for job in work[one.name]]
    for server, job in sorted(pairs, key=lambda pair: pair[1].is_write):
        name = "Q4" if job.name == "Q4r" else job.name
        for number, body in enumerate(job.bodies[:CHECKED]):
            sent = body.replace(KEY, f"check{number}-{server.pid}")
            found = normal(server.ask(sent, job.token), name)
            if known.setdefault((name, number), found) != found:
                told = f"{str(found)[:SHOWN]}\n{str(known[name, number])[:SHOWN]}"
                raise SystemExit(
                    f"{server.name} answers {job.name} unlike {started[0].name} (body {number}):\n{told}"
                )
    print(f"All of {', '.join(one.name for one in started)} answer alike.", flush=True)


def _measure(
    run: Run, place: Place, options: Options, workers: int, pairs: Sequence[tuple[Server, Job]]
) -> None:
    slow: dict[str, bool] = {}
    for connections in CONCURRENCIES:
        for number in range(options.rounds):
            turn = number % len(pairs)
            for server, job in [*pairs[turn:], *pairs[:turn]]:
                processes.resume(server.pid)
                seconds = options.seconds
                if number == 0:
                    warm = load.run(server, place.server.pid, job, max(CONCURRENCIES), options.warm)
                    slow[server.name] = warm.rps < SLOW
                if slow[server.name]:
                    seconds *= 3
                processes.settle(server.pid)
                made = place.made() if job.is_write else 0
                found = load.run(server, place.server.pid, job, connections, seconds)
                processes.settle(server.pid)
                if job.is_write:
                    found = replace(found, failed=max(found.requests - place.made() + made, found.failed))
                processes.pause(server.pid)
                key = report.Key(job.name, server.name, workers, connections)
                run.rounds.setdefault(key, []).append(found)
                print(f"{key.label}: {report.line(found)}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
