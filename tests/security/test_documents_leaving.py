"""Clients that leave in the middle: what was begun for them ends, and nothing stays behind."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy.pool import QueuePool

from linli_graphql.transport.app import AppOptions
from tests.graphql.serving import SECONDS, Place
from tests.graphql.sockets import line_to

LEAVING = 500
AT_ONCE = 50
# A body as clients send it, whose answer takes the database a while.
BODY = b'{"query":"{grids(first: 200) {nodes {%s}}}"}' % b" ".join(
    b"a%d: residents(first: 1) {totalCount}" % one for one in range(5)
)
HEAD = (
    "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    "Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n"
)


async def _leave(port: int, token: str, gate: asyncio.Semaphore, number: int) -> None:
    """Send a request, whole or in part, and go without waiting for the answer."""
    head = HEAD.format(token=token, length=len(BODY)).encode()
    sent = (head + BODY)[: -(number % 3) or None]
    async with gate:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        await writer.drain()
        await asyncio.sleep(0.002 * (number % 7))
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


@pytest.mark.case(109)
async def test_who_leaves_in_the_middle_leaves_nothing_behind(own_place: Place) -> None:
    async with line_to(own_place, AppOptions()) as line:
        before = len(asyncio.all_tasks())
        gate = asyncio.Semaphore(AT_ONCE)
        leaving = (_leave(line.port, line.token("city"), gate, number) for number in range(LEAVING))
        await asyncio.gather(*leaving)
        async with asyncio.timeout(SECONDS):
            while len(asyncio.all_tasks()) > before:
                await asyncio.sleep(0.02)
        pool = line.served.database.engine.pool
        assert not isinstance(pool, QueuePool) or pool.checkedout() == 0
        # More at once than there are connections: none is kept from those who come later.
        asked = (line.served.data("{residents {totalCount}}", "city") for _ in range(20))
        assert await asyncio.gather(*asked) == [{"residents": {"totalCount": 0}}] * 20


@pytest.mark.case(109)
async def test_the_work_of_one_who_left_is_stopped(own_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty who leave while the database works for them: every piece of that work is cancelled."""
    async with line_to(own_place, AppOptions()) as line:
        begun, stopped = asyncio.Semaphore(0), asyncio.Semaphore(0)

        async def fetch(*_: object, **__: object) -> None:
            begun.release()
            try:
                await asyncio.Event().wait()
            finally:
                stopped.release()

        monkeypatch.setattr(line.served.database, "fetch", fetch)
        head = HEAD.format(token=line.token("city"), length=len(BODY)).encode()
        async with asyncio.timeout(SECONDS):
            lines = [await asyncio.open_connection("127.0.0.1", line.port) for _ in range(AT_ONCE)]
            for _, writer in lines:
                writer.write(head + BODY)
            for _ in lines:
                await begun.acquire()
            for _, writer in lines:
                writer.transport.abort()
            for _ in lines:
                await stopped.acquire()
