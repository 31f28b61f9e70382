"""The servers that are measured: how each is installed, started as for production, and ended."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks import processes
from benchmarks.place import Place

ROOT: Final = Path(__file__).parent.parent
PEERS: Final = Path(__file__).parent / "peers"
NODE: Final = PEERS / "postgraphile" / "node_modules" / "node" / "bin" / "node"
STRAWBERRY: Final = ROOT / ".venv" / "bench-strawberry"
ALL: Final = ("linli", "floor", "postgraphile", "postgraphile_rls", "strawberry")
POOL: Final = 4  # connections of each process, as Linli's own
PATIENCE: Final = 60.0


class Missing(Exception):  # noqa: N818 - a state of this machine, not a mistake
    """A peer cannot run here; the sentence says why."""


@dataclass
class Server:
    """One peer's running server."""

    name: str
    dialect: str
    port: int
    process: "subprocess.Popen[bytes]" = field(repr=False)
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def ask(self, body: str, token: str | None) -> Any:
        """Send one request and return the decoded answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", "/graphql", body.encode(), headers(token))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def stop(self) -> None:
        """End it and everything below it."""
        pids = processes.tree(self.pid)
        processes.resume(self.pid)
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE)
        for pid in pids[1:]:
            _await_end(pid)


def headers(token: str | None) -> dict[str, str]:
    """Return the headers that each request carries."""
    plain = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
    return plain | ({"Authorization": f"Bearer {token}"} if token else {})


def start(name: str, place: Place, workers: int) -> Server:
    """Start a peer and wait until it listens.

    Raises:
        Missing: what it needs is not on this machine.
    """
    port = free_port()
    dialect, command, folder, environ = _command(name, place, workers, port)
    log = place.folder / f"{name}-{workers}.log"
    plain = {key: one for key, one in os.environ.items() if not key.startswith(("PG", "LINLI"))}
    with log.open("wb") as opened:
        process = subprocess.Popen(
            command, stdout=opened, stderr=opened, cwd=folder, env=plain | environ, start_new_session=True
        )
    server = Server(name, dialect, port, process, log)
    began = time.monotonic()
    while not listens(port):
        if process.poll() is not None or time.monotonic() - began > PATIENCE:
            process.kill()
            raise Missing(f"it did not start; its log ends with: {log.read_text('utf-8')[-800:]}")
        time.sleep(0.1)
    time.sleep(1.0)  # until every process of it listens
    return server


def _command(name: str, place: Place, workers: int, port: int) -> tuple[str, list[str], Path, dict[str, str]]:
    environ = {"DATABASE_URL": place.url, "PORT": str(port), "WORKERS": str(workers), "POOL": str(POOL)}
    if name == "linli":
        program = str(Path(sys.executable).with_name("linli"))
        command = [program, "serve", "--config", str(place.config(workers)), "--port", str(port)]
        return "linli", command, ROOT, {}
    if name in {"floor", "strawberry"}:
        python = sys.executable if name == "floor" else str(_strawberry())
        command = [python, "-m", "uvicorn", "server:app", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--workers", str(workers), "--loop", "uvloop", "--http", "httptools"]
        command += ["--no-access-log", "--log-level", "warning"]
        return name, command, PEERS / name, environ
    environ |= {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    if name == "postgraphile_rls":
        environ["DATABASE_URL"] = place.server.url("bench", "bench_authenticator")
        low = place.anchors["city_admin"][0]
        environ["RLS"] = json.dumps({place.tokens["city_admin"]: {"low": low, "high": f"{low[:-1]}0"}})
    return "postgraphile", [str(_node()), "server.js"], PEERS / "postgraphile", environ


def _node() -> Path:
    """Return Node 22 as npm brings it beside PostGraphile, installed from the lock file if need be."""
    if not NODE.exists():
        if shutil.which("npm") is None:
            raise Missing("npm is not installed (on Debian: apt-get install npm).")
        done = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"],
            cwd=PEERS / "postgraphile",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not NODE.exists():
            raise Missing(f"npm could not install it: {done.stderr.strip()[-400:]}")
    return NODE


def _strawberry() -> Path:
    python = STRAWBERRY / "bin" / "python"
    stamp, lock = STRAWBERRY / ".installed", PEERS / "strawberry" / "requirements.lock"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        commands = (
            [sys.executable, "-m", "venv", str(STRAWBERRY)],
            [*pip, "--require-hashes", "-r", str(lock)],
        )
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Missing(f"pip could not install it: {done.stderr.strip()[-400:]}")
        stamp.write_bytes(lock.read_bytes())
    return python


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _await_end(pid: int) -> None:
    began = time.monotonic()
    while Path(f"/proc/{pid}").exists() and time.monotonic() - began < 10:
        time.sleep(0.05)
