"""The report of a soak: its tests with their figures, the seeded faults, the machine."""

import os
import platform
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from tests.house.source import ROOT
from tests.soak import shares
from tests.support import postgres

FILE: Final = ROOT / "docs" / "soak.md"
SEED: Final = re.compile(r"LINLI_SEED=(\d+)")
HEAD: Final = """\
# The soak

`make soak` runs what takes too long for every change: kills of server and database under load, a crowd of
clients beside a grid that moves, random walks from new seeds, and seeded faults. It writes this file.

"""


@dataclass(frozen=True, slots=True)
class Line:
    """One test as it came out."""

    name: str
    result: str
    seconds: float
    told: dict[str, str]
    seeds: tuple[str, ...]


@dataclass(eq=False)  # pytest keeps its plugins in a set
class Report:
    """A plugin of pytest that gathers what the tests of this run have recorded."""

    began: float = field(default_factory=time.monotonic)
    lines: list[Line] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or (report.when == "setup" and not report.passed):
            told = {name: str(value) for name, value in report.user_properties}
            seeds = tuple(SEED.findall(report.capstdout))
            name = report.nodeid.rpartition("/")[2].replace("::", " ").replace(".py", "")
            self.lines.append(Line(name, report.outcome, report.duration, told, seeds))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("soak")
        terminalreporter.write_line(self.text())

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        whole = not session.config.option.keyword and session.config.args_source.name == "TESTPATHS"
        if whole and self.lines:
            FILE.write_text(self.text(), encoding="utf-8")

    def text(self) -> str:
        """Return the report in Markdown."""
        return "\n".join([HEAD + self._summary(), "", *self._tests(), "", *self._faults(), ""])

    def _summary(self) -> str:
        took = (time.monotonic() - self.began) / 60
        results = [line.result for line in self.lines]
        counts = ", ".join(f"{results.count(one)} {one}" for one in ("passed", "failed", "skipped"))
        kills = sum(int(line.told.get("kills", 0)) for line in self.lines)
        return (
            f"{datetime.now(UTC):%Y-%m-%d}: `MINUTES={shares.minutes():g}`, {took:.0f} minutes, {counts} "
            f"(a fault without its share of time is skipped), {kills} kills.\n\n{machine()}"
        )

    def _tests(self) -> Iterator[str]:
        yield "| Test | Result | Minutes | Figures | Seed |"
        yield "|---|---|---|---|---|"
        for line in self.lines:
            if "[" not in line.name or "fault" not in line.name:
                figures, seeds = line.told.get("figures", ""), ", ".join(line.seeds)
                yield f"| {line.name} | {line.result} | {line.seconds / 60:.1f} | {figures} | {seeds} |"

    def _faults(self) -> Iterator[str]:
        planted = [line for line in self.lines if "fault" in line.told]
        red = sum(line.result == "passed" for line in planted)
        yield f"Of {len(planted)} faults planted, {red} were noticed:"
        yield ""
        yield "| Guard taken away | Noticed by |"
        yield "|---|---|"
        for line in sorted(planted, key=lambda one: one.told["fault"]):
            noticed = f"`{line.told['noticed by']}`" if line.result == "passed" else "**nobody**"
            yield f"| {line.told['fault']} | {noticed.replace('|', '/')} |"


def machine() -> str:
    """Say what the soak ran on; nothing that names the machine."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return (
        f"{os.cpu_count()} processors ({platform.machine()}), {pages / 2**30:.0f} GiB of memory, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {postgres_version()}."
    )


def postgres_version() -> str:
    """Return the name and version of the server that the tests start."""
    named = os.environ.get("LINLI_TEST_POSTGRES_BIN")
    binaries = Path(named) if named else postgres._package() / postgres.BINARIES
    command = [str(binaries / "postgres"), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return said.replace("postgres (PostgreSQL)", "PostgreSQL").strip()
