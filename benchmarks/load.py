"""One round of load: wrk against one server, with the processor time that the round took."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from benchmarks import processes
from benchmarks.servers import Missing, Server, headers
from benchmarks.workload import Job

SCRIPT: Final = Path(__file__).with_name("load.lua")
MARK: Final = "RESULT "


@dataclass(frozen=True)
class Round:
    """What one round gave; times in milliseconds, processor time per request.

    Attributes:
        others: the share of the machine's processors that went to neither server, database nor wrk.
    """

    rps: float
    p50: float
    p99: float
    server_cpu: float
    database_cpu: float
    requests: int
    failed: int
    others: float


def check_tool() -> None:
    """Look for wrk.

    Raises:
        Missing: it is not installed.
    """
    if shutil.which("wrk") is None:
        raise Missing("wrk is not installed (on Debian: apt-get install wrk).")


def run(server: Server, database: int, job: Job, connections: int, seconds: float) -> Round:
    """Load a server for some seconds; `database` is PostgreSQL's first process."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as bodies:
        bodies.write("\n".join(job.bodies))
        bodies.flush()
        began, before = time.monotonic(), _spent(server, database)
        found = _wrk(server, bodies.name, job, connections, seconds)
        took, after = time.monotonic() - began, _spent(server, database)
    requests = max(found["requests"], 1)
    served, stored, loading, everything = (end - begin for begin, end in zip(before, after, strict=True))
    others = (everything - served - stored - loading) / (took * (os.cpu_count() or 1))
    return Round(
        rps=found["requests"] / found["seconds"],
        p50=found["p50_ms"],
        p99=found["p99_ms"],
        server_cpu=1000 * served / requests,
        database_cpu=1000 * stored / requests,
        requests=found["requests"],
        failed=found["failed"],
        others=max(others, 0.0),
    )


def _spent(server: Server, database: int) -> tuple[float, float, float, float]:
    """Return the processor time of the server, of the database, of the load, and of everything."""
    own = os.times()
    loading = own.user + own.system + own.children_user + own.children_system
    return processes.seconds(server.pid), processes.seconds(database), loading, processes.busy_seconds()


def _wrk(server: Server, bodies: str, job: Job, connections: int, seconds: float) -> dict[str, Any]:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(round(seconds), 1)}s", "--timeout", "20s"]
    command += ["-s", str(SCRIPT)]
    for name, value in headers(job.token).items():
        command += ["-H", f"{name}: {value}"]
    command += [f"http://127.0.0.1:{server.port}/graphql", "--", bodies, uuid4().hex]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60)
    lines = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if not lines:
        raise RuntimeError(f"wrk gave no result: {done.stdout}{done.stderr}")
    found: dict[str, Any] = json.loads(lines[0].removeprefix(MARK))
    return found
