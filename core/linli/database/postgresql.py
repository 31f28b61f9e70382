"""PostgreSQL: writes by psycopg on a few threads, planned reads by asyncpg."""

import asyncio
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
from sqlalchemy import Dialect, create_engine
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from linli.database.database import Database, T, Unavailable, Work

RETRIES = 6
RETRYABLE = frozenset({"40001", "40P01"})  # serialization failure, deadlock


class PostgresDatabase(Database):
    """A PostgreSQL server, 15 to 18, without extensions."""

    def __init__(self, url: URL, pool: int) -> None:
        self.url = url.set(drivername="postgresql")
        self.engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=pool,
            max_overflow=0,
            pool_timeout=5,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5},
        )
        self.read_dialect: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
        self._pool_size = pool
        self._writers = ThreadPoolExecutor(pool, thread_name_prefix="linli-writer")
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            self.url.render_as_string(hide_password=False),
            min_size=1,
            max_size=self._pool_size,
            timeout=5,
            command_timeout=30,
            reset=_no_reset,
            server_settings={"default_transaction_read_only": "on", "jit": "off", "timezone": "UTC"},
        )

    async def run(self, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writers, self._transaction, work)

    def _transaction(self, work: Work[T]) -> T:
        for attempt in range(RETRIES):
            try:
                with self.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in RETRYABLE:
                    raise _translated(error) from error
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise Unavailable("the transaction lost its place too often")

    async def fetch(self, text: str, values: Sequence[Any]) -> tuple[Any, ...]:
        if self._pool is None:
            raise Unavailable("the read side is not open")
        try:
            async with self._pool.acquire(timeout=5) as connection:
                row = await connection.fetchrow(text, *values)
                return tuple(row) if row is not None else ()
        except (OSError, TimeoutError, asyncpg.InterfaceError) as error:
            raise Unavailable(str(error)) from error
        except asyncpg.PostgresError as error:
            if isinstance(error, asyncpg.PostgresConnectionError | asyncpg.OperatorInterventionError):
                raise Unavailable(str(error)) from error
            raise

    async def close(self) -> None:
        self._writers.shutdown(wait=True)
        if self._pool is not None:
            await self._pool.close()
        self.engine.dispose()


async def _no_reset(_connection: object) -> None:
    # The pool's reset costs a round trip per read; nothing on this pool ever changes a setting.
    return


def _translated(error: DBAPIError) -> Exception:
    state = getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated or state is None or state.startswith(("08", "57P")):
        return Unavailable(str(error.orig))
    return error
