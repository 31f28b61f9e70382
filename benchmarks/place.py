"""The deployment that is measured: its database filled once, its actors, its configuration."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import select

from benchmarks.city import City, Size
from benchmarks.postgres import Postgres
from linli import model as t
from linli import rollup
from linli.access.actors import create_token
from linli.commands.users import insert_account, insert_role
from linli.counts import core_counts
from linli.database.database import Database, open_database
from linli.database.migrate import CORE_LINE, migrate
from linli.deployment import make_key

DATABASE: Final = "bench"
VERSION: Final = 1  # of the generator: another one is another city
CONFIG: Final = """\
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
"""
MADE: Final = "压测项目"  # what M1 makes is called so, and removed afterwards
RLS_TABLES: Final = ("core_resident", "core_residence", "core_membership", "core_project")


@dataclass(frozen=True)
class Place:
    """A filled database and the tokens of its actors, by role."""

    folder: Path
    server: Postgres
    city: City
    tokens: dict[str, str]
    anchors: dict[str, list[str]]

    @property
    def url(self) -> str:
        return self.server.url(DATABASE)

    def config(self, workers: int) -> Path:
        """Write the configuration of a server with so many processes and return its file."""
        folder = self.folder / f"linli-{workers}"
        folder.mkdir(exist_ok=True)
        file = folder / "linli.toml"
        file.write_text(CONFIG.format(url=self.url, workers=workers), encoding="utf-8")
        make_key(folder / "linli.key")
        return file

    def clean(self) -> None:
        """Remove what M1 has made, so that every run begins with the same rows."""
        traces = "core_event, core_delivery, core_idempotency, core_audit, core_seal, core_rollup_delta"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            found = connection.execute(f"DELETE FROM core_project WHERE name LIKE '{MADE}%'".encode())
            if found.rowcount:
                connection.execute(f"TRUNCATE {traces}".encode())
        for file in self.folder.glob("linli-*/audit-head.json*"):
            file.unlink()
        if found.rowcount:
            database = open_database(self.url)
            with database.begin() as opened:
                rollup.recount(opened, core_counts())
            database.engine.dispose()
            self.vacuum()

    def made(self) -> int:
        """Return how many rows M1 has made."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute(
                f"SELECT count(*) FROM core_project WHERE name LIKE '{MADE}%'".encode()
            )
            return int(found.fetchall()[0][0])

    def vacuum(self) -> None:
        """Bring every table's statistics up to date."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def prepare(folder: Path, server: Postgres, size: Size) -> Place:
    """Return the place of a size; it is built where the folder does not hold it yet."""
    city = City(size)
    stamp = folder / "city.json"
    wanted = {"version": VERSION, "size": json.loads(json.dumps(asdict(size)))}
    known: dict[str, Any] = json.loads(stamp.read_text("utf-8")) if stamp.exists() else {}
    if known.get("city") != wanted:
        known = {"city": wanted, **_build(server, city)}
        stamp.write_text(json.dumps(known, indent=1), encoding="utf-8")
    place = Place(folder, server, city, known["tokens"], known["anchors"])
    database = open_database(place.url)
    migrate(database, [CORE_LINE])
    database.engine.dispose()
    place.clean()
    _peers(place)
    return place


def _build(server: Postgres, city: City) -> dict[str, Any]:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}".encode())
        connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0".encode())
    database = open_database(server.url(DATABASE))
    migrate(database, [CORE_LINE])
    with database.begin() as opened:
        city.fill(opened, lambda table, rows: print(f"  {table}: {rows:,} rows", flush=True))
    found = _actors(database, city)
    database.engine.dispose()
    with psycopg.connect(server.url(DATABASE), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return found


def _actors(database: Database, city: City) -> dict[str, Any]:
    """Make the four actors; the grid worker has two grids far apart, with more than a page of people."""
    grids = city.level("grid")
    wanted = {
        "city_admin": [city.level("city")[0]],
        "district_admin": [city.level("county")[3]],
        "street_admin": [city.level("town")[36]],
        "grid_worker": [grids[len(grids) // 7], grids[len(grids) * 4 // 5]],
    }
    found: dict[str, str] = {}
    with database.begin() as opened:
        for role, anchors in wanted.items():
            account = insert_account(opened, f"bench_{role}", role)
            for one in anchors:
                row = opened.execute(select(t.grid).where(t.grid.c.id == one.id)).one()
                insert_role(opened, account, role, row)
            found[role] = create_token(opened, account, "bench", 3650)
    return {"tokens": found, "anchors": {role: [one.path for one in at] for role, at in wanted.items()}}


def _peers(place: Place) -> None:
    """Give the peers what they need in the database: functions, smart tags and row-level security."""
    file = Path(__file__).parent / "peers" / "postgraphile" / "schema.sql"
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute(file.read_bytes())
