"""The whole table of divisions, checked before a row of it is written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from linli.importing.faults import FaultLog, Progress, quiet
from linli.importing.sheets import SHEETS, Division, Sheet, SheetReader


class FileChanged(Exception):  # noqa: N818 - a state, not a mistake
    """A file was changed between being checked and being written."""


@dataclass(frozen=True)
class Divisions:
    """A table without faults: the upper levels in memory, the villages by number only.

    `upper` holds (code, name) by sheet; `villages` reads the last sheet anew, known by its `stamp`.
    """

    folder: Path
    upper: tuple[tuple[Sheet, list[Division]], ...]
    codes: frozenset[int]
    village_count: int
    stamp: tuple[int, ...]

    @property
    def names(self) -> dict[str, str]:
        """Names of the upper levels by code."""
        return {code: name for _, rows in self.upper for code, name in rows}

    def villages(self) -> Iterator[Division]:
        """Read the villages again, from the disk.

        Raises:
            FileChanged: they are not those that were checked.
        """
        if self.stamp != _stamp(self.folder):
            raise FileChanged
        yield from SheetReader(self.folder, SHEETS[-1], (), FaultLog()).again()
        if self.stamp != _stamp(self.folder):
            raise FileChanged


def read_divisions(folder: Path, log: FaultLog, progress: Progress = quiet) -> Divisions:
    """Read and check the five files; they are sound if the log stays empty."""
    stamp = _stamp(folder)
    upper: list[tuple[Sheet, list[Division]]] = []
    parents: set[str] = set()
    codes: set[int] = set()
    for sheet in SHEETS[:-1]:
        reader = SheetReader(folder, sheet, parents, log)
        rows = list(reader.rows(_ignore))
        upper.append((sheet, rows))
        parents = {code for code, _ in rows}
        codes |= {int(code) for code, _ in rows}
    reader = SheetReader(folder, SHEETS[-1], parents, log)
    for _ in reader.rows(_position(folder / SHEETS[-1].file, progress)):
        pass
    return Divisions(folder, tuple(upper), frozenset(codes | reader.seen), len(reader.seen), stamp)


def _stamp(folder: Path) -> tuple[int, ...]:
    """What changes when somebody writes to the file of villages, or puts another one in its place."""
    file = folder / SHEETS[-1].file
    if not file.is_file():
        return ()
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _position(file: Path, progress: Progress) -> Callable[[int], None]:
    size = file.stat().st_size if file.is_file() else 0
    return partial(_report, progress, size)


def _report(progress: Progress, size: int, done: int) -> None:
    progress("check", done, size)


def _ignore(_done: int) -> None:
    return
