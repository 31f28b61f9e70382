"""A small place with the ledger on: a book of points in `north`, with accounts of wang and zhao."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, select

from linli.context import Context
from linli.database.together import together
from linli.ids import split_public_id
from linli.policy import Actor
from linli.verify.findings import Finding
from linli_plugins.ledger import accounts, models, posting, verifying
from tests.plugins.motto_place import Place, settled, write_config

T = TypeVar("T")
ISSUE = "issue"


@dataclass
class Ledger:
    """The place, its book, and the ids of its accounts by name."""

    place: Place
    book: Row[Any]
    ids: dict[str, str]

    async def do(self, work: Callable[[Context], T]) -> T:
        """Do something in a transaction of its own, as a verb would; a refusal is raised."""
        database, deeds = self.place.deployment.database, self.place.service.deeds

        def deed(connection: Connection) -> T:
            ctx = Context(connection, Actor(name="test"), deeds.policy, deeds.vault)
            done = work(ctx)
            together(connection, ctx.traces)
            return done

        return await database.run(deed)

    async def move(self, amount: int, out_of: str, into: str, kind: str = "test", **more: Any) -> str:
        """Post a journal of two legs and return its id."""
        ids = self.ids
        given = posting.transfer(self.book.id, kind, amount, out_of=ids[out_of], into=ids[into], **more)
        return await self.do(lambda ctx: posting.post(ctx, given, "amount"))

    async def balances(self) -> dict[str, int]:
        """Return what stands in each account."""
        rows = await self.do(lambda ctx: ctx.connection.execute(select(models.account)).all())
        names = {ident: name for name, ident in self.ids.items()}
        return {names[row.id]: row.balance for row in rows}

    async def row(self, name: str) -> Row[Any]:
        """Return the row of an account."""
        statement = select(models.account).where(models.account.c.id == self.ids[name])
        return await self.do(lambda ctx: ctx.connection.execute(statement).one())

    async def findings(self) -> list[Finding]:
        """Return the faults that verification finds."""
        found = await self.do(lambda ctx: verifying.verify_books(ctx.connection))
        return [one for one in found if one.fault]


@asynccontextmanager
async def ledger(folder: Path, url: str) -> AsyncIterator[Ledger]:
    """Settle a place in an empty database and open the book."""
    async with settled(write_config(folder, url, "ledger")) as place:
        ids = {name: _uuid(place.ids[name]) for name in ("north", "wang", "zhao")}

        def found(ctx: Context) -> tuple[Row[Any], dict[str, str]]:
            ref = accounts.open_book(ctx, ids["north"], "邻里积分", "points", [ISSUE])
            at = accounts.book_row(ctx, ref.id)
            made = {kind: accounts.own_account(ctx, at.id, kind) for kind in (ISSUE,)}
            for name in ("wang", "zhao"):
                owner = accounts.Owner(resident_id=ids[name])
                made[name] = accounts.open_account(ctx, at, "member", owner).id
            return at, made

        opened = Ledger(place, None, {})  # type: ignore[arg-type]  # filled at once
        opened.book, opened.ids = await opened.do(found)
        yield opened


def _uuid(public: str) -> str:
    parts = split_public_id(public)
    assert parts is not None
    return parts[1]


def unguarded(dialect: str, table: str) -> list[str]:
    """Return the statements by which a table's owner takes its guards away."""
    if dialect == "postgresql":
        return [f"ALTER TABLE {table} DISABLE TRIGGER USER"]
    return [f"DROP TRIGGER IF EXISTS {table}_keep_{event}" for event in ("update", "delete")]
