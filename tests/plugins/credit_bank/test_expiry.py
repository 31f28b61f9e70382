"""Points lapse by a published rule, the oldest first, with notice, and never twice."""

from datetime import date, timedelta

from linli.clock import today
from linli_plugins.credit_bank.daily import expire_points
from linli_plugins.credit_bank.expiry import first_rule, rule_on, with_rule
from tests.plugins.credit_bank.place import CreditPlace

YEAR = 366


async def test_nothing_lapses_without_a_rule(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.earn("wang", 9)
    assert bank.operate(expire_points, days=20 * YEAR) == 0
    assert await bank.balance("wang") == 9


async def test_a_rule_is_published_with_notice_and_takes_what_is_old(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.earn("wang", 9)
    soon, later = (str(today() + timedelta(days=days)) for days in (6, 7))
    rule = {"bank": bank.bank, "version": 1, "expiry": {"months": 12, "since": soon}}
    assert await bank.refused("wang", "updateCreditBank", **rule) == "FORBIDDEN"
    assert await bank.refused("north", "updateCreditBank", **rule) == "TOO_EARLY"
    short = rule | {"expiry": {"months": 11, "since": later}}
    assert await bank.refused("north", "updateCreditBank", **short) == "INVALID_INPUT"
    await bank.do("north", "updateCreditBank", **(rule | {"expiry": {"months": 12, "since": later}}))
    query = "query ($id: ID!) { node(id: $id) { ... on CreditBank { expiry } } }"
    shown = (await bank.place.data(None, query, id=bank.bank))["node"]["expiry"]
    assert shown == [{"months": 12, "since": later}]
    assert bank.operate(expire_points, days=YEAR) == 0  # a year from the day of the rule, not from earning
    assert bank.operate(expire_points, days=YEAR + 7) == 1
    assert bank.operate(expire_points, days=YEAR + 7) == 0
    assert await bank.balance("wang") == 0


def test_the_rules_stand_one_after_the_other() -> None:
    first, second = date(2026, 1, 1), date(2027, 1, 1)
    rules = with_rule(first_rule(24, first), 12, second)
    assert rule_on(rules, date(2025, 12, 31)) is None
    early, late = rule_on(rules, first), rule_on(rules, second)
    assert early is not None
    assert late is not None
    assert (early.months, late.months, late.before) == (24, 12, early)
    given_up = with_rule(rules, 36, date(2026, 6, 1))
    assert [one["months"] for one in given_up] == [24, 36]
