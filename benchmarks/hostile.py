"""What hostile documents cost, and what a healthy client feels of them.

python -m benchmarks.hostile [--seconds 15] [--rounds 4] [--rate 200] [--database postgresql]

First each document alone: the processor time that the server's processes spend on it. Then a healthy client
sends five requests a second, without and with somebody who sends all the documents over and over.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from typing import Final

import httpx
from tests.support.hostile_documents import ANSWERED, REFUSED

from benchmarks import guarded, processes

DOCUMENTS: Final = {**REFUSED, **ANSWERED}
REPEATED: Final = 5
MOST_MILLISECONDS: Final = 100
HEALTHY: Final = "{grids {nodes {name residents(first: 20) {totalCount nodes {id name grid {name}}}}}}"
EVERY: Final = 0.2
RATIO: Final = 2
LEAD: Final = 3  # seconds until all attackers are at work


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.hostile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--attackers", type=int, default=4)
    parser.add_argument("--rate", type=float, default=200, help="hostile documents a second, all told")
    parser.add_argument("--database", choices=(*guarded.DATABASES, "both"), default="both")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="linli-hostile-") as name:
        folder = Path(name)
        with guarded.databases(folder, asked.database) as urls:
            for kind, url in urls.items():
                place = guarded.settle(folder / kind, url, 2)
                with guarded.serving(place.config, limits__requests_per_second=0) as (port, pid):
                    print(f"{kind}, processor time of each document:")
                    asyncio.run(_costs(place, port, pid))
                with guarded.serving(place.config) as (port, _):
                    asyncio.run(_felt(place, port, asked))


def _client(port: int, token: str | None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"http://127.0.0.1:{port}"
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False)


async def _costs(place: guarded.Guarded, port: int, pid: int) -> None:
    worst = 0.0
    async with _client(port, place.tokens[1]) as client:
        await client.post("/graphql", json={"query": HEALTHY})
        for name, text in DOCUMENTS.items():
            before, statuses = processes.seconds(pid), set[int]()
            for number in range(REPEATED):
                # Another text each time, or it would be known.
                answer = await client.post("/graphql", json={"query": f"{text} #{number}"})
                statuses.add(answer.status_code)
            spent = 1000 * (processes.seconds(pid) - before) / REPEATED
            worst = max(worst, spent)
            code = next((one["extensions"]["code"] for one in answer.json().get("errors", ())), "answered")
            print(f"  {spent:5.0f} ms  {len(text):7,} bytes  {name}: {code}")
    print(f"  {worst:.0f} ms at most; the line is {MOST_MILLISECONDS}", flush=True)


async def _felt(place: guarded.Guarded, port: int, asked: argparse.Namespace) -> None:
    """Measure alone and beside the attackers in turn: what else the machine does then meets both alike."""
    alone, beside, sent = list[float](), list[float](), 0
    # Attackers are processes of their own: what they spend must not slow down the client that measures.
    with ProcessPoolExecutor(asked.attackers, initializer=_give_way) as pool:
        async with _client(port, place.tokens[0]) as healthy:
            await _healthy(healthy, LEAD)
            for _ in range(asked.rounds):
                alone += await _healthy(healthy, asked.seconds)
                attack = partial(_attack, port, LEAD + asked.seconds, asked.attackers / asked.rate)
                tokens = [place.tokens[1] if number % 2 else None for number in range(asked.attackers)]
                attacks = [pool.submit(attack, token) for token in tokens]
                await asyncio.sleep(LEAD)
                beside += await _healthy(healthy, asked.seconds)
                sent += sum([await asyncio.wrap_future(one) for one in attacks])
    rate = sent / asked.rounds / (LEAD + asked.seconds)
    print(
        f"  a healthy client: {len(alone)} requests alone, {len(beside)} beside {rate:.0f} documents a second"
    )
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        before, after = _at(share, alone), _at(share, beside)
        print(f"    {name} {before:.0f} and {after:.0f} ms, {after / before:.1f} times", flush=True)
    print(f"    the line is {RATIO} times at p99", flush=True)


async def _healthy(client: httpx.AsyncClient, seconds: float) -> list[float]:
    found, until = list[float](), time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        answer = await client.post("/graphql", json={"query": HEALTHY})
        answer.raise_for_status()
        found.append(time.perf_counter() - began)
        await asyncio.sleep(max(EVERY - found[-1], 0))
    return found


def _give_way() -> None:
    """Let server and measuring client run first: attackers have machines of their own."""
    os.nice(19)


def _attack(port: int, seconds: float, pause: float, token: str | None) -> int:
    """Send one document after the other for so long; return how many there were."""
    sent, until = 0, time.perf_counter() + seconds
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for text in cycle(DOCUMENTS.values()):
        if (began := time.perf_counter()) > until:
            break
        body = json.dumps({"query": f"{text} #{time.perf_counter_ns()}"})
        connection.request("POST", "/graphql", body, headers)
        connection.getresponse().read()
        sent += 1
        time.sleep(max(pause - (time.perf_counter() - began), 0))
    connection.close()
    return sent


def _at(share: float, times: list[float]) -> float:
    return 1000 * sorted(times)[int(share * (len(times) - 1))]


if __name__ == "__main__":
    main()
