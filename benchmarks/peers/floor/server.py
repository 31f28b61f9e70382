"""The floor: hand-written SQL that returns JSON text, on asyncpg, without GraphQL and without authorization.

Started by uvicorn with uvloop and httptools; DATABASE_URL and POOL come from the environment.
"""

import os
from pathlib import Path

import asyncpg
import orjson

HEADERS = [(b"content-type", b"application/graphql-response+json; charset=utf-8")]
STATEMENTS = {
    file.stem: (
        file.read_text("utf-8"),
        tuple(file.read_text("utf-8").splitlines()[0].removeprefix("-- ").split()),
    )
    for file in sorted(Path(__file__).parent.glob("*.sql"))
}


async def no_reset(_connection):
    """Nothing on this pool changes a setting, so nothing needs to be set back."""


class Floor:
    def __init__(self):
        self.pool = None

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self.live(receive, send)
            return
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        request = orjson.loads(body)
        text, names = STATEMENTS[request["operationName"]]
        values = request["variables"]
        async with self.pool.acquire() as connection:
            found = await connection.fetchval(text, *(values[name] for name in names))
        answer = b'{"data":' + found.encode() + b"}"
        length = (b"content-length", str(len(answer)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
        await send({"type": "http.response.body", "body": answer})

    async def live(self, receive, send):
        await receive()
        size = int(os.environ.get("POOL", "4"))
        self.pool = await asyncpg.create_pool(
            os.environ["DATABASE_URL"], min_size=size, max_size=size, reset=no_reset
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})


app = Floor()
