"""What a run found: results.json, and the tables of docs/performance.md between their marks."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg

from benchmarks.load import Round
from benchmarks.place import Place
from benchmarks.postgres import SETTINGS
from benchmarks.servers import PEERS, POOL

BEGIN: Final = "<!-- bench:begin -->"
END: Final = "<!-- bench:end -->"
RATIOS: Final = ("postgraphile", "postgraphile_rls", "strawberry")
JUDGED: Final = 16  # the concurrency at which ratios are taken, of one process each
OURS: Final = "linli"
NOISE: Final = 0.05  # of the machine; who takes more of it than this disturbs the figures


@dataclass(frozen=True)
class Key:
    """What a measurement is of."""

    document: str
    peer: str
    workers: int
    concurrency: int

    @property
    def label(self) -> str:
        return f"{self.document:18} {self.peer:17} {self.workers} process(es), {self.concurrency:2} at once"


def line(one: Round) -> str:
    """Return a round in one line."""
    cpu = f"CPU {one.server_cpu:.3f} + {one.database_cpu:.3f} ms"
    failed = f", {one.failed} FAILED" if one.failed else ""
    others = f", others {one.others:.0%}" if one.others > NOISE else ""
    return f"{one.rps:8.1f}/s  p50 {one.p50:.2f}  p99 {one.p99:.2f} ms  {cpu}{others}{failed}"


def results(
    rounds: Mapping[Key, Sequence[Round]], skipped: Mapping[str, str], place: Place
) -> dict[str, Any]:
    """Return everything that a run found, medians over its rounds."""
    rows = [asdict(key) | _median(found) for key, found in rounds.items()]
    return {
        "ratios": _ratios(rows),
        "rows": rows,
        "skipped": dict(skipped),
        "machine": _machine(),
        "versions": _versions(place),
        "settings": {"postgresql": dict(SETTINGS), "pool_per_process": POOL},
        "city": asdict(place.city.size),
        "at": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _median(found: Sequence[Round]) -> dict[str, Any]:
    middle = {name: round(median(getattr(one, name) for one in found), 4) for name in _measured()}
    total = {"requests": sum(one.requests for one in found), "failed": sum(one.failed for one in found)}
    return middle | total | {"rounds_rps": [round(one.rps, 1) for one in found]}


def _measured() -> tuple[str, ...]:
    return ("rps", "p50", "p99", "server_cpu", "database_cpu", "others")


def _ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    judged = {
        (row["peer"], row["document"]): row
        for row in rows
        if row["workers"] == 1 and row["concurrency"] == JUDGED
    }
    found: dict[str, dict[str, float]] = {name: {} for name in (*RATIOS, "floor", "floor_cpu")}
    for (peer, document), row in judged.items():
        ours = judged.get((OURS, document.removesuffix("r")))
        if ours is None or peer == OURS:
            continue
        found[peer][document] = round(ours["rps"] / row["rps"], 3)
        if peer == "floor":
            found["floor_cpu"][document] = round(_cpu(ours) / _cpu(row), 3)
    return found


def _cpu(row: Mapping[str, Any]) -> float:
    return float(row["server_cpu"] + row["database_cpu"])


def _machine() -> dict[str, Any]:
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
    }


def _versions(place: Place) -> dict[str, str]:
    found = {
        name: version(name) for name in ("linli", "asyncpg", "uvicorn", "uvloop", "psycopg", "sqlalchemy")
    }
    found["python"] = platform.python_version()
    with psycopg.connect(place.url) as connection:
        found["postgresql"] = str(connection.execute("SHOW server_version").fetchall()[0][0])
    packages = json.loads((PEERS / "postgraphile" / "package-lock.json").read_text("utf-8"))["packages"]
    for name in ("postgraphile", "grafast", "node"):
        found[name] = packages[f"node_modules/{name}"]["version"]
    lock = (PEERS / "strawberry" / "requirements.lock").read_text("utf-8")
    found |= {
        f"strawberry: {name}": one for name, one in re.findall(r"^([a-z-]+)==(\S+)", lock, re.MULTILINE)
    }
    told = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    found["wrk"] = told.split()[1] if told else ""
    return found


def write(found: Mapping[str, Any], folder: Path, root: Path | None) -> None:
    """Keep what was found in the folder; of a whole run also in the repository."""
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    (folder / "last.json").write_text(text, encoding="utf-8")
    if root is None:
        print(f"Not a whole run: results.json stays as it is; see {folder.name}/last.json.")
        return
    (root / "benchmarks" / "results.json").write_text(text, encoding="utf-8")
    page = root / "docs" / "performance.md"
    page.write_text(_put(page.read_text("utf-8") if page.exists() else "", tables(found)), encoding="utf-8")


def _put(page: str, generated: str) -> str:
    if BEGIN not in page:
        page = f"{page}{BEGIN}\n{END}\n" if page else f"# Performance\n\n{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{generated}\n{END}{after}"


def tables(found: Mapping[str, Any]) -> str:
    """Return the tables as Markdown."""
    machine, size = found["machine"], found["city"]
    told = (
        f"Measured on {found['at']}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB; PostgreSQL {found['versions']['postgresql']}, "
        f"Python {found['versions']['python']}, Node {found['versions']['node']}, "
        f"PostGraphile {found['versions']['postgraphile']}, "
        f"Strawberry {found['versions']['strawberry: strawberry-graphql']}. "
        f"{sum(size['cells']):,} grids, {size['residents']:,} residents, "
        f"{2 * size['residents']:,} memberships, "
        f"{size['organizations']:,} organisations, {size['projects']:,} projects. "
        f"{found['settings']['pool_per_process']} connections in each process. Load generator, servers and "
        "database share the cores. Medians over the rounds; processor time is of all processes, per request."
    )
    settings = ", ".join(f"{name} {value}" for name, value in found["settings"]["postgresql"].items())
    parts = [told, f"PostgreSQL: {settings}.", _quiet(found["rows"]), _ratio_table(found["ratios"])]
    for workers in sorted({row["workers"] for row in found["rows"]}):
        chosen = [row for row in found["rows"] if row["workers"] == workers]
        parts.append(f"### {workers} process{'es' if workers > 1 else ''}\n\n{_row_table(chosen)}")
    parts += [f"{name}: skipped, because {why}" for name, why in found["skipped"].items()]
    return "\n\n".join(parts)


def _quiet(rows: Sequence[Mapping[str, Any]]) -> str:
    shares = [row["others"] for row in rows]
    if not shares or max(shares) <= NOISE:
        return "Nothing else ran on the machine."
    return (
        f"Something else ran on the machine: it took {median(shares):.0%} of the processors in the median "
        f"measurement, {max(shares):.0%} at most."
    )


def _ratio_table(ratios: Mapping[str, Mapping[str, float]]) -> str:
    heads = {
        "postgraphile": "requests / PostGraphile",
        "postgraphile_rls": "requests / PostGraphile with RLS",
        "strawberry": "requests / Strawberry",
        "floor": "requests / floor",
        "floor_cpu": "CPU / floor",
    }
    documents = sorted({name for one in ratios.values() for name in one})
    lines = [f"| Linli's | {' | '.join(heads.values())} |", "|---|" + "--:|" * len(heads)]
    for name in documents:
        cells = [f"{ratios[key][name]:.2f}" if name in ratios[key] else "" for key in heads]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _row_table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "| Document | Server | At once | Requests/s | p50 ms | p99 ms | CPU server ms | CPU database ms |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in sorted(rows, key=lambda one: (one["document"], one["concurrency"], -one["rps"])):
        figures = f"{row['rps']:.1f} | {row['p50']:.2f} | {row['p99']:.2f}"
        cpu = f"{row['server_cpu']:.3f} | {row['database_cpu']:.3f}"
        lines.append(f"| {row['document']} | {row['peer']} | {row['concurrency']} | {figures} | {cpu} |")
    return "\n".join(lines)
