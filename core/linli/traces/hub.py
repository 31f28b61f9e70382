"""New events for the listeners of this process; who is too slow is closed, so that memory stays flat."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from linli.traces.events import EventRecord

QUEUE_SIZE = 100


class Subscription:
    """One listener's queue, read by `async for event in subscription`, by one reader.

    Iteration ends when the subscription is closed. `missed` then tells that events were lost, because the
    listener was too slow or the database was away: it must read anew what it shows.
    """

    def __init__(self, size: int, leave: Callable[["Subscription"], None]) -> None:
        self.missed = False
        self.closed = False
        self._size = size
        self._leave = leave
        self._queue: asyncio.Queue[EventRecord | None] = asyncio.Queue()

    def offer(self, event: EventRecord) -> None:
        """Queue an event; a full queue closes the subscription."""
        if self.closed:
            return
        if self._queue.qsize() >= self._size:
            self.close(missed=True)
        else:
            self._queue.put_nowait(event)

    def close(self, *, missed: bool = False) -> None:
        """End the iteration and forget what is queued; closing twice does nothing."""
        if self.closed:
            return
        self.closed, self.missed = True, missed
        self._leave(self)
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EventRecord:
        event = None if self.closed else await self._queue.get()
        if event is None:
            raise StopAsyncIteration
        return event


class EventHub:
    """Hands new events to the subscriptions of this process; to be used on one event loop only.

    Delivery is at most once: whoever must not miss an event is a consumer with deliveries of its own.
    """

    def __init__(self, size: int = QUEUE_SIZE) -> None:
        self._size = size
        self._subscriptions: set[Subscription] = set()

    def __len__(self) -> int:
        """Return how many subscriptions are open."""
        return len(self._subscriptions)

    def subscribe(self) -> Subscription:
        """Return a new subscription to all events from now on; leave it by `with` or `close`."""
        subscription = Subscription(self._size, self._subscriptions.discard)
        self._subscriptions.add(subscription)
        return subscription

    def publish(self, event: EventRecord) -> None:
        """Queue an event for every subscription; never waits."""
        for subscription in tuple(self._subscriptions):
            subscription.offer(event)

    def close(self, *, missed: bool = False) -> None:
        """Close every subscription; the hub takes new ones afterwards."""
        for subscription in tuple(self._subscriptions):
            subscription.close(missed=missed)
