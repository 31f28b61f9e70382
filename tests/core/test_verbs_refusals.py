"""Every sentence with which the domain refuses is reached, and leaves the database as it was."""

import re

import pytest
from sqlalchemy import select

from linli import model as t
from linli.messages import core_messages
from tests.core.refusal_cases import REFUSED, Refused
from tests.core.worlds import World, dump
from tests.house.source import modules

ELSEWHERE = {
    "error.bad_key": "test_verbs_deeds",
    "error.conflict": "test_verbs_contract",
    "error.forbidden": "test_verbs_contract",
    "error.idempotency_mismatch": "test_verbs_contract",
    "error.last_administrator": "tests/security/test_rights_administrators",
    "error.lives_ends_by_move": "test_verbs_residents",
    "error.not_found": "test_verbs_contract",
    "error.unauthenticated": "test_verbs_deeds",
}


NUMBERED = [pytest.param(case, id=f"{n}-{case.deed.verb}-{case.key}") for n, case in enumerate(REFUSED)]


@pytest.mark.parametrize("case", NUMBERED)
def test_the_domain_refuses_and_nothing_is_left(world: World, case: Refused) -> None:
    ids = dict(world.ids) | _root(world)
    for number, deed in enumerate(case.before):
        ids[f"${number}"] = world.do("root", deed.verb, **deed.filled(ids))
    before = dump(world.connection)
    refusal = world.refusal("root", case.deed.verb, **case.deed.filled(ids))
    assert refusal.key == case.key
    assert dump(world.connection) == before


def _root(world: World) -> dict[str, str]:
    """Root's account and role, which no deed made."""
    a = t.assignment.c
    mine = select(a.id, a.account_id).where(a.account_id == world.actor("root").account_id)
    root = world.connection.execute(mine).one()
    return {"$root": f"account_{root.account_id}", "$role": f"assignment_{root.id}"}


def test_every_sentence_of_a_refusal_is_reached_and_translated() -> None:
    used = {
        key
        for module in modules()
        if module.room == "core"
        for key in re.findall(r'"(error\.\w+)"', module.text)
    }
    assert used <= {case.key for case in REFUSED} | set(ELSEWHERE)
    messages = core_messages()
    assert used <= set(messages.texts["en"])
