"""The server as an operator starts it: processes of its own on 127.0.0.1, stopped and killed at will."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from linli.deployment import make_key

CONFIG = """\
profile = "production"
language = "en"

[database]
url = "{url}"

[server]
workers = {workers}

[limits]
requests_per_second = 0

[security]
key_file = "linli.key"

[plugins]
enabled = {plugins}
"""
PROGRAM = str(Path(sys.executable).with_name("linli"))
PATIENCE = 60.0


def write_config(folder: Path, url: str, *, workers: int = 1, plugins: Sequence[str] = ()) -> Path:
    """Write the configuration of a place and its key; return the configuration's file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "linli.toml"
    file.write_text(CONFIG.format(url=url, workers=workers, plugins=list(plugins)), encoding="utf-8")
    make_key(folder / "linli.key")
    return file


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@dataclass
class ServerProcess:
    """A server with all its processes, on one port for as long as it lives; `site` holds further plugins."""

    config: Path
    site: Path | None = None
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the server has said."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """The first process, whose group the others belong to."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> float:
        """Start it and wait until it is ready; return how many seconds that took."""
        began = time.monotonic()
        process = self.begin()
        while not self.is_ready():
            if process.poll() is not None or time.monotonic() - began > PATIENCE:
                self.kill()
                raise RuntimeError(f"the server did not start; its log ends with:\n{self.log[-4000:]}")
            time.sleep(0.05)
        return time.monotonic() - began

    def begin(self) -> subprocess.Popen[bytes]:
        """Start it and do not wait."""
        command = [PROGRAM, "serve", "--config", str(self.config), "--port", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self._environment(), start_new_session=True
            )
        return self._process

    def is_ready(self) -> bool:
        """Whether it says that it may be sent requests."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def is_gone(self) -> bool:
        """Whether nobody listens any more."""
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) != 0

    def verify(self) -> None:
        """Have `linli verify` look at everything; it must find it sound."""
        command = [PROGRAM, "verify", "--config", str(self.config)]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def kill(self) -> None:
        """SIGKILL to every process of the server at once."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if how is signal.SIGTERM:
            process.terminate()
        else:
            os.killpg(process.pid, how)
        try:
            return process.wait(PATIENCE)
        finally:
            _end_group(process.pid)

    @property
    def _log(self) -> Path:
        return self.config.with_name("server.log")

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LINLI_", "PG"))}
        if self.site is not None:
            path = os.pathsep.join(filter(None, [str(self.site), os.environ.get("PYTHONPATH", "")]))
            kept["PYTHONPATH"] = path
        return kept


def _end_group(group: int) -> None:
    """End whoever is left of a process group that we made."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def running(server: ServerProcess) -> Iterator[ServerProcess]:
    """A server that runs inside, however it is killed and started meanwhile."""
    server.start()
    try:
        yield server
    finally:
        server.kill()
