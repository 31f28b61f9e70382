"""Processes in the system's own books: whose children they are and how much processor time they took."""

import os
import signal
import time
from pathlib import Path
from typing import Final

TICK: Final = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """Return a process and all below it, parents before children."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def seconds(root: int) -> float:
    """Return the processor time of a process and all below it, of those that have ended too."""
    ticks = 0
    for pid in tree(root):
        if fields := _fields(pid):
            ticks += int(fields[11]) + int(fields[12])
            if pid == root:
                ticks += int(fields[13]) + int(fields[14])
    return ticks / TICK


def busy_seconds() -> float:
    """Return the processor time that the whole machine has spent on anything."""
    fields = Path("/proc/stat").read_text("utf-8").splitlines()[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) / TICK


def resident_bytes(root: int) -> int:
    """Return the memory that a process and all below it hold, shared pages counted in each."""
    page = os.sysconf("SC_PAGE_SIZE")
    return sum(int(fields[21]) * page for pid in tree(root) if (fields := _fields(pid)))


def own_bytes(root: int) -> int:
    """Return the memory of a process and all below it, shared pages divided by who shares them."""
    found = 0
    for pid in tree(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines()
        except OSError:
            continue  # it has ended meanwhile
        found += sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return found


def pause(root: int) -> None:
    """Stop a server's processes, so that what it does in the background burdens no other one."""
    for pid in tree(root):
        os.kill(pid, signal.SIGSTOP)


def resume(root: int) -> None:
    """Let a server go on; workers first, for supervisors lose patience with them."""
    for pid in reversed(tree(root)):
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.02)


def settle(root: int) -> None:
    """Wait until a server has done what was left over, ten seconds at most."""
    for _ in range(40):
        before = seconds(root)
        time.sleep(0.25)
        if seconds(root) - before < 0.03:
            return


def _fields(pid: int) -> list[str] | None:
    """Return the fields of /proc/<pid>/stat from the state on (number 3 in proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
