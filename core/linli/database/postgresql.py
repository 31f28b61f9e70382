"""PostgreSQL: writes by psycopg on a few threads, planned reads by asyncpg."""

import asyncio
import random
import select
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
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


class PostgresDatabase(Database):
    """A PostgreSQL server, 15 to 18, without extensions."""

    def __init__(self, url: URL, pool: int) -> None:
        self.url = url.set(drivername="postgresql")
        self.engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=pool,
            max_overflow=SPARE,
            pool_timeout=5,
            connect_args={"connect_timeout": CONNECT_SECONDS, **KEEPALIVE},
        )
        event.listen(self.engine, "checkout", _still_there)
        self.read_dialect: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
        self.write_dialect: Dialect = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
        self._pool_size = pool
        self._writers = ThreadPoolExecutor(pool, thread_name_prefix="linli-writer")
        self._pools: dict[bool, asyncpg.Pool[Any]] = {}
        self._seats = asyncio.Semaphore(pool)
        self._outage = Outage()

    async def open(self) -> None:
        for by_values, mode in PLANNING.items():
            self._pools[by_values] = await asyncpg.create_pool(
                self.url.render_as_string(hide_password=False),
                min_size=0,  # a server that starts while the database is away serves as soon as that is back
                max_size=self._pool_size,
                timeout=CONNECT_SECONDS,
                command_timeout=LONGEST_SECONDS,
                reset=_no_reset,
                server_settings=READING | {"plan_cache_mode": mode},
            )

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
        if not self._pools:
            raise Unavailable("the read side is not open")
        try:
            async with self._seats, self._connected(self._pools[by_values]) as connection:
                return tuple(await connection.fetchrow(text, *values))
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise Unavailable(str(error)) from error
        except asyncpg.PostgresError as error:
            if str(error.sqlstate).startswith(AWAY):
                raise Unavailable(str(error)) from error
            raise

    @asynccontextmanager
    async def _connected(self, pool: "asyncpg.Pool[Any]") -> AsyncIterator[Any]:
        """Borrow a connection; only as many come here at once as there are, so nobody waits in the pool."""
        self._outage.check()
        began = time.monotonic()
        try:
            connection = await pool.acquire()
        except (OSError, TimeoutError):
            self._outage.note(began)
            raise
        try:
            yield connection
        except asyncpg.InternalClientError:
            # The server's last words came while the connection was idle: the driver is out of step with it.
            connection.terminate()
            raise
        finally:
            await pool.release(connection)

    async def close(self) -> None:
        self._writers.shutdown(wait=True)
        for pool in self._pools.values():
            await pool.close()
        self.engine.dispose()


async def _no_reset(_connection: object) -> None:
    # The pool's reset costs a round trip per read; nothing on this pool ever changes a setting.
    return


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
