"""The truth tables hold for the default lines, and a table that says otherwise is told."""

from dataclasses import replace

import pytest

from linli.access.resources import CORE_RESOURCES, by_name
from linli.policy import Actor, Decision
from linli_policies.arms import EVERYTHING
from linli_policies.cases import CaseFileError, load_cases, run_cases
from linli_policies.engine import CasbinPolicy, load_policy
from linli_policies.lines import PolicySource

RESOURCES = by_name(CORE_RESOURCES)
EXTRA = """
[actors.newcomer]
holds = ["grid_worker@sibling_grid"]

[[case]]
actor = "newcomer"
row = "in_sibling_grid"
resources = ["dwelling"]
may = [%s]
"""


def extra(text: str) -> list[PolicySource]:
    return [PolicySource("plugin/policy_cases.toml", text)]


def test_the_default_lines_keep_their_truth_tables() -> None:
    assert [str(failure) for failure in run_cases(load_policy(RESOURCES), load_cases())] == []


def test_every_default_role_and_resource_is_in_the_tables_allowed_and_denied() -> None:
    policy, cases = load_policy(RESOURCES), load_cases()
    actors = {name: {held.partition("@")[0] for held in form.holds} for name, form in cases.actors.items()}
    yes = {role for case in cases.case if case.may for role in actors[case.actor] or {"public"}}
    no = {role for case in cases.case if not case.may for role in actors[case.actor] or {"public"}}
    assert yes == no == policy.roles
    told = {name for case in cases.case for name in case.resources}
    assert told >= set(RESOURCES) | {"resident.phone", "resident.id_number", "resident.birth_date"}


def test_a_plugin_adds_its_own_cases_in_the_same_place() -> None:
    policy = load_policy(RESOURCES)
    right = load_cases(extra(EXTRA % '"read", "create", "update", "close"'))
    assert run_cases(policy, right) == ()
    wrong = run_cases(policy, load_cases(extra(EXTRA % '"read", "create", "update", "salute"')))
    assert [(one.permission, one.expected) for one in wrong] == [
        ("dwelling:close", False),
        ("dwelling:salute", True),
    ]
    assert "may, but should not, dwelling:close of in_sibling_grid: Allowed by default.csv:" in str(wrong[0])
    assert "may not, but should, dwelling:salute" in str(wrong[1])


def test_what_no_line_knows_is_a_failure_and_not_a_silent_no() -> None:
    text = EXTRA.replace("grid_worker", "grid_wroker").replace("dwelling", "dweling") % ""
    failures = [str(one) for one in run_cases(load_policy(RESOURCES), load_cases(extra(text)))]
    assert any("There is no role grid_wroker" in failure for failure in failures)
    assert any("There is no resource dweling" in failure for failure in failures)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[case]", "plugin/policy_cases.toml: "),
        ("[[cases]]", "cases"),
        ('[rows]\nnew = { grid = "street" }', "rows.new.grid"),
        ('[rows]\nnew = { at = "moon" }', "grid moon"),
        ('[rows]\nnew = { branches = ["moon"] }', "branch moon"),
        ('[rows]\nnew = { organizations = ["moon"] }', "organization moon"),
        ('[actors]\nnew = { holds = ["auditor@moon"] }', "place moon"),
        ('[grids]\nnew = "moon"', "grid moon"),
        ('[branches]\nnew = "moon"', "branch moon"),
        ('[[case]]\nactor = "moon"\nrow = "moon"\nresources = []', "actor moon, row moon"),
        ("[actors]\nauditor = {}", "defines again what is there: auditor"),
        ('[grids]\nnew = "newer"\nnewer = "new"', "new stands before its parent newer"),
    ],
)
def test_a_faulty_file_is_named(text: str, words: str) -> None:
    with pytest.raises(CaseFileError) as caught:
        load_cases(extra(text))
    assert words in str(caught.value)


class Contradicting(CasbinPolicy):
    """Explains rightly, and decides the opposite."""

    def decide(self, actor: Actor, resource: str, action: str) -> Decision:
        right = super().decide(actor, resource, action)
        return replace(right, arms=() if right.arms else (EVERYTHING,))


def test_a_decision_that_contradicts_its_explanation_is_a_failure() -> None:
    good = load_policy(RESOURCES)
    failures = run_cases(Contradicting(good.lines, RESOURCES), load_cases())
    assert any("decided True, explained False" in one.reason for one in failures)
