"""Hearing of events that the relay of another process has taken (PostgreSQL only)."""

import asyncio
from functools import partial

import asyncpg

from linli.database.database import Database, Unavailable
from linli.traces.hub import EventHub
from linli.traces.relay import CHANNEL, read_events

HEARTBEAT = 30.0  # seconds of silence after which the connection is tried
BACKLOG = 1000  # notifications of up to 200 ids each

Inbox = asyncio.Queue[str | None]


async def listen(database: Database, origin: str, hub: EventHub) -> None:
    """Publish the events that others announce, until the connection is lost.

    Subscriptions that began while nobody listened may lack events, so they are closed at the beginning.

    Raises:
        Unavailable: the connection is lost, or cannot be made.
    """
    try:
        connection = await asyncpg.connect(_url(database), timeout=5)
        try:
            inbox = await _listening(connection)
            hub.close(missed=True)
            while (payload := await _next(inbox, connection)) is not None:
                await _publish(database, origin, hub, payload)
        finally:
            connection.terminate()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(str(error)) from error
    raise Unavailable("the connection that listens for events is lost")


async def _listening(connection: "asyncpg.Connection[asyncpg.Record]") -> Inbox:
    """Begin to listen and return where payloads arrive, and None once no more can."""
    inbox: Inbox = asyncio.Queue()

    def take(*notification: object) -> None:
        if inbox.qsize() < BACKLOG:
            inbox.put_nowait(str(notification[-1]))
        else:
            connection.terminate()  # too far behind to catch up

    connection.add_termination_listener(lambda _: inbox.put_nowait(None))
    await connection.add_listener(CHANNEL, take)
    return inbox


async def _next(inbox: Inbox, connection: "asyncpg.Connection[asyncpg.Record]") -> str | None:
    while True:
        try:
            return await asyncio.wait_for(inbox.get(), HEARTBEAT)
        except TimeoutError:
            await connection.execute("SELECT 1", timeout=5)


async def _publish(database: Database, origin: str, hub: EventHub, payload: str) -> None:
    sender, _, ids = payload.partition(":")
    if sender == origin or not len(hub):
        return
    for event in await database.run(partial(read_events, ids=ids.split(","))):
        hub.publish(event)


def _url(database: Database) -> str:
    return database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
