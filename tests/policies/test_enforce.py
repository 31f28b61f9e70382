"""House oracle 1: the compiled tables answer as Casbin's own enforcer does, on random policies."""

import itertools
import random

import pytest

from linli.access.resources import CORE_RESOURCES, by_name
from linli.policy import Reach
from linli_policies.catalogue import catalogue
from linli_policies.engine import load_policy
from linli_policies.lines import Lines, PolicySource, parse
from linli_policies.store import CasbinStore
from linli_policies.tables import Tables, compiled
from tests.policies.random_lines import ROLES, random_text
from tests.policies.seeds import say, seeded, times

RESOURCES = by_name(CORE_RESOURCES)
Asked = tuple[str, str, str, str]


def answer(tables: Tables, role: str, resource: str, action: str, reach: str) -> bool:
    rule = tables.rules.get((role, resource, action))
    return rule is not None and reach in rule.allowed and reach not in rule.denied


def lines_of(text: str) -> Lines:
    return parse([PolicySource("lines.csv", text)]).lines


def random_questions(generator: random.Random, lines: Lines, count: int) -> list[Asked]:
    """Half of them near some line, where the answers are; the others anywhere."""
    known = sorted(catalogue(RESOURCES, ROLES))
    asked = []
    for _ in range(count):
        line = generator.choice(lines.rights)
        role, reach = generator.choice(ROLES), generator.choice(list(Reach)).value
        if generator.random() < 0.5:
            asked.append((role, line.resource, line.action, line.reach.value))
        else:
            asked.append((role, generator.choice(known), generator.choice(("read", "create")), reach))
    return asked


def test_compiled_tables_answer_as_the_enforcer() -> None:
    generator = seeded("enforce")
    yes = 0
    for _ in range(times(6)):
        lines = lines_of(random_text(generator, catalogue(RESOURCES, ROLES), lines=100))
        tables, store = compiled(lines, RESOURCES), CasbinStore(lines)
        for asked in random_questions(generator, lines, 300):
            expected = store.enforce(*asked)
            assert answer(tables, *asked) is expected, asked
            yes += expected
    asked_in_all = times(6) * 300
    say(f"{yes} of {asked_in_all} allowed")
    assert 0.05 < yes / asked_in_all < 0.95, "the questions are too easy"


def test_the_default_lines_compile_to_what_the_enforcer_says() -> None:
    generator = seeded("enforce default")
    policy = load_policy(RESOURCES)
    tables, store = compiled(policy.lines, RESOURCES), CasbinStore(policy.lines)
    named = sorted({(line.resource, line.action) for line in policy.lines.rights})
    whole = list(itertools.product(sorted(policy.roles), named, Reach))
    for role, (resource, action), reach in generator.sample(whole, 1200):
        expected = store.enforce(role, resource, action, reach.value)
        assert answer(tables, role, resource, action, reach.value) is expected, (
            role,
            resource,
            action,
            reach,
        )


def test_a_denial_acts_on_the_very_role_it_is_written_for() -> None:
    lines = lines_of(
        "p, parent, resident, read, subtree, allow\n"
        "p, parent, resident, read, subtree, deny\n"
        "g, child, parent\n"
        "g, strict, parent\n"
        "p, strict, resident, read, subtree, deny"
    )
    tables, store = compiled(lines, RESOURCES), CasbinStore(lines)
    asked = ("resident", "read", "subtree")
    for role, expected in (("parent", False), ("child", True), ("strict", False), ("stranger", False)):
        assert store.enforce(role, *asked) is expected
        assert answer(tables, role, *asked) is expected


@pytest.mark.case(80)
def test_a_chain_of_eight_links_carries_to_its_end_in_both() -> None:
    links = [f"g, role{number}, role{number + 1}" for number in range(8)]
    lines = lines_of("\n".join([*links, "p, role8, grid, read, all, allow"]))
    tables, store = compiled(lines, RESOURCES), CasbinStore(lines)
    assert store.enforce("role0", "grid", "read", "all")
    assert answer(tables, "role0", "grid", "read", "all")


def test_casbin_holds_the_very_lines() -> None:
    lines = load_policy(RESOURCES).lines
    assert CasbinStore(lines).rights == {line.words for line in lines.rights}
