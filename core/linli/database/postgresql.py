"""PostgreSQL: writes by psycopg on a few threads, planned reads by asyncpg."""

import asyncio
import random
import select
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
from sqlalchemy import Dialect, create_engine, event
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from linli.database.database import Database, T, Unavailable, Work
from linli.database.outage import Outage

RETRIES = 6
CONNECT_SECONDS = 3
SPARE = 2  # connections for those who look, such as /readyz, while every writer is busy
# A peer that has vanished without a word is noticed within seconds, not after the system's two hours.
KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 1000 * CONNECT_SECONDS,
}
LONGEST_SECONDS = 30
READING = {
    "default_transaction_read_only": "on",
    "jit": "off",
    "statement_timeout": f"{LONGEST_SECONDS + 5}s",  # for when nobody is there any more to cancel it
    "timezone": "UTC",
}
# Planned statements come again and again, and their plans are tested for values that are not known: left to
# itself the server makes a new plan of a large statement at each call.
PLANNING = {False: "force_generic_plan", True: "force_custom_plan"}
# Connection exceptions, too little of something, shut down by the operator.
AWAY = ("08", "53", "57P")
RETRYABLE = frozenset({"40001", "40P01"})  # serialization failure, deadlock


class _Lane:
    """Connections of a pool, kept from it until one fails or the lane is closed.

    To give one back and ask for it again costs a third of a short read. So the pool's own rules for idle and
    old connections do not reach them: a process keeps as many as it once had at work.
    """

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self.pool = pool
        self._idle: list[Any] = []
        self._closing = False

    async def fetch(self, text: str, values: Sequence[Any], outage: Outage) -> tuple[Any, ...]:
        """Return the one row of a statement."""
        connection = await self._taken(outage)
        try:
            row = await connection.fetchrow(text, *values)
        except BaseException as error:
            if isinstance(error, asyncpg.InternalClientError) and not _is_gone(connection):
                # The server's last words came while the connection was idle: the driver is out of step.
                connection.terminate()
            await self.pool.release(connection)
            raise
        if self._closing:
            await self.pool.release(connection)
        else:
            self._idle.append(connection)
        return tuple(row)

    async def _taken(self, outage: Outage) -> Any:
        while self._idle:
            connection = self._idle.pop()
            if not _is_gone(connection):
                return connection
            await self.pool.release(connection)
        began = time.monotonic()
        try:
            # Only as many come here at once as there are, so nobody waits in the pool.
            return await self.pool.acquire()
        except (OSError, TimeoutError):
            outage.note(began)
            raise

    async def close(self) -> None:
        """Close all connections, those still at work once they have done it."""
        self._closing = True
        while self._idle:
            await self.pool.release(self._idle.pop())
        await self.pool.close()


class PostgresDatabase(Database):
    """A PostgreSQL server, 15 to 18, without extensions."""

    def __init__(self, url: URL, pool: int) -> None:
        self.url = url.set(drivername="postgresql")
        # Instants are answered as the server writes them, here as on connections that only read.
        options = f"{url.query.get('options', '')} -c timezone=UTC"
        self.engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=pool,
            max_overflow=SPARE,
            pool_timeout=5,
            connect_args={"connect_timeout": CONNECT_SECONDS, "options": options.strip(), **KEEPALIVE},
        )
        event.listen(self.engine, "checkout", _still_there)
        self.read_dialect: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
        self.write_dialect: Dialect = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
        self._pool_size = pool
        self._writers = ThreadPoolExecutor(pool, thread_name_prefix="linli-writer")
        self._lanes: dict[bool, _Lane] = {}
        self._seats = asyncio.Semaphore(pool)
        self._outage = Outage()

    async def open(self) -> None:
        for by_values, mode in PLANNING.items():
            pool = await asyncpg.create_pool(
                self.url.render_as_string(hide_password=False),
                min_size=0,  # a server that starts while the database is away serves as soon as that is back
                max_size=self._pool_size,
                timeout=CONNECT_SECONDS,
                command_timeout=LONGEST_SECONDS,
                reset=_no_reset,
                init=_leave_json,
                server_settings=READING | {"plan_cache_mode": mode},
            )
            self._lanes[by_values] = _Lane(pool)

    async def run(self, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writers, self._transaction, work)

    def _transaction(self, work: Work[T]) -> T:
        for attempt in range(RETRIES):
            self._outage.check()
            began = time.monotonic()
            try:
                with self.begin() as connection:
                    return work(connection)
            except PoolTimeoutError as error:
                raise Unavailable("all connections are in use") from error
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in RETRYABLE:
                    if error.statement is None:
                        self._outage.note(began)
                    raise _translated(error) from error
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise Unavailable("the transaction lost its place too often")

    async def fetch(self, text: str, values: Sequence[Any], *, by_values: bool = False) -> tuple[Any, ...]:
        if not self._lanes:
            raise Unavailable("the read side is not open")
        try:
            async with self._seats:
                self._outage.check()
                return await self._lanes[by_values].fetch(text, values, self._outage)
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise Unavailable(str(error)) from error
        except asyncpg.PostgresError as error:
            if str(error.sqlstate).startswith(AWAY):
                raise Unavailable(str(error)) from error
            raise

    async def close(self) -> None:
        self._writers.shutdown(wait=True)
        for lane in self._lanes.values():
            await lane.close()
        self.engine.dispose()


def _is_gone(connection: Any) -> bool:
    """Whether a connection is closed; one that was closed from the other side the pool has taken back."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


async def _no_reset(_connection: object) -> None:
    # The pool's reset costs a round trip per read; nothing on this pool ever changes a setting.
    return


async def _leave_json(connection: Any) -> None:
    """Have JSON given back as the bytes that the server sent: it goes out as it is."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=str.encode, decoder=bytes, format="binary"
    )


def _still_there(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool replace a connection whose server has gone: its last words lie there to be read.

    Unlike a ping it costs no round trip; a peer that vanished without a word is noticed by KEEPALIVE.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise DisconnectionError


def _translated(error: DBAPIError) -> Exception:
    state = getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated or state is None or state.startswith(AWAY):
        return Unavailable(str(error.orig))
    return error
