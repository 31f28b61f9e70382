"""Subscriptions: events at a place and below it, judged anew for each subscriber at each event."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Hashable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from graphql import FieldNode, OperationType
from sqlalchemy import ColumnElement, select

from linli.access.scope import covers
from linli.ids import split_public_id
from linli.model.types import Id
from linli.policy import Actor, Facts, Range
from linli.traces.events import EventRecord
from linli.traces.hub import EventHub
from linli.traces.hub import Subscription as Feed
from linli_graphql.plan.compiler import Compiler
from linli_graphql.plan.root import by_id
from linli_graphql.plan.selection import arguments_of
from linli_graphql.service.cache import Lru
from linli_graphql.service.errors import RequestError
from linli_graphql.service.forms import Operation
from linli_graphql.service.reading import Part
from linli_graphql.service.service import Incoming, Service
from linli_graphql.service.sharing import Shared

MOST_PER_ACCOUNT = 50
NIL = "00000000-0000-0000-0000-000000000000"
KNOWN_PLACES = 1_000
FRESH_SECONDS = 2.0  # the longest that a revoked right is believed while nothing happens


@dataclass(frozen=True)
class _Followed:
    """One subscription: its operation, its only root field, the uuid of its place, and what it is called.

    Two of the same name belong to one caller and ask the same.
    """

    operation: Operation
    incoming: Incoming
    key: str
    nodes: list[FieldNode]
    place: str
    name: Hashable

    def event(self, ident: str) -> Part:
        """Return the part that reads an event."""
        return Part(
            self.operation,
            self.incoming.token,
            ("event", self.key),
            lambda compiler: by_id(compiler, "Event", {self.key: self.nodes}),
            {"id": ident},
        )


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where a place stood at a time of the loop's clock."""

    range: Range
    read_at: float


class Subscriptions:
    """Follows events for subscribers; used on one event loop."""

    def __init__(self, service: Service, hub: EventHub, most: int = MOST_PER_ACCOUNT) -> None:
        self._service = service
        self._hub = hub
        self._most = most
        self._by_account: Counter[str] = Counter()
        self._costs: Counter[str] = Counter()
        self._answered: Shared[bytes | None] = Shared()
        self._placed: Shared[_Placed] = Shared()
        self._places: Lru[Hashable, _Placed] = Lru(KNOWN_PLACES)

    def __len__(self) -> int:
        return len(self._hub)

    @asynccontextmanager
    async def subscribe(self, incoming: Incoming) -> AsyncIterator[AsyncIterator[bytes]]:
        """Follow an operation, entered by `async with`.

        Each answer is the JSON of one event. Iteration ends when the server stops.

        Raises:
            RequestError: the operation cannot be followed; or, while iterating, the token is revoked, the
                place is gone from the caller's sight, or events were lost because the reader is too slow.
            Unavailable: the database cannot be reached.
        """
        followed = await self._followed(incoming)
        # The feed begins before the place is read, so that no event falls between the two.
        with self._hub.subscribe() as feed:
            place = await self._read_place(followed)
            caller = await self._follower(incoming)
            with self._counted(caller, 1 + await self._service.reader.cost(followed.event(NIL))):
                async with aclosing(self._answers(followed, place, feed)) as answers:
                    yield answers

    async def _followed(self, incoming: Incoming) -> _Followed:
        operation = await self._service.prepare(incoming)
        if operation.node.operation is not OperationType.SUBSCRIPTION:
            raise RequestError.of(400, "BAD_REQUEST", "Only subscriptions are followed.")
        document = operation.plain()
        selected = list(document.root("Subscription", operation.node.selection_set).items())
        if len(selected) != 1:
            raise RequestError.of(400, "BAD_REQUEST", "A subscription follows one field.")
        key, nodes = selected[0]
        parts = split_public_id(arguments_of(document, "Subscription", nodes[0])["within"])
        if parts is None or parts[0] != "grid":
            raise _no_place()
        name = (incoming.query, incoming.operation_name, incoming.token, orjson.dumps(incoming.variables))
        return _Followed(operation, incoming, key, nodes, parts[1], name)

    async def _follower(self, incoming: Incoming) -> Actor:
        caller = await self._service.callers.of(incoming.token)
        if not caller.decide("event", "read").arms:
            raise RequestError.of(403, "FORBIDDEN", "The caller may read no events.")
        return caller.actor

    @contextmanager
    def _counted(self, actor: Actor, cost: int) -> Iterator[None]:
        key = actor.account_id or ""
        if self._by_account[key] >= self._most:
            message = f"An account may follow {self._most} subscriptions at once."
            raise RequestError.of(429, "LIMIT_EXCEEDED", message)
        if self._costs[key] + cost > self._service.planner.terms.most_rows(actor):
            message = "The account's subscriptions together could return too many rows; select less in each."
            raise RequestError.of(429, "LIMIT_EXCEEDED", message)
        self._by_account[key] += 1
        self._costs[key] += cost
        try:
            yield
        finally:
            self._by_account[key] -= 1
            self._costs[key] -= cost
            if not self._by_account[key]:
                del self._by_account[key], self._costs[key]

    async def _answers(self, followed: _Followed, place: _Placed, feed: Feed) -> AsyncGenerator[bytes, None]:
        loop = asyncio.get_running_loop()
        while True:
            event = await _next(feed, place.read_at + FRESH_SECONDS - loop.time())
            if feed.closed:
                break
            if event is not None and event.resource == "grid":
                place = await self._place(followed, loop.time(), event.id)
            elif event is None or loop.time() > place.read_at + FRESH_SECONDS:
                place = await self._place(followed, place.read_at)
            if event is not None and await self._concerns(followed, place.range, event):
                answer = await self._answered.of(
                    (followed.name, event.id), partial(self._answer, followed, event)
                )
                if answer is not None:
                    yield answer
        if feed.missed:
            message = "Events were lost on the way: read anew what you show, then subscribe again."
            raise RequestError.of(400, "EVENTS_LOST", message)

    async def _place(self, followed: _Followed, since: float, event: str = "") -> _Placed:
        """Return where the place stands, as it was read after `since`.

        Subscriptions of one caller share it; those that heard the same event, what was read after that event.
        """
        name = (followed.incoming.token, followed.place)
        known = self._places.get(name)
        if known is not None and known.read_at > since:
            return known
        found = await self._placed.of((*name, event), partial(self._read_place, followed))
        return self._places.put(name, found)

    async def _read_place(self, followed: _Followed) -> _Placed:
        """Return where the place stands now; reading it also finds out whether the caller's rights stand."""
        began = asyncio.get_running_loop().time()
        token, extra = followed.incoming.token, {"place": followed.place}
        text, _ = await self._service.reader.read(
            Part(followed.operation, token, "place", _path_of_place, extra)
        )
        path = orjson.loads(text)["path"]
        if path is None:
            raise _no_place()
        return _Placed(Range.below(path), began)

    async def _concerns(self, followed: _Followed, place: Range, event: EventRecord) -> bool:
        """Whether an event is worth a statement; the statement judges the caller's rights once more."""
        if event.path not in place and (event.old_path is None or event.old_path not in place):
            return False
        caller = await self._service.callers.of(followed.incoming.token)
        return covers(caller.decide("event", "read"), Facts(path=event.path, grid_id=event.grid_id))

    async def _answer(self, followed: _Followed, event: EventRecord) -> bytes | None:
        text, errors = await self._service.reader.read(followed.event(event.id))
        found = orjson.loads(text)
        if found[followed.key] is None:
            return None
        return orjson.dumps({"data": found} | ({"errors": errors} if errors else {}))


def _path_of_place(compiler: Compiler) -> ColumnElement[Any]:
    """The path of the grid that the edge names by `given["place"]`, null unless the caller may see it."""
    one = compiler.registry.types["Grid"]
    rows = compiler.rows(one)
    ident = compiler.bind(lambda call: call.given["place"], Id())
    path = select(rows.c.path).where(rows.c.id == ident, compiler.visible(one, rows)).scalar_subquery()
    return compiler.json.row([("path", path)], None, ())


async def _next(feed: Feed, seconds: float) -> EventRecord | None:
    """Return the next event, None if there is none within so many seconds or the feed has ended."""
    try:
        async with asyncio.timeout(seconds):
            return await anext(feed, None)
    except TimeoutError:
        return None


def _no_place() -> RequestError:
    return RequestError.of(400, "NOT_FOUND", "There is no such place, or none that the caller may see.")
