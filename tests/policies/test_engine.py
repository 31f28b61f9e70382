"""The engine as the rest of the house sees it: decisions, reasons, explanations, and no way to fail open."""

import threading
from dataclasses import replace
from typing import Any, cast

import pytest

from linli.access.resources import CORE_RESOURCES, by_name
from linli.access.scope import covers
from linli.policy import Actor, Anchor, AnchorType, Arm, ArmType, Facts, Holding, Policy, Range
from linli_policies.engine import CasbinPolicy, load_policy, read_lines
from linli_policies.lines import Lines, PolicyFaultsError, PolicySource, parse

RESOURCES = by_name(CORE_RESOURCES)
BIG, SMALL, TRAP = (
    Anchor(AnchorType.GRID, "big", "/1/"),
    Anchor(AnchorType.GRID, "small", "/1/2/"),
    Anchor(AnchorType.GRID, "trap", "/1/20/"),
)


def policy_of(*lines: str) -> CasbinPolicy:
    return CasbinPolicy(parse([PolicySource("lines.csv", "\n".join(lines))]).lines, RESOURCES)


def holder(*held: tuple[str, Anchor | None], **values: Any) -> Actor:
    return Actor(holdings=tuple(Holding(role, anchor) for role, anchor in held), **values)


def at(anchor: Anchor, **values: Any) -> Facts:
    return Facts(path=anchor.path, grid_id=anchor.id, **values)


def test_it_is_a_policy_with_every_resource_and_role() -> None:
    policy: Policy = load_policy(RESOURCES)
    assert {"resident", "resident.phone", "resident.id_number", "role.grid_worker"} <= set(policy.resources)
    assert policy.resources["resident.phone"].actions == {"read", "reveal"}
    assert all(f"role.{role}" in policy.resources for role in policy.roles)
    assert {"public", "resident", "city_admin", "platform_operator"} <= policy.roles
    with pytest.raises(TypeError):
        cast("Any", policy.resources)["resident"] = None


def test_what_a_plugin_declares_and_says_is_part_of_it() -> None:
    shop = replace(RESOURCES["dwelling"], name="credit_bank.shop", fields=("owner",))
    lines = [
        "p, shopkeeper, credit_bank.shop, read, unit, allow",
        "p, shopkeeper, credit_bank.shop.owner, read, unit, allow",
    ]
    source = PolicySource.from_lines("credit_bank/policy.csv", lines)
    policy = load_policy({**RESOURCES, shop.name: shop}, [source])
    assert "shopkeeper" in policy.roles
    assert "role.shopkeeper" in policy.resources
    decision = policy.decide(holder(("shopkeeper", SMALL)), "credit_bank.shop.owner", "read")
    assert decision.arms == (Arm(ArmType.GRIDS, ("small",)),)
    assert decision.reason.startswith("credit_bank/policy.csv:2")


def test_a_decision_names_the_lines_that_allow() -> None:
    decision = load_policy(RESOURCES).decide(holder(("grid_leader", SMALL)), "resident", "read")
    assert decision.arms == (Arm(ArmType.PATHS, ranges=(Range("/1/2/", "/1/20"),)),)
    assert decision.reason.startswith("default.csv:")
    assert decision.reason.endswith("p, grid_worker, resident, read, subtree, allow")


@pytest.mark.parametrize(
    ("actor", "resource", "action", "words"),
    [
        (holder(), "resident", "read", "No line lets an actor without a role read resident"),
        (holder(("public", None)), "resident", "read", "No line lets public read resident."),
        (holder(("grid_worker", SMALL)), "resident.id_number", "read", "No line lets grid_worker"),
        (holder(("ghost", SMALL)), "resident", "read", "No line lets ghost"),
        (holder(("public", None)), "citizen", "read", "no permission citizen:read"),
        (holder(("public", None)), "grid", "salute", "no permission grid:salute"),
        (holder(("resident", SMALL)), "resident", "read", "Nothing is in reach"),
        (holder(("grid_worker", None)), "resident", "read", "Nothing is in reach"),
        (
            holder(("grid_worker", Anchor(AnchorType.ORGANIZATION, "o"))),
            "resident",
            "read",
            "not at organization",
        ),
    ],
)
def test_a_refusal_names_what_is_absent(actor: Actor, resource: str, action: str, words: str) -> None:
    policy = load_policy(RESOURCES)
    decision = policy.decide(actor, resource, action)
    assert decision.arms == ()
    assert words in decision.reason
    explanation = policy.explain(actor, resource, action, at(SMALL, resident_ids=frozenset({"r"})))
    assert not explanation.allowed
    assert explanation.reason


@pytest.mark.case(34)
def test_rights_of_two_roles_never_mix() -> None:
    actor = holder(("building_leader", TRAP), ("community_worker", SMALL))
    policy = load_policy(RESOURCES)
    reads, reveals = (
        policy.decide(actor, "resident", "read"),
        policy.decide(actor, "resident.phone", "reveal"),
    )
    assert covers(reads, at(TRAP))
    assert covers(reveals, at(SMALL))
    assert not covers(reveals, at(TRAP))


def test_a_denial_takes_rows_from_its_own_role_and_place_only() -> None:
    policy = policy_of(
        "p, admin, grid, move, subtree, allow",
        "p, admin, grid, move, unit, deny",
        "g, chief, admin",
        "p, other, grid, move, unit, allow",
    )
    alone = policy.decide(holder(("admin", SMALL)), "grid", "move")
    assert alone.arms == (
        Arm(ArmType.PATHS, ranges=(Range("/1/2/", "/1/20"),), but=(Arm(ArmType.GRIDS, ("small",)),)),
    )
    assert not covers(alone, at(SMALL))
    assert covers(policy.decide(holder(("admin", SMALL), ("admin", BIG)), "grid", "move"), at(SMALL))
    assert covers(policy.decide(holder(("admin", SMALL), ("other", SMALL)), "grid", "move"), at(SMALL))
    assert covers(policy.decide(holder(("chief", SMALL)), "grid", "move"), at(SMALL))


@pytest.mark.parametrize(
    ("denial", "left"),
    [("all", ()), ("subtree", ()), ("member", (Arm(ArmType.PATHS, ranges=(Range("/1/2/", "/1/20"),)),))],
)
def test_a_denial_of_everything_leaves_no_arm_and_an_empty_one_takes_nothing(
    denial: str, left: tuple[Arm, ...]
) -> None:
    policy = policy_of(
        "p, admin, resident, read, subtree, allow", f"p, admin, resident, read, {denial}, deny"
    )
    assert policy.decide(holder(("admin", SMALL)), "resident", "read").arms == left


def test_everything_is_one_arm_whatever_else_is_held() -> None:
    actor = holder(("grid_worker", SMALL), ("public", None))
    assert load_policy(RESOURCES).decide(actor, "grid", "read").everything


def test_equal_rights_have_one_shape_and_other_places_other_values() -> None:
    policy = load_policy(RESOURCES)
    one = policy.decide(
        holder(("grid_worker", SMALL), ("party_secretary", _branch("/3/"))), "resident", "read"
    )
    two = policy.decide(
        holder(("party_secretary", _branch("/4/")), ("grid_worker", TRAP)), "resident", "read"
    )
    assert one.shape == two.shape
    assert one.arms != two.arms
    assert hash(one) == hash(replace(one))


def _branch(path: str) -> Anchor:
    return Anchor(AnchorType.PARTY_BRANCH, f"branch {path}", path)


class Broken:
    """An actor that fails when asked what it holds."""

    @property
    def holdings(self) -> tuple[Holding, ...]:
        raise RuntimeError("secret detail")


@pytest.mark.parametrize(
    "actor",
    [
        cast("Actor", Broken()),
        holder(("grid_worker", Anchor(AnchorType.GRID, "g", "/1"))),
        holder(("public", None), ("grid_worker", Anchor(AnchorType.GRID, "g", ""))),
        cast("Actor", None),
    ],
)
@pytest.mark.case(85)
def test_whatever_fails_ends_as_a_refusal(actor: Actor) -> None:
    policy = load_policy(RESOURCES)
    decision = policy.decide(actor, "resident", "read")
    assert decision.arms == ()
    assert "failed" in decision.reason
    assert "secret detail" not in decision.reason
    explanation = policy.explain(actor, "resident", "read", at(SMALL))
    assert not explanation.allowed
    assert "failed" in explanation.reason


def test_an_explanation_names_the_line_that_allows_takes_away_or_falls_short() -> None:
    policy = load_policy(RESOURCES)
    admin = holder(("public", None), ("street_admin", BIG))
    allowed = policy.explain(admin, "grid", "move", at(SMALL))
    assert allowed.allowed
    assert [line.partition(": ")[2] for line in allowed.lines] == [
        "p, street_admin, grid, move, subtree, allow"
    ]
    taken = policy.explain(admin, "grid", "move", at(BIG))
    assert not taken.allowed
    assert taken.reason.startswith("Taken away by default.csv:")
    assert "unit, deny" in taken.lines[0]
    outside = policy.explain(holder(("street_admin", SMALL)), "grid", "move", at(TRAP))
    assert not outside.allowed
    assert "outside the reach" in outside.reason


@pytest.mark.case(85)
def test_reloading_puts_other_lines_in_force_and_faulty_ones_never() -> None:
    policy, actor = load_policy(RESOURCES), holder(("helper", SMALL))
    assert policy.decide(actor, "resident", "read").arms == ()
    extra = [PolicySource("more.csv", "p, helper, resident, read, unit, allow")]
    policy.reload(read_lines(RESOURCES, extra))
    assert policy.decide(actor, "resident", "read").arms
    assert "role.helper" in policy.resources
    with pytest.raises(PolicyFaultsError):
        policy.reload(parse([PolicySource("bad.csv", "p, helper, ghost, read, all, allow")]).lines)
    assert policy.decide(actor, "resident", "read").arms
    policy.reload(Lines())
    assert policy.roles == frozenset()
    assert policy.decide(holder(("public", None)), "grid", "read").arms == ()


def test_a_decision_during_a_reload_is_the_old_or_the_new_one() -> None:
    old = policy_of("p, helper, resident, read, unit, allow")
    other = parse([PolicySource("other.csv", "p, helper, resident, read, subtree, allow")]).lines
    actor, first = holder(("helper", SMALL)), old.lines
    seen = set()

    def ask() -> None:
        for _ in range(2000):
            seen.add(old.decide(actor, "resident", "read").arms)

    asking = threading.Thread(target=ask)
    asking.start()
    for _ in range(20):
        old.reload(other)
        old.reload(first)
    asking.join()
    assert seen <= {
        (Arm(ArmType.GRIDS, ("small",)),),
        (Arm(ArmType.PATHS, ranges=(Range("/1/2/", "/1/20"),)),),
    }
