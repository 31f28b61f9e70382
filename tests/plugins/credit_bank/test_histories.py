"""Random histories of a bank agree with a model in plain Python, and leave books that are found sound."""

import asyncio

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from linli_plugins.credit_bank.checks import verify_booked, verify_held
from linli_plugins.ledger.verifying import verify_books
from tests.plugins.credit_bank.history import History, World
from tests.plugins.credit_bank.place import CreditPlace
from tests.policies.seeds import seeded, times

HISTORIES, STEPS = 12, 40


async def test_random_histories_agree_with_a_model(bank: CreditPlace) -> None:
    bank.appoint("li", "community_worker", "north")
    world = World(bank, asyncio.get_running_loop())
    number = seeded("histories of a credit bank").getrandbits(32)
    machine: type[History] = seed(number)(type("Here", (History,), {"world": world}))
    chosen = settings(
        max_examples=times(HISTORIES),
        stateful_step_count=STEPS,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=chosen)
    with bank.place.deployment.database.begin() as connection:
        found = [*verify_books(connection), *verify_booked(connection), *verify_held(connection)]
    assert [one for one in found if one.fault] == []
    assert world.done.total() >= STEPS, f"too little was done: {world.done}; refused: {world.refused}"
