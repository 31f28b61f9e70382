"""The measure table: versions with notice, rules in CEL, caps; and what no title may speak of."""

from datetime import timedelta
from typing import Any

import pytest

from linli.clock import today
from linli.errors import Invalid
from linli_plugins.credit_bank.rules import SAMPLES, Facts, by_rule, check_rule
from tests.plugins.credit_bank.place import CreditPlace

TODAY = today()
LINE = {
    "code": "dance",
    "activity": "CULTURE_AND_SPORT",
    "titleZh": "广场舞领队",
    "titleEn": "Leading a dance",
    "points": 4,
}
TRIAL = """query ($measure: ID!, $rule: String!) {
    creditRuleTrial(measure: $measure, rule: $rule) { activities given wouldGive differing fault } }"""


async def test_a_line_is_published_by_the_community_and_changed_with_notice(bank: CreditPlace) -> None:
    given: dict[str, Any] = {"bank": bank.bank, **LINE, "since": str(TODAY)}
    for who in ("wang", "n1", "social"):
        assert await bank.refused(who, "publishMeasure", **given) == "FORBIDDEN"
    assert await bank.refused("south", "publishMeasure", **given) == "FORBIDDEN"
    past = given | {"since": str(TODAY - timedelta(days=1))}
    assert await bank.refused("north", "publishMeasure", **past) == "TOO_EARLY"
    first = await bank.do("north", "publishMeasure", **given)
    assert first["number"] == 1
    soon, later = (str(TODAY + timedelta(days=days)) for days in (6, 7))
    assert await bank.refused("north", "publishMeasure", **(given | {"since": soon})) == "TOO_EARLY"
    second = await bank.do("north", "publishMeasure", **(given | {"since": later, "points": 9}))
    assert (second["number"], second["since"]) == (2, later)
    query = "query ($id: ID!) { node(id: $id) { ... on CreditMeasure { until points } } }"
    node = (await bank.place.data(None, query, id=first["id"]))["node"]
    assert node == {"until": later, "points": 4}  # the old version keeps its points until it ends


async def test_the_version_of_the_day_earns_and_stays_on_the_entry(bank: CreditPlace) -> None:
    await bank.join("wang")
    given = {"bank": bank.bank, **LINE, "since": str(TODAY)}
    first = await bank.do("north", "publishMeasure", **given)
    later = TODAY + timedelta(days=7)
    second = await bank.do("north", "publishMeasure", **(given | {"since": str(later), "points": 9}))
    done = {"member": bank.members["wang"], "doneOn": str(TODAY)}
    assert await bank.refused("n1", "recordActivity", **done, measure=second["id"]) == "INVALID_INPUT"
    ahead = done | {"doneOn": str(TODAY + timedelta(days=1))}
    assert await bank.refused("n1", "recordActivity", **ahead, measure=first["id"]) == "TOO_EARLY"
    made = await bank.do("n1", "recordActivity", **done, measure=first["id"])
    query = (
        "query ($id: ID!) { node(id: $id) { ... on CreditActivity { points measure { number points } } } }"
    )
    node = (await bank.place.data("wang", query, id=made["id"]))["node"]
    assert node == {"points": 4, "measure": {"number": 1, "points": 4}}


async def test_a_line_ends_with_notice_and_earns_no_more(bank: CreditPlace) -> None:
    until = {"measure": bank.measures["patrol"], "until": str(TODAY + timedelta(days=6))}
    assert await bank.refused("north", "withdrawMeasure", **until) == "TOO_EARLY"
    until["until"] = str(TODAY + timedelta(days=7))
    assert (await bank.do("north", "withdrawMeasure", **until))["until"] == until["until"]
    assert await bank.refused("north", "withdrawMeasure", **until) == "INVALID_INPUT"
    shown = "query ($day: Date!) { creditMeasures(where: { inForceOn: $day }) { nodes { code } } }"
    for days, there in ((6, True), (7, False)):
        data = await bank.place.data(None, shown, day=str(TODAY + timedelta(days=days)))
        assert ({"code": "patrol"} in data["creditMeasures"]["nodes"]) is there


async def test_caps_hold_for_a_day_and_a_month(bank: CreditPlace) -> None:
    await bank.join("wang")
    done = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": str(TODAY)}
    assert (await bank.do("n1", "recordActivity", **done, quantity=2))["points"] == 4
    second = await bank.do("n1", "recordActivity", **done, quantity=5)
    assert (second["computed"], second["points"]) == (10, 2)  # what the day's cap of 6 leaves
    assert await bank.refused("n1", "recordActivity", **done) == "LIMIT_EXCEEDED"
    assert await bank.balance("wang") == 6


@pytest.mark.parametrize("word", ["信访劝返", "扣分", "签约拆迁", "Petition talks", "信用分提升"])
async def test_no_title_speaks_of_what_no_points_are_for(bank: CreditPlace, word: str) -> None:
    given = {"bank": bank.bank, **LINE, "since": str(TODAY)} | {"titleZh": word}
    assert await bank.refused("north", "publishMeasure", **given) == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ("points * ", "credit_bank.rule_syntax"),
        ("points * hours", "credit_bank.rule_names"),
        ("points * 1.5", "credit_bank.rule_fails"),
        ('difficulty == "" ? 1 : "x"', "credit_bank.rule_result"),
        ("points - 100", "credit_bank.rule_result"),
        ("points / (quantity - 1)", "credit_bank.rule_fails"),
        ("quantity * 10000000", "credit_bank.rule_result"),
        ("[1, 2].map(x, x)[0]", "credit_bank.rule_shape"),
        ("points > 1", "credit_bank.rule_result"),
        ("1" * 501, "credit_bank.rule_shape"),
        ("matches(difficulty, 'a') ? 1 : 2", "credit_bank.rule_functions"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_when_it_is_saved(rule: str, key: str) -> None:
    with pytest.raises(Invalid) as told:
        check_rule(rule, "rule")
    assert (told.value.key, told.value.path) == (key, ("rule",))


def test_a_rule_sees_the_facts_and_gives_whole_points() -> None:
    rule = 'weekday >= 6 && times_this_month < 4 ? points * 2 * quantity : (difficulty == "难" ? 3 : 1)'
    check_rule(rule)
    values = {name: samples[0] for name, samples in SAMPLES.items()}
    saturday = Facts(**(values | {"weekday": 6, "points": 3, "quantity": 2}))
    assert by_rule(rule, saturday) == 12
    assert by_rule(rule, Facts(**(values | {"difficulty": "难"}))) == 3


async def test_a_rule_takes_the_place_of_points_times_quantity(bank: CreditPlace) -> None:
    await bank.join("wang")
    given = {"bank": bank.bank, **LINE, "since": str(TODAY), "rule": "quantity > 1 ? points + 1 : 0"}
    line = await bank.do("north", "publishMeasure", **given)
    done = {"member": bank.members["wang"], "measure": line["id"], "doneOn": str(TODAY)}
    assert await bank.refused("n1", "recordActivity", **done) == "LIMIT_EXCEEDED"  # the rule gives nothing
    assert (await bank.do("n1", "recordActivity", **done, quantity=2))["points"] == 5
    bad = given | {"code": "bad", "rule": "points + hours"}
    assert await bank.refused("north", "publishMeasure", **bad) == "INVALID_INPUT"


async def test_a_rule_is_tried_on_last_month_by_who_may_publish_it(bank: CreditPlace) -> None:
    asked = {"measure": bank.measures["weekend"], "rule": "points * quantity * 3"}
    for who in ("wang", "n1", "south", None):
        assert (await bank.place.data(who, TRIAL, **asked))["creditRuleTrial"] is None
    told = (await bank.place.data("north", TRIAL, **asked))["creditRuleTrial"]
    assert told == {"activities": 0, "given": 0, "wouldGive": 0, "differing": 0, "fault": None}
    told = (await bank.place.data("north", TRIAL, **(asked | {"rule": "nonsense"})))["creditRuleTrial"]
    assert "nonsense" in told["fault"]
