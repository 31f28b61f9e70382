"""A siege of a credit bank: short in the quick tests, long in the soak."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM

from sqlalchemy import Connection, Table, func, select

from linli.ids import public_id
from linli_plugins.credit_bank.models import activity, member, offer, redemption
from linli_plugins.ledger.models import account, journal
from tests.plugins.credit_bank.besieged import CLIENTS, SHELF, Account, neighbours, settle_bank
from tests.support.aftermath import looking, numbers
from tests.support.server import ServerProcess, running
from tests.support.siege import Siege
from tests.support.trials import PATIENCE, Deaths, kill


@dataclass
class BankToll(Deaths):
    """What a siege of a bank came to."""

    notes: Account = field(default_factory=Account)

    def __str__(self) -> str:
        notes = self.notes
        return (
            f"{self.kills} kills; {notes.acknowledged} deeds answered, {notes.refused.total()} of them "
            f"refused, {notes.lost} answers lost; {notes.journals.total()} journals;"
        )


async def try_bank(
    folder: Path, url: str, generator: random.Random, most: int, until: Callable[[BankToll], bool]
) -> BankToll:
    """Kill the server again and again while members and staff go on, and check what is there at the end.

    Between two kills there are up to `most` answers.
    """
    settled = await settle_bank(folder / "place", url, 2 if url.startswith("postgresql") else 1)
    server, toll = ServerProcess(settled.config), BankToll()
    with running(server):
        clients = neighbours(settled, server.port, generator, toll.notes)
        async with Siege(clients, toll.notes) as siege:
            while not until(toll):
                await siege.progress(generator.randrange(1, most), PATIENCE)
                await kill(server, generator, toll)
            await siege.progress(len(clients), PATIENCE)
        assert server.stop() in (0, -SIGTERM), server.log[-4000:]
    with looking(url) as connection:
        check_bank(connection, toll.notes)
    server.verify()
    return toll


def check_bank(connection: Connection, notes: Account) -> None:
    """What was acknowledged is there exactly once, what was refused is not, and nothing is below zero."""
    assert numbers(connection, journal, "kind") == notes.journals
    joined = select(member.c.number, (account.c.balance - account.c.held).label("left")).join(
        account, account.c.id == member.c.account_id
    )
    found = Counter({row.number: row.left for row in connection.execute(joined)})
    assert found == notes.balances
    assert min(found.values()) >= 0
    states = _states(connection, activity, "credit_activity")
    assert len(states) == len(notes.activities) + CLIENTS  # with what each member began
    assert {ident: states[ident] for ident in notes.activities} == notes.activities
    assert _states(connection, redemption, "credit_redemption") == notes.redemptions
    _check_shelf(connection, notes)


def _states(connection: Connection, table: Table, name: str) -> dict[str, str]:
    rows = connection.execute(select(table.c.id, table.c.state))
    return {public_id(name, row.id): row.state.upper() for row in rows}


def _check_shelf(connection: Connection, notes: Account) -> None:
    """What is there, kept and handed over is what was there at first and what was given."""
    goods = connection.execute(select(offer).where(offer.c.title_en == "Detergent")).one()
    a, r = activity.c, redemption.c
    given = select(func.coalesce(func.sum(a.quantity), 0)).where(a.offer_id == goods.id, a.state == "booked")
    gone = select(func.coalesce(func.sum(r.quantity), 0)).where(
        r.offer_id == goods.id, r.state.in_(("held", "handed_over"))
    )
    added, taken = (int(connection.execute(one).scalar_one()) for one in (given, gone))
    assert goods.stock == notes.stock == SHELF + added - taken
    assert goods.stock >= 0
