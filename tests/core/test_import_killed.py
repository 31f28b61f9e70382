"""`linli import residents`, killed in the middle: the next run ends as if nothing had happened."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from linli import model as t
from linli.importing.grids import import_grids
from tests.core.deployed import Deployed
from tests.support.imports import counts_are_exact, write_csv, write_cut

HEADER = ["姓名", "网格编码", "户号", "与户主关系"]
CODES = ("330482001001", "330482001201", "330482101006")
ROWS = [
    [f"居民{n}", CODES[n % 3], f"{n % 400}-{n % 3}", "户主" if n < 1200 else "家人"] for n in range(12_000)
]
PATIENCE = 60.0


def test_a_killed_command_is_completed_by_the_next(
    place: Deployed, tmp_path: Path, postgres_copy: str, sqlite_path: Path
) -> None:
    url = f"sqlite:///{sqlite_path}" if place.database.name == "sqlite" else postgres_copy
    environ = {**os.environ, "LINLI_DATABASE__URL": url, "LINLI_LANG": "en"}
    linli = (sys.executable, "-m", "linli.cli")
    subprocess.run([*linli, "init", str(tmp_path / "place")], check=True, capture_output=True, env=environ)
    import_grids(place.database, write_cut(tmp_path / "dist"))
    file = write_csv(tmp_path / "register.csv", [HEADER, *ROWS])
    config = str(tmp_path / "place" / "linli.toml")
    command = [*linli, "import", "residents", str(file), "--config", config]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        _wait_for_the_first_rows(place, running)
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    assert 0 < _entered(place) < len(ROWS)
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stderr
    assert _persons(place) == sorted(
        (name, code, door, relation == "户主") for name, code, door, relation in ROWS
    )
    assert {(run.state, run.rows_done) for run in place.rows(t.import_run)} == {("done", len(ROWS))}
    assert counts_are_exact(place.database)


def _wait_for_the_first_rows(place: Deployed, running: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + PATIENCE
    while not _entered(place):
        assert running.poll() is None, running.stdout and running.stdout.read()
        assert time.monotonic() < ends
        time.sleep(0.02)


def _entered(place: Deployed) -> int:
    """Count without a transaction: on SQLite one would wait for the writer, and make it wait."""
    connection = place.database.engine.raw_connection()
    try:
        cursor: Any = connection.cursor()
        cursor.execute("SELECT count(*) FROM core_resident")
        return int(cursor.fetchone()[0])
    finally:
        connection.close()


def _persons(place: Deployed) -> list[tuple[str, str, str, bool]]:
    r, h = t.resident.c, t.household.c
    joined = (
        t.resident.join(t.grid, t.grid.c.id == r.grid_id)
        .join(t.household, h.id == r.household_id)
        .join(t.residence, t.residence.c.resident_id == r.id)
    )
    found = select(r.name, t.grid.c.code, h.label, h.head_id == r.id).select_from(joined)
    return place.work(
        lambda connection: sorted((n, c, d, bool(head)) for n, c, d, head in connection.execute(found))
    )
