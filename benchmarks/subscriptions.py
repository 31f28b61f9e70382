"""Many open subscriptions and one deed: how long until the last of them has heard of it.

python -m benchmarks.subscriptions [--number 1000] [--database sqlite]

Each subscription has a socket of its own; they come from several addresses, 50 from each, and belong to
accounts with 50 each, which is what the limits allow to begin with.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks import guarded, processes

EACH: Final = 50
AT_ONCE: Final = 50
SECONDS: Final = 60
FOLLOW: Final = """subscription ($within: ID!) {
  events(within: $within) { topic subject { id ... on Resident { name } } grid { name } }
}"""
CREATE: Final = """mutation ($grid: ID!) {
  createResident(input: {grid: $grid, name: "王小明"}) { errors { code } resident { id } }
}"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.subscriptions", description=__doc__)
    parser.add_argument("--number", type=int, default=1_000)
    parser.add_argument("--database", choices=(*guarded.DATABASES, "both"), default="both")
    parser.add_argument("--deeds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="linli-subscriptions-") as name:
        folder = Path(name)
        with guarded.databases(folder, asked.database) as urls:
            for kind, url in urls.items():
                place = guarded.settle(folder / kind, url, -(-asked.number // EACH))
                with guarded.serving(place.config, limits__streams=asked.number + EACH) as (port, pid):
                    print(f"{kind}: {asyncio.run(_round(place, port, pid, asked))}", flush=True)


async def _round(place: guarded.Guarded, port: int, pid: int, asked: argparse.Namespace) -> str:
    began = time.perf_counter()
    gate = asyncio.Semaphore(AT_ONCE)

    async def opened(number: int) -> ClientConnection:
        async with gate:
            return await _follow(place, port, number)

    sockets = await asyncio.gather(*map(opened, range(asked.number)))
    opening, spent = time.perf_counter() - began, processes.seconds(pid)
    await asyncio.sleep(5)
    idle = (processes.seconds(pid) - spent) / 5
    rounds = [await _deed(place, port, sockets) for _ in range(asked.deeds)]
    busy = processes.seconds(pid) - spent - 5 * idle
    await asyncio.gather(*(one.close() for one in sockets))
    last = ", ".join(f"{max(one):.2f}" for one in rounds)
    middle = median(second for one in rounds for second in one)
    return (
        f"{len(sockets)} subscriptions opened in {opening:.1f} s; the last heard after {last} s"
        f" (half of them after {middle:.2f}); {idle:.0%} of a processor while nothing happens,"
        f" {busy / asked.deeds:.2f} s for each event"
    )


async def _follow(place: guarded.Guarded, port: int, number: int) -> ClientConnection:
    """Open a socket from one of the machine's own addresses and follow the place."""
    address = f"127.0.0.{2 + number // EACH}"
    socket = await connect(
        f"ws://127.0.0.1:{port}/graphql",
        subprotocols=[Subprotocol("graphql-transport-ws")],
        local_addr=(address, 0),
        proxy=None,
        compression=None,
        ping_interval=None,
    )
    token = place.tokens[number // EACH]
    await socket.send(
        json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
    )
    await socket.recv()
    payload = {"query": FOLLOW, "variables": {"within": place.grid}}
    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
    # Answered in turn: once this is, the subscription has at least begun.
    await socket.send(json.dumps({"type": "ping"}))
    await socket.recv()
    return socket


async def _deed(place: guarded.Guarded, port: int, sockets: list[ClientConnection]) -> list[float]:
    """Do one deed; return after how many seconds each subscriber had heard of it."""
    body = {"query": CREATE, "variables": {"grid": place.grid}}
    headers = {"Authorization": f"Bearer {place.tokens[0]}"}
    hearing = [asyncio.create_task(_heard(one)) for one in sockets]
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"http://127.0.0.1:{port}/graphql", json=body, headers=headers)
    done = time.perf_counter()
    found = answer.json()["data"]["createResident"]
    if found["errors"]:
        raise RuntimeError(str(found["errors"]))
    async with asyncio.timeout(SECONDS):
        return [max(at - done, 0.0) for at in await asyncio.gather(*hearing)]


async def _heard(socket: ClientConnection) -> float:
    told: Any = json.loads(await socket.recv())
    if told["type"] != "next" or told["payload"]["data"]["events"]["topic"] != "resident.created":
        raise RuntimeError(str(told))
    return time.perf_counter()


if __name__ == "__main__":
    main()
