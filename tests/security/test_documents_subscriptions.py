"""Subscriptions: charged with what they may tell, answered once for a caller, judged for each."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from linli_graphql.service.errors import RequestError
from linli_graphql.service.service import Incoming
from linli_graphql.service.subscriptions import Subscriptions
from tests.graphql.serving import FOLLOW, Served

ROWS = "residents(first: 200) {nodes {id}} households(first: 200) {nodes {id}}"
DEAR = f"subscription ($within: ID!) {{ events(within: $within) {{ topic grid {{ {ROWS} }} }} }}"
DEARER = DEAR.replace("nodes {id}", "nodes {grid {residents(first: 150) {nodes {id}}}}", 1)
TOO_DEAR = DEAR.replace("nodes {id}", "nodes {grid {residents(first: 200) {nodes {id grid {name}}}}}")


def incoming(served: Served, query: str, who: str = "north", within: str = "north") -> Incoming:
    return Incoming(query, {"within": served.place.ids[within]}, token=served.place.tokens[who])


@pytest.mark.case(113)
async def test_an_account_pays_for_what_its_subscriptions_may_tell(served: Served) -> None:
    subscriptions = Subscriptions(served.service, served.hub)
    async with AsyncExitStack() as stack:
        with pytest.raises(RequestError, match="LIMIT_EXCEEDED"):
            await stack.enter_async_context(subscriptions.subscribe(incoming(served, TOO_DEAR)))
        await stack.enter_async_context(subscriptions.subscribe(incoming(served, DEARER)))
        with pytest.raises(RequestError, match="too many rows"):
            await stack.enter_async_context(subscriptions.subscribe(incoming(served, DEARER)))
        await stack.enter_async_context(subscriptions.subscribe(incoming(served, FOLLOW)))
        await stack.enter_async_context(subscriptions.subscribe(incoming(served, DEARER, "city")))
    async with subscriptions.subscribe(incoming(served, DEARER)):
        assert len(subscriptions) == 1


@pytest.mark.case(113)
async def test_what_a_caller_follows_many_times_is_read_once(
    own_served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two callers with twenty subscriptions each: everyone is told, each by what that caller may see."""
    subscriptions = Subscriptions(own_served.service, own_served.hub)
    asked = [
        incoming(own_served, FOLLOW, who, within)
        for who, within in (("north", "north"), ("city", "city"))
        for _ in range(20)
    ]
    async with AsyncExitStack() as stack:
        feeds = [await stack.enter_async_context(subscriptions.subscribe(one)) for one in asked]
        waiting = [anext(feed) for feed in feeds]
        reads, fetch = [], own_served.database.fetch

        async def counted(text: str, *more: object, **others: object) -> object:
            reads.append(text)
            return await fetch(text, *more, **others)  # type: ignore[arg-type]  # handed on as they came

        await own_served.new_resident("north", "north")
        monkeypatch.setattr(own_served.database, "fetch", counted)
        await own_served.relay()
        told = await asyncio.gather(*waiting)
    assert len(set(told[:20])) == len(set(told[20:])) == 1
    assert b'"resident.created"' in told[0]
    assert len(reads) < len(feeds) / 2
