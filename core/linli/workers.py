"""The work beside the requests: relay, deliveries, sealer, folder of counts, signed heads."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Self

import structlog
from sqlalchemy import Connection

from linli import rollup
from linli.database.database import Database, Unavailable
from linli.ids import uuid7
from linli.privacy.erased_list import ErasedList, erased_ids
from linli.traces.deliveries import deliver_due
from linli.traces.events import EventRecord
from linli.traces.faults import fault_text
from linli.traces.heads import HeadFile, HeadWentBackError, write_head
from linli.traces.hub import EventHub
from linli.traces.listener import listen
from linli.traces.reactions import ReactionConsumer
from linli.traces.relay import BATCH, Consumer, announce, dispatch
from linli.traces.sealer import BATCH as SEALS
from linli.traces.sealer import current_head, seal_pending
from linli.traces.strangers import Strangers, write_strangers

LONGEST_PAUSE = 5.0  # seconds between attempts while the database is away
STRAY_ROUND = 3600  # seals pass between two looks at audit rows of all ages
GATHERING = 0.03  # seconds in which more comes together, so that busy writers are served by the batch


@dataclass(frozen=True)
class Duty:
    """Something done again and again: `work` says whether there is more to do at once."""

    name: str
    period: float
    work: Callable[[], Awaitable[bool]]
    bell: asyncio.Event = field(default_factory=asyncio.Event)


class Workers:
    """The tasks beside the requests; the server enters them with its lifespan, on its event loop.

    Each task survives an outage of the database, trying again with growing pauses of up to 5 seconds. Any
    number of processes may run workers on one PostgreSQL database.

    Attributes:
        hub: where this process hears of new events.
        strangers: what is counted here is written down each minute, and at the end.
    """

    def __init__(
        self,
        database: Database,
        consumers: Sequence[Consumer] = (),
        hub: EventHub | None = None,
        heads: HeadFile | None = None,
        log: Any = None,
        erased: ErasedList | None = None,
    ) -> None:
        self.hub = EventHub() if hub is None else hub
        self.strangers = Strangers()
        self._database = database
        self._consumers = tuple(consumers)
        self._reactions = tuple(one for one in consumers if isinstance(one, ReactionConsumer))
        self._heads = heads
        self._erased = erased
        self._log = log or structlog.get_logger("linli.workers")
        self._origin = uuid7()
        self._sealed_rounds = 0
        self._stopping = asyncio.Event()
        self._new_events = asyncio.Event()
        self._new_deliveries = asyncio.Event()
        self._duties = tuple(self._make_duties())
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def start(self) -> None:
        """Begin to work; call it once, with a running event loop."""
        self._tasks = [asyncio.create_task(self._keep(duty), name=duty.name) for duty in self._duties]

    async def stop(self, grace: float = 10.0) -> None:
        """End every task after the transaction it is in, or after `grace` seconds; close the hub."""
        self._stopping.set()
        for duty in self._duties:
            duty.bell.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            with suppress(Unavailable):
                await self._count()
        self.hub.close()

    def wake(self) -> None:
        """Have new events relayed at once; call it on the event loop after a commit."""
        self._new_events.set()

    def _make_duties(self) -> list[Duty]:
        duties = [
            Duty("relay", 0.5, self._relay, self._new_events),
            Duty("deliveries", 0.5, self._deliver, self._new_deliveries),
            Duty("sealer", 1.0, self._seal),
            Duty("strangers", 60.0, self._count),
        ]
        if self._database.name == "postgresql":
            duties += [Duty("folder", 1.0, self._fold), Duty("listener", 0.0, self._listen)]
        if self._heads is not None:
            duties.append(Duty("head", 60.0, partial(self._write_head, self._heads)))
        if self._erased is not None:
            duties.append(Duty("erased", 15.0, partial(self._list_erased, self._erased)))
        return duties

    async def _relay(self) -> bool:
        events = await self._database.run(self._dispatch)
        for event in events:
            self.hub.publish(event)
        if events:
            self._new_deliveries.set()
        return len(events) == BATCH

    def _dispatch(self, connection: Connection) -> list[EventRecord]:
        events = dispatch(connection, self._consumers)
        announce(connection, self._origin, events)
        return events

    async def _deliver(self) -> bool:
        if not self._reactions:
            return False
        round_ = await deliver_due(self._database, self._reactions)
        for failure in round_.failures:
            self._log.warning("a reaction failed", failure=failure)
        return round_.attempted > 0

    async def _seal(self) -> bool:
        all_ages = self._sealed_rounds % STRAY_ROUND == 0
        sealed = await self._database.run(partial(seal_pending, all_ages=all_ages))
        self._sealed_rounds += 1
        return sealed == SEALS

    async def _count(self) -> bool:
        if counts := self.strangers.taken():
            try:
                await self._database.run(partial(write_strangers, counts=counts))
            except BaseException:
                self.strangers.give_back(counts)
                raise
        return False

    async def _fold(self) -> bool:
        await self._database.run(rollup.fold)
        return False

    async def _listen(self) -> bool:
        work = asyncio.create_task(listen(self._database, self._origin, self.hub))
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        return False

    async def _write_head(self, file: HeadFile) -> bool:
        try:
            await self._sign(file)
        except HeadWentBackError:
            # Another process may have signed a newer head since we read ours; if not, the error stands.
            await self._sign(file)
        return False

    async def _sign(self, file: HeadFile) -> None:
        head = await self._database.run(current_head)
        if head is not None:
            await asyncio.to_thread(write_head, file.path, head, file.key, file.older)

    async def _list_erased(self, listed: ErasedList) -> bool:
        await asyncio.to_thread(listed.add, await self._database.run(erased_ids))
        return False

    async def _keep(self, duty: Duty) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                more = await duty.work()
            except Exception as error:  # noqa: BLE001 - a task that dies would be missed by nobody
                failures += 1
                self._tell(duty, error, failures)
                await _wait(self._stopping, _pause(failures))
            else:
                if failures:
                    self._log.info("working again", task=duty.name, failures=failures)
                failures = 0
                if not more:
                    await _wait(duty.bell, duty.period)
                    await _wait(self._stopping, GATHERING)
                    duty.bell.clear()

    def _tell(self, duty: Duty, error: Exception, failures: int) -> None:
        if not isinstance(error, Unavailable):
            self._log.error("a task failed", task=duty.name, error=fault_text(error), failures=failures)
        elif failures == 1:
            self._log.warning("the database is away", task=duty.name, error=fault_text(error))


def _pause(failures: int) -> float:
    longest = min(0.25 * 2.0 ** min(failures, 10), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
