"""Sharing: what several wait for at once is done once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Shared(Generic[V]):
    """Work under way, by name; nothing is kept once it is done. Used on one event loop."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[V]] = {}

    async def of(self, name: Hashable, work: Callable[[], Awaitable[V]]) -> V:
        """Return what the work gives; who comes while it is under way under the same name waits for it."""
        task = self._running.get(name)
        if task is None:
            task = self._running[name] = asyncio.ensure_future(_run(work))
            task.add_done_callback(lambda _: self._running.pop(name, None))
        # One who leaves must not take it from the others.
        return await asyncio.shield(task)


async def _run(work: Callable[[], Awaitable[V]]) -> V:
    return await work()
