"""Signed heads on disk, outside the database: the newest, and a log of all, so that a cut chain shows."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from linli.traces.chain import Head, head_line, read_head_line

LONGEST_LINE = 4096


class HeadWentBackError(Exception):
    """The chain ends before the head that was signed last, or differs from it: rows are missing."""


@dataclass(frozen=True, slots=True)
class HeadFile:
    """Where heads are kept, the key that signs them, and those that signed before (`KeyRing.heads`)."""

    path: Path
    key: bytes = field(repr=False)
    older: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Every key whose signature counts."""
        return (self.key, *self.older)

    @property
    def log(self) -> Path:
        """The file of all heads, one a line, oldest first; copy it to a second place."""
        return self.path.with_name(f"{self.path.name}.log")


@dataclass(frozen=True, slots=True)
class SignedHeads:
    """The heads read from disk, and how many lines were none or had another signature."""

    heads: tuple[Head, ...] = ()
    unreadable: int = 0


def write_head(path: Path, head: Head, key: bytes, older: tuple[bytes, ...] = ()) -> None:
    """Sign a head and put it in the place of the last one, whole or not at all; log it if it is a new one.

    Raises:
        HeadWentBackError: the head does not go on from the last one, which stays as it is.
    """
    file = HeadFile(path, key, older)
    last = _last(file)
    if last is not None and not _goes_on(last, head):
        raise HeadWentBackError(
            f"The audit's chain ends at number {head.number}, but {path} has signed number {last.number}: "
            "audit rows were removed, or an older copy of the database was restored; run `linli verify`."
        )
    line = head_line(head, key) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    if last is None or last.number < head.number:
        _append(file.log, line)
    _replace(path, line)


def read_heads(file: HeadFile) -> SignedHeads:
    """Return every head in the log and the newest one, each once."""
    lines = [line for place in (file.log, file.path) for line in _lines(place)]
    heads = [read_head_line(line, file.keys) for line in lines]
    known = {(head.number, head.link): head for head in heads if head is not None}
    return SignedHeads(tuple(known.values()), heads.count(None))


def _goes_on(last: Head, head: Head) -> bool:
    return head.number > last.number or (head.number == last.number and head.link == last.link)


def _last(file: HeadFile) -> Head | None:
    for place in (file.path, file.log):
        for line in reversed(_lines(place)):
            if (head := read_head_line(line, file.keys)) is not None:
                return head
    return None


def _lines(place: Path) -> list[str]:
    try:
        return place.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _append(log: Path, line: str) -> None:
    with log.open("ab+") as file:
        _drop_torn_line(file)
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def _drop_torn_line(file: IO[bytes]) -> None:
    """Cut off a last line that a crash left unfinished."""
    end = file.seek(0, os.SEEK_END)
    start = max(end - LONGEST_LINE, 0)
    file.seek(start)
    tail = file.read()
    if tail and not tail.endswith(b"\n"):
        file.truncate(start + tail.rfind(b"\n") + 1)


def _replace(path: Path, line: str) -> None:
    """Write beside, then rename: a reader, and a crash, find the old file or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
