"""The batching poster: transfers of many clients, a few hundred in one transaction with few statements.

Clients of one hot account would queue at its row, each for the length of a commit. Here they queue in
memory, and one commit serves all who wait.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, TextClause, text
from sqlalchemy.exc import IntegrityError

from linli import model as t
from linli.clock import now
from linli.database.database import Database
from linli.deeds import KEY_LIMIT
from linli.errors import NotFound, Refusal, Unauthenticated
from linli.ids import public_id, split_public_id
from linli.policy import Actor
from linli.traces.audit import AuditEntry, audit_step
from linli.traces.events import event_step, fact
from linli.verbs.inputs import NodeRef

from .batches import Batch, locked
from .hashing import CANONICAL
from .journals import Journal, check, transfer

MOST: Final = 300
TRIES: Final = 3
TRANSFERRED: Final = "book_account.transferred"
TOLD: Final = ("FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED")  # refusals that the audit keeps

EARLIER: Final[Mapping[str, TextClause]] = {
    "postgresql": text("""
        SELECT CAST(i.account_id AS text), i.verb, i.key, i.input_hash, i.result ->> 'id'
        FROM json_to_recordset(CAST(:keys AS json)) AS asked(account uuid, verb text, key text)
        JOIN core_idempotency AS i
            ON i.account_id = asked.account AND i.verb = asked.verb AND i.key = asked.key
    """),
    "sqlite": text("""
        SELECT i.account_id, i.verb, i.key, i.input_hash, json_extract(i.result, '$.id')
        FROM json_each(:keys) AS asked JOIN core_idempotency AS i
            ON i.account_id = json_extract(asked.value, '$.account')
            AND i.verb = json_extract(asked.value, '$.verb') AND i.key = json_extract(asked.value, '$.key')
    """),
}
UUID_TEXT: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# In JSON: the character zero, not a backslash with u0000 behind it; and halves of characters.
UNSTORABLE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|[\ud800-\udfff]")
Permit = Callable[[Connection, Row[Any], Row[Any]], None]
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer that somebody asks for.

    Attributes:
        verb: the name of the mutation, for the key and the audit.
        permit: raises a refusal unless the actor may do this; it is called inside the transaction with its
            connection and the locked rows of both accounts, open or closed. It must not write.
        key: the key under which a repetition is recognised.
        path: where in the input a refusal points.
    """

    actor: Actor
    verb: str
    book_id: str
    out_of: str
    into: str
    amount: int
    kind: str
    permit: Permit = field(repr=False)
    key: str | None = None
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    request_id: str | None = None
    path: tuple[str, ...] = ()

    @property
    def journal(self) -> Journal:
        """What is to be posted."""
        more: dict[str, Any] = {"reason": self.reason, "detail": self.detail}
        return transfer(self.book_id, self.kind, self.amount, out_of=self.out_of, into=self.into, **more)

    @property
    def ask(self) -> Key | None:
        """Under what a repetition is recognised: actor, verb and key."""
        return (str(self.actor.account_id), self.verb, self.key) if self.key is not None else None

    @property
    def body(self) -> str:
        """The hash of what is asked for: the same key with another one is refused."""
        asked = [self.book_id, self.out_of, self.into, self.amount, self.kind, self.reason, self.detail]
        return hashlib.sha256(CANONICAL.encode(asked).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Posted:
    """The journal that came of a transfer; `replayed` says that an earlier one was recognised."""

    journal_id: str
    replayed: bool = False


Answer = Posted | Refusal


def settle(connection: Connection, asked: Sequence[Transfer]) -> list[Answer]:
    """Post transfers in their order, each by itself allowed or refused, and return what came of each."""
    accounts = locked(connection, (ident for one in asked for ident in (one.out_of, one.into)))
    batch = Batch(now(), accounts)
    known = _earlier(connection, asked)
    answers = [_settled(connection, batch, known, one) for one in asked]
    batch.write(connection)
    return answers


def _earlier(connection: Connection, asked: Sequence[Transfer]) -> dict[Key, tuple[str, str]]:
    """Return hash and journal of the keys that were used before."""
    keys = [dict(zip(("account", "verb", "key"), one.ask, strict=True)) for one in asked if one.ask]
    if not keys:
        return {}
    rows = connection.execute(EARLIER[connection.dialect.name], {"keys": CANONICAL.encode(keys)})
    found = {}
    for account, verb, key, body, result in rows:
        parts = split_public_id(result)
        found[account, verb, key] = (body, parts[1] if parts else "")
    return found


def _settled(
    connection: Connection, batch: Batch, known: dict[Key, tuple[str, str]], one: Transfer
) -> Answer:
    if one.ask in known:
        body, ident = known[one.ask]
        if body == one.body:
            return Posted(ident, replayed=True)
        return Refusal("IDEMPOTENCY_MISMATCH", "error.idempotency_mismatch", ("idempotencyKey",))
    try:
        return Posted(_posted(connection, batch, known, one))
    except Refusal as refusal:
        if refusal.code in TOLD:
            why = f"{refusal.code} {getattr(refusal, 'reason', '')}".strip()
            told = AuditEntry(
                one.actor, one.verb, "refused", "journal", reason=why, request_id=one.request_id
            )
            batch.step(t.audit, audit_step(told))
        return refusal


def _posted(connection: Connection, batch: Batch, known: dict[Key, tuple[str, str]], one: Transfer) -> str:
    rows = batch.accounts
    if one.out_of in rows and one.into in rows:
        one.permit(connection, rows[one.out_of], rows[one.into])
    ident = batch.post(one.actor, one.journal, *one.path, request_id=one.request_id)
    told = fact(one.actor, batch.at, TRANSFERRED, NodeRef("book_account", one.out_of), rows[one.out_of])
    told.data.update(journal=public_id("journal", ident), into=public_id("book_account", one.into))
    batch.step(t.event, event_step(told))
    if one.ask is not None:
        known[one.ask] = (one.body, ident)
        names = ("account_id", "verb", "key")
        values = dict(zip(names, one.ask, strict=True)) | {"input_hash": one.body, "at": batch.at}
        batch.add(t.idempotency, values | {"result": {"id": public_id("journal", ident)}})
    return ident


@dataclass
class Poster:
    """Takes transfers from many tasks of one event loop and posts all that wait together.

    Attributes:
        most: how many go into one transaction.
    """

    database: Database
    most: int = MOST
    _waiting: list[tuple[Transfer, "asyncio.Future[Answer]"]] = field(default_factory=list)
    _work: "asyncio.Task[None] | None" = None

    async def transfer(self, asked: Transfer) -> Posted:
        """Post a transfer and return its journal, once it is committed.

        Raises:
            Refusal: it is not allowed, an account has not so much, or the caller has no account of their
                own or a bad key; the other transfers go on.
            ValueError: this is no transfer; the program is at fault.
            Exception: the transaction failed; nothing of it is written.
        """
        _check(asked)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._work is None:
            self._work = asyncio.create_task(self._run(), name="ledger-poster")
        answer = await future
        if isinstance(answer, Refusal):
            raise answer
        return answer

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # those who are about to ask come along
            taken, self._waiting = self._waiting[: self.most], self._waiting[self.most :]
            try:
                answers = await self._settle([asked for asked, _ in taken])
            except asyncio.CancelledError:
                for _, future in (*taken, *self._waiting):
                    future.cancel()
                raise
            except Exception as fault:  # noqa: BLE001 - each waiter is told of it, whatever it is
                _answer(taken, fault)
            else:
                for (_, future), answer in zip(taken, answers, strict=True):
                    if not future.done():
                        future.set_result(answer)
        self._work = None

    async def _settle(self, asked: Sequence[Transfer]) -> list[Answer]:
        for _ in range(TRIES - 1):
            try:
                return await self.database.run(lambda connection: settle(connection, asked))
            except IntegrityError:
                continue  # another process used one of the keys meanwhile; now it is seen
        return await self.database.run(lambda connection: settle(connection, asked))


def _check(asked: Transfer) -> None:
    """Refuse what the database would not take: it would fail for all who wait along with it."""
    check(asked.journal)
    if asked.actor.account_id is None:
        raise Unauthenticated
    if asked.key is not None and not (0 < len(asked.key) <= KEY_LIMIT and asked.key.isprintable()):
        raise Refusal("INVALID_INPUT", "error.bad_key", ("idempotencyKey",))
    if not all(map(UUID_TEXT.fullmatch, (asked.book_id, asked.out_of, asked.into))):
        raise NotFound(*asked.path)
    texts = CANONICAL.encode([asked.kind, asked.reason, asked.detail])
    if UNSTORABLE.search(texts):
        raise ValueError("no transfer: a text holds a character that cannot be stored")


def _answer(taken: Sequence[tuple[Transfer, "asyncio.Future[Answer]"]], fault: Exception) -> None:
    for _, future in taken:
        if not future.done():
            future.set_exception(fault)
