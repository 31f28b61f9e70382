"""Planting faults in a copy of the repository and running the tests that must notice."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.house.seeded_faults.faults import Fault
from tests.house.source import ROOMS, ROOT, files

PATIENCE: Final = 900
FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
GREEN, RED = 0, 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests said: pytest's exit code, the first test that failed, and the end of their words."""

    code: int
    failed: str
    words: str


@dataclass(frozen=True)
class Copy:
    """The repository's files somewhere else; its rooms come before the installed ones."""

    root: Path

    def run(self, tests: Sequence[str]) -> Verdict:
        """Run tests in the copy up to the first failure."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "-p", "no:cacheprovider", *tests]
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        said = done.stdout + done.stderr
        failed = FAILED.search(said)
        return Verdict(done.returncode, failed[1] if failed else "", said[-3000:])

    @contextmanager
    def planted(self, fault: Fault) -> Iterator[None]:
        """Hold a fault in the copy."""
        file = self.root / fault.place
        sound = file.read_text(encoding="utf-8")
        file.write_text(faulty(sound, fault), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(sound, encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("LINLI_", "PYTEST"))
        }
        rooms = [str(self.root / room) for room in ROOMS]
        return kept | {"PYTHONPATH": os.pathsep.join(rooms), "PYTHONDONTWRITEBYTECODE": "1"}


def copy_repository(root: Path) -> Copy:
    """Copy every file that belongs to the project."""
    for place in files():
        target = root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / place, target)
    # Tests of the house ask git what belongs to the project.
    subprocess.run(["git", "init", "-q", "--template=", str(root)], check=True)
    return Copy(root)


def faulty(sound: str, fault: Fault) -> str:
    """Return the text of a file with the fault in it."""
    assert sound.count(fault.old) == 1, f"{fault.name}: {fault.place} holds {fault.old!r} not once"
    assert fault.old != fault.new
    return sound.replace(fault.old, fault.new)
