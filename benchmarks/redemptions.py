"""How many redemptions a second a server takes end to end, on PostgreSQL with ordinary durability.

    python -m benchmarks.redemptions [--workers 1,2] [--clients 16] [--seconds 8] [--rounds 3]

Each request is a mutation in the name of one of 200 residents: key, rights, stock, hold, journal with its
hash, audit and event, and the payload that is read back, over HTTP.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg
from linli_graphql.composition import compose
from linli_plugins.credit_bank import models
from linli_plugins.credit_bank.kinds import ISSUED
from linli_plugins.ledger.accounts import own_account
from linli_plugins.ledger.posting import post, transfer
from sqlalchemy import Connection, insert, select

from benchmarks import load, postgres
from benchmarks.servers import PATIENCE, Server, free_port, listens
from benchmarks.workload import Job
from linli import model as t
from linli.access.actors import create_token, load_actor
from linli.clock import now
from linli.commands.users import insert_account, insert_role
from linli.context import Context
from linli.database.migrate import migrate
from linli.deeds import Request, perform
from linli.deployment import make_key, open_deployment
from linli.ids import public_id, uuid7
from linli.operating import operate
from linli.policy import Actor

MEMBERS: Final = 200
POINTS: Final = 1_000_000
CONFIG: Final = """
language = "en"
profile = "production"
[database]
url = "{url}"
[limits]
requests_per_second = 0
[security]
key_file = "linli.key"
[plugins]
enabled = ["credit_bank"]
[[plugins.credit_bank.offers]]
kind = "service"
title_zh = "理发"
title_en = "Haircut"
points = 1
valuation = "一次一分"
stock = 1000000
"""
REDEEM: Final = (
    '{{"query": "mutation ($input: RedeemOfferInput!) {{ redeemOffer(input: $input) {{ creditRedemption '
    '{{ id state points expiresOn secret {{ code }} }} errors {{ code message path }} }} }}", "variables": '
    '{{"input": {{"member": "{member}", "offer": "{offer}", "idempotencyKey": "__KEY__"}}}}}}'
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.redemptions", description=__doc__)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    load.check_tool()
    with tempfile.TemporaryDirectory(prefix="linli-redeem-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postgres.running(folder / "cluster") as cluster:
            with psycopg.connect(cluster.url(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE place TEMPLATE template0")
            config = folder / "linli.toml"
            config.write_text(CONFIG.format(url=cluster.url("place")), encoding="utf-8")
            make_key(folder / "linli.key")
            job = Job("M2", "linli", _bodies(config), None)
            for workers in map(int, asked.workers.split(",")):
                with _serving(config, workers) as server:
                    rounds = [
                        load.run(server, cluster.pid, job, asked.clients, asked.seconds)
                        for _ in range(asked.rounds)
                    ]
                _show(workers, rounds)


def _show(workers: int, rounds: list[load.Round]) -> None:
    rates = sorted(one.rps for one in rounds)
    spent = [median(getattr(one, name) for one in rounds) for name in ("server_cpu", "database_cpu", "p50")]
    told = f"{median(rates):.0f} redemptions a second ({rates[0]:.0f} to {rates[-1]:.0f}); each"
    told += f" {spent[0]:.1f} ms of processor in the server, {spent[1]:.1f} in the database"
    told += f", p50 {spent[2]:.0f} ms"
    told += f"; {median(one.others for one in rounds):.0%} of the machine went elsewhere"
    print(f"{workers} processes: {told}; {sum(one.failed for one in rounds)} failed", flush=True)


def _bodies(config: Path) -> list[str]:
    """Settle the place; return one line for each resident: token, tab, body."""
    deployment = open_deployment(config, {})
    migrate(deployment.database, deployment.migrations)
    composed = compose(deployment)
    with deployment.database.begin() as connection:
        grid, staff, accounts = _settled(connection)
        tokens = [create_token(connection, account, "bench", 1) for account in accounts]

    def do(account: str, verb: str, **data: Any) -> str:
        with deployment.database.begin() as connection:
            actor = load_actor(connection, account) or Actor()
            outcome = perform(connection, composed.deeds, Request(actor, composed.registry.verbs[verb], data))
        if outcome.ref is None:
            raise RuntimeError(f"{verb}: {outcome.refusals}")
        return public_id(outcome.ref.type, outcome.ref.id)

    bank = do(staff, "openCreditBank", grid=grid)
    members = [do(account, "joinCreditBank", bank=bank, termsVersion=1) for account in accounts]
    with deployment.database.begin() as connection:
        operate(connection, deployment, Actor(name="bench"), _give)
        offer = public_id("credit_offer", connection.execute(select(models.offer.c.id)).scalar_one())
    deployment.database.engine.dispose()
    lines = zip(tokens, members, strict=True)
    return [f"{token}\t{REDEEM.format(member=member, offer=offer)}" for token, member in lines]


def _settled(connection: Connection) -> tuple[str, str, list[str]]:
    """Make a community, who runs its bank, and residents; return the grid's public id and the accounts."""
    made = {"created_at": now(), "updated_at": now(), "valid_from": now(), "search": ""}
    grid = {"id": uuid7(), "key": 1, "path": "/1/", "name": "社区", "level": "community"}
    connection.execute(insert(t.grid), grid | made | {"code_scheme": "local", "spine": True})
    row = connection.execute(select(t.grid)).one()
    staff = insert_account(connection, "staff", "staff")
    insert_role(connection, staff, "community_worker", row)
    accounts = []
    for number in range(MEMBERS):
        person = {"id": uuid7(), "name": f"王{number}", "grid_id": row.id, "path": row.path}
        connection.execute(insert(t.resident), person | made)
        accounts.append(insert_account(connection, f"w{number}", "王", person["id"]))
    return public_id("grid", row.id), staff, accounts


def _give(ctx: Context) -> None:
    bank = ctx.connection.execute(select(models.bank)).one()
    issued = own_account(ctx, bank.book_id, ISSUED)
    for row in ctx.connection.execute(select(models.member)).all():
        post(ctx, transfer(bank.book_id, "earn", POINTS, out_of=issued, into=row.account_id))


@contextmanager
def _serving(config: Path, workers: int) -> Iterator[Server]:
    port = free_port()
    log = config.with_suffix(".log")
    command = [sys.executable, "-m", "linli.cli", "serve", "--config", str(config), "--port", str(port)]
    environ = os.environ | {"LINLI_SERVER__WORKERS": str(workers)}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environ)
    server = Server("linli", "linli", port, process, log)
    try:
        until = time.monotonic() + PATIENCE
        while not listens(port) and time.monotonic() < until:
            time.sleep(0.1)
        yield server
    finally:
        server.stop()


if __name__ == "__main__":
    main()
