"""A small place as the benchmarks of limits serve it: a community, those who work in it, its residents."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import Connection, insert, select

from benchmarks import postgres
from benchmarks.servers import free_port, listens
from linli import model as t
from linli.access.actors import create_token
from linli.clock import now
from linli.commands.users import insert_account, insert_role
from linli.database.migrate import migrate
from linli.deployment import make_key, open_deployment
from linli.ids import public_id, uuid7

CONFIG: Final = """
language = "en"
profile = "production"
[database]
url = "{url}"
[security]
key_file = "linli.key"
"""
RESIDENTS: Final = 1_000
PATIENCE: Final = 60.0
DATABASES: Final = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Guarded:
    """A settled place: its configuration, the public id of its community, and tokens of its staff."""

    config: Path
    grid: str
    tokens: tuple[str, ...] = field(repr=False)


@contextmanager
def databases(folder: Path, wanted: str) -> Iterator[Mapping[str, str]]:
    """Give the URL of an empty database of each kind that is wanted, by its kind."""
    found = {"sqlite": f"sqlite:///{folder / 'linli.db'}"} if wanted != "postgresql" else {}
    if wanted == "sqlite":
        yield found
        return
    folder.chmod(0o755)
    with postgres.running(folder / "cluster") as cluster:
        with psycopg.connect(cluster.url(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE place TEMPLATE template0")
        yield found | {"postgresql": cluster.url("place")}


def settle(folder: Path, url: str, staff: int) -> Guarded:
    """Settle an empty database."""
    folder.mkdir()
    config = folder / "linli.toml"
    config.write_text(CONFIG.format(url=url), encoding="utf-8")
    make_key(folder / "linli.key")
    deployment = open_deployment(config, {})
    migrate(deployment.database, deployment.migrations)
    with deployment.database.begin() as connection:
        grid, tokens = _settled(connection, staff)
    deployment.database.engine.dispose()
    return Guarded(config, grid, tokens)


def _settled(connection: Connection, staff: int) -> tuple[str, tuple[str, ...]]:
    made = {"created_at": now(), "updated_at": now(), "valid_from": now(), "search": ""}
    grid = {"id": uuid7(), "key": 1, "path": "/1/", "name": "社区", "level": "community"}
    connection.execute(insert(t.grid), grid | made | {"code_scheme": "local", "spine": True})
    row = connection.execute(select(t.grid)).one()
    people = [
        {"id": uuid7(), "name": f"王{number}", "grid_id": row.id, "path": row.path} | made
        for number in range(RESIDENTS)
    ]
    connection.execute(insert(t.resident), people)
    tokens = []
    for number in range(staff):
        account = insert_account(connection, f"w{number}", "王")
        insert_role(connection, account, "community_worker", row)
        tokens.append(create_token(connection, account, "bench", 1))
    return public_id("grid", row.id), tuple(tokens)


@contextmanager
def serving(config: Path, **settings: object) -> Iterator[tuple[int, int]]:
    """Serve a place with further settings; give the port and the first process."""
    port, log = free_port(), config.with_suffix(".log")
    command = [sys.executable, "-m", "linli.cli", "serve", "--config", str(config), "--port", str(port)]
    more = {f"LINLI_{name.upper()}": str(value) for name, value in settings.items()}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **more})
    try:
        until = time.monotonic() + PATIENCE
        while not listens(port) and time.monotonic() < until and process.poll() is None:
            time.sleep(0.1)
        if not listens(port):
            raise RuntimeError(log.read_text("utf-8"))
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE)
