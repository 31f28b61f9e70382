"""The workshop: a thread for what takes a processor's time, so that others are served meanwhile."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import thread_time
from typing import Final, TypeVar

V = TypeVar("V")


@dataclass
class Effort:
    """How much processor time was spent on somebody's behalf, in seconds."""

    seconds: float = 0


EFFORT: Final[ContextVar[Effort | None]] = ContextVar("effort", default=None)


@contextmanager
def counted() -> Iterator[Effort]:
    """Count the work that is asked for inside."""
    effort = Effort()
    before = EFFORT.set(effort)
    try:
        yield effort
    finally:
        EFFORT.reset(before)


class Workshop:
    """Does one piece of work after the other, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "linli-workshop")

    async def run(self, work: Callable[[], V]) -> V:
        """Return what the work gives; what it took is told to who counts it."""
        effort = EFFORT.get()

        def timed() -> V:
            began = thread_time()
            try:
                return work()
            finally:
                if effort is not None:
                    effort.seconds += thread_time() - began

        return await asyncio.get_running_loop().run_in_executor(self._thread, timed)
