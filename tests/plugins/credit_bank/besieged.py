"""Sixteen members and their staff who go on with their deeds while the server is killed.

Each deed has a key and is repeated until it is answered, so that in the end everything is known for certain.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from linli.access.actors import create_token
from linli.clock import today
from linli.commands.users import insert_account
from linli.ids import split_public_id
from tests.plugins.credit_bank.place import MORE, NODES, CreditPlace, credit_place, mutation
from tests.plugins.motto_place import CREATE_RESIDENT
from tests.support.clients import Client
from tests.support.siege import Caller, Told

CLIENTS: Final = 16
SHELF: Final = 40  # of the only goods on offer
START: Final = 9  # points with which each member begins, for one activity
RICH: Final = MORE.replace("gifts_a_month = 20", "gifts_a_month = 100000")
BEARABLE: Final = {"LIMIT_EXCEEDED", "INSUFFICIENT_BALANCE", "INVALID_INPUT", "FORBIDDEN", "CONFLICT"}
RECORDERS: Final = ("n1", "social", "north")
DECIDERS: Final = ("north", "north2")
PRICES: Final = {"Detergent": 4, "Haircut": 3}


@dataclass(frozen=True)
class Settled:
    """A place with a bank and its members: ids and tokens by name; members have numbers from 1."""

    config: Path
    tokens: Mapping[str, str] = field(repr=False)
    members: tuple[str, ...] = ()
    measures: Mapping[str, str] = field(default_factory=dict)
    offers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Account(Told):
    """What all clients were told, added up.

    Attributes:
        balances: points that can be spent by member's number.
        journals: how many journals of each kind must be in the book.
        stock: how much of the goods must be on the shelf.
        activities: state of each by public id.
        redemptions: state of each by public id.
        waiting: activities to be decided, with their member's number and points.
        held: redemptions to be handed over or cancelled.
        refused: how many deeds were refused, by verb and code.
    """

    balances: Counter[int] = field(default_factory=Counter)
    journals: Counter[str] = field(default_factory=Counter)
    stock: int = SHELF
    activities: dict[str, str] = field(default_factory=dict)
    redemptions: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, tuple[int, int]] = field(default_factory=dict)
    held: dict[str, "Held"] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Held:
    """A redemption that waits."""

    number: int
    offer: str
    quantity: int
    code: str

    @property
    def points(self) -> int:
        return PRICES[self.offer] * self.quantity

    @property
    def goods(self) -> int:
        """How much of the goods on the shelf it keeps."""
        return self.quantity if self.offer == "Detergent" else 0


async def settle_bank(folder: Path, url: str, workers: int) -> Settled:
    """Settle an empty database with a bank, its members, and something on the shelf; all closed again."""
    folder.mkdir()
    async with credit_place(
        folder, url, f"{RICH}\n[limits]\nrequests_per_second = 0\n[server]\nworkers = {workers}\n"
    ) as bank:
        members = [await _member(bank, f"m{number}") for number in range(CLIENTS)]
        await bank.do("north", "stockOffer", offer=bank.offers["Detergent"], change=SHELF - 2)
        return Settled(
            folder / "linli.toml", dict(bank.place.tokens), tuple(members), bank.measures, bank.offers
        )


async def _member(bank: CreditPlace, name: str) -> str:
    place = bank.place
    made = await place.done("city", CREATE_RESIDENT, grid=place.ids["n1"], name=name)
    parts = split_public_id(made["id"])
    assert parts is not None
    with place.deployment.database.begin() as connection:
        account = insert_account(connection, name, name, parts[1])
        place.tokens[name] = create_token(connection, account, "test", 10)
    member = await bank.join(name)
    given = {"member": member, "measure": bank.measures["goods"], "doneOn": str(today())}
    await bank.do("n1", "recordActivity", **given, quantity=START // 3)
    return member


@dataclass(kw_only=True)
class Neighbour(Caller):
    """One client: a member, and whoever of the staff is needed."""

    notes: Account
    number: int
    settled: Settled

    async def work(self, stop: asyncio.Event) -> None:
        kinds: dict[Callable[[], Awaitable[None]], int] = {
            self.record: 4,
            self.decide: 2,
            self.redeem: 4,
            self.hand_over: 2,
            self.cancel: 2,
            self.give: 3,
        }
        async with self.client:
            while not stop.is_set():
                (kind,) = self.generator.choices(list(kinds), list(kinds.values()))
                await kind()

    async def record(self) -> None:
        number, quantity = self._anybody(), self.generator.randint(1, 3)
        measure = self.generator.choice(("goods", "patrol", "visit"))
        given = {"member": self.settled.members[number - 1], "measure": self.settled.measures[measure]}
        shelf = measure == "goods" and self.generator.random() < 0.5
        if shelf:
            given["offer"] = self.settled.offers["Detergent"]
        by = self.generator.choice(RECORDERS)
        made = await self._do(by, "recordActivity", **given, quantity=quantity, doneOn=str(today()))
        if made is None:
            return
        self.notes.activities[made["id"]] = made["state"]
        if made["state"] == "BOOKED":
            self._earned(number, made["points"])
            self.notes.stock += quantity if shelf else 0
        else:
            self.notes.waiting[made["id"]] = (number, made["points"])

    async def decide(self) -> None:
        """Two may decide at once about the same: one is heard."""
        if not self.notes.waiting:
            return await self.record()
        ident = self.generator.choice(list(self.notes.waiting))
        number, points = self.notes.waiting[ident]
        approve = self.generator.random() < 0.8
        words = {} if approve else {"reason": "没有记录"}
        by = self.generator.choice(DECIDERS)
        if await self._do(by, "decideActivity", activity=ident, approve=approve, **words) is None:
            return None
        self._once(self.notes.waiting, ident)
        self.notes.activities[ident] = "BOOKED" if approve else "REFUSED"
        if approve:
            self._earned(number, points)
        return None

    async def redeem(self) -> None:
        offer, quantity = self.generator.choice(list(PRICES)), self.generator.randint(1, 2)
        wanted = {"member": self.settled.members[self.number - 1], "offer": self.settled.offers[offer]}
        made = await self._do(self.me, "redeemOffer", **wanted, quantity=quantity)
        if made is None:
            return
        held = Held(self.number, offer, quantity, made["secret"]["code"])
        self.notes.held[made["id"]], self.notes.redemptions[made["id"]] = held, "HELD"
        self.notes.balances[self.number] -= held.points
        self.notes.stock -= held.goods

    async def hand_over(self) -> None:
        """Meanwhile the member may cancel it: one of the two is heard."""
        if not self.notes.held:
            return await self.redeem()
        ident = self.generator.choice(list(self.notes.held))
        code = {"redemption": ident, "code": self.notes.held[ident].code}
        if await self._do(self.generator.choice(("north", "north2")), "handOverRedemption", **code) is None:
            return None
        self._once(self.notes.held, ident)
        self.notes.redemptions[ident] = "HANDED_OVER"
        self.notes.journals["redeem"] += 1
        return None

    async def cancel(self) -> None:
        if not self.notes.held:
            return await self.redeem()
        ident = self.generator.choice(list(self.notes.held))
        held = self.notes.held[ident]
        by = self.me if held.number == self.number else "north"
        if await self._do(by, "cancelRedemption", redemption=ident) is None:
            return None
        self._once(self.notes.held, ident)
        self.notes.redemptions[ident] = "CANCELLED"
        self.notes.balances[held.number] += held.points
        self.notes.stock += held.goods
        return None

    async def give(self) -> None:
        number, points = self._anybody(), self.generator.randint(1, 4)
        given = {"member": self.settled.members[self.number - 1], "toNumber": number, "points": points}
        if await self._do(self.me, "givePoints", **given) is not None:
            self.notes.balances[self.number] -= points
            self.notes.balances[number] += points
            self.notes.journals["gift"] += 1

    @property
    def me(self) -> str:
        """The member's own account."""
        return f"m{self.number - 1}"

    async def _do(self, who: str, verb: str, **data: Any) -> dict[str, Any] | None:
        """Have a deed answered; return its node, or None where it was refused."""
        self.client.token = self.settled.tokens[who]
        payload = await self.payload(verb, mutation(verb, NODES[verb]), data)
        assert payload is not None
        codes = {error["code"] for error in payload["errors"]}
        assert codes <= BEARABLE, f"{self.name} {who} {verb} {data}: {payload}"
        self.notes.refused.update(f"{verb} {code}" for code in codes)
        node: dict[str, Any] | None = payload[NODES[verb]]
        assert (node is None) == bool(codes), f"{self.name} {who} {verb} {data}: {payload}"
        return node

    def _once(self, waiting: dict[str, Any], ident: str) -> None:
        """Strike out what was brought to its end; nobody else was told the same."""
        assert waiting.pop(ident, None) is not None, f"{ident} was brought to its end twice"

    def _earned(self, number: int, points: int) -> None:
        self.notes.balances[number] += points
        self.notes.journals["earn"] += 1

    def _anybody(self) -> int:
        return self.generator.randint(1, len(self.settled.members))


def neighbours(settled: Settled, port: int, generator: random.Random, notes: Account) -> list[Neighbour]:
    """Return a client for each member; their balances are noted."""
    notes.balances.update(dict.fromkeys(range(1, CLIENTS + 1), START))
    notes.journals["earn"] += CLIENTS
    return [
        Neighbour(
            f"c{number}",
            Client(port, ""),
            generator=random.Random(generator.getrandbits(32)),
            notes=notes,
            number=number,
            settled=settled,
        )
        for number in range(1, CLIENTS + 1)
    ]
