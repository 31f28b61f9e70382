"""Every sentence with which the domain refuses is reached, and leaves no more than an entry in the audit."""

import re
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from linli import model as t
from linli.messages import core_messages
from linli.verbs import core_verbs
from linli.verbs.verb import Verb
from tests.core.refusal_cases import REFUSED, Refused
from tests.core.worlds import World, dump
from tests.house.source import modules

VERBS = {verb.name: verb for verb in core_verbs()}
ELSEWHERE = {
    "error.consent_given": "tests/security/test_privacy_consents.py",
    "error.consent_not_given": "tests/security/test_privacy_consents.py",
    "error.consent_unknown": "tests/security/test_privacy_consents.py",
    "error.consent_version": "tests/security/test_privacy_consents.py",
    "error.consent_whose": "tests/security/test_privacy_consents.py",
    "error.correct_first": "tests/security/test_privacy_requests.py",
    "error.erasure_asked": "tests/security/test_privacy_erasure.py",
    "error.guardian_needed": "tests/security/test_privacy_consents.py",
    "error.no_guardian": "tests/security/test_privacy_consents.py",
    "error.nobodys_data": "tests/security/test_privacy_own_data.py",
    "error.own_matter": "tests/security/test_privacy_requests.py",
    "error.request_decided": "tests/security/test_privacy_requests.py",
    "error.request_whose": "tests/security/test_privacy_requests.py",
    "error.bad_key": "test_verbs_deeds",
    "error.conflict": "test_verbs_contract",
    "error.forbidden": "test_verbs_contract",
    "error.idempotency_mismatch": "test_verbs_contract",
    "error.last_administrator": "tests/security/test_rights_administrators",
    "error.lives_ends_by_move": "test_verbs_residents",
    "error.not_found": "test_verbs_contract",
    "error.reveal_quota": "tests/security/test_masks_reveal.py",
    "error.reveal_too_many": "tests/security/test_masks_reveal.py",
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
    after = dump(world.connection)
    told = len(after.pop(t.audit.name)) - len(before.pop(t.audit.name))
    attempted = refusal.code != "CONFLICT" and _is_deed(VERBS[case.deed.verb], case.deed.filled(ids))
    assert told == (attempted and VERBS[case.deed.verb].sensitive)
    assert after == before


def _is_deed(verb: Verb, data: dict[str, Any]) -> bool:
    """Whether an input is well formed; else nothing was attempted."""
    try:
        verb.input.model_validate(data)
    except ValidationError:
        return False
    return True


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
