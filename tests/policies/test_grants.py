"""Nobody climbs: whatever is granted onwards, the rights reached never exceed those at the start."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from linli.access.resources import CORE_RESOURCES, by_name
from linli.access.scope import covers
from linli.policy import Actor, Anchor, AnchorType, Facts, Holding
from linli_policies.engine import CasbinPolicy, load_policy
from linli_policies.lines import PolicySource
from tests.policies.evaluator import facts_of, table_of, ties_of
from tests.policies.seeds import say, seeded, times
from tests.policies.worlds import World, random_actor, random_anchor, random_world

RESOURCES = by_name(CORE_RESOURCES)
STEPS = 60
Right = tuple[str, str, str]


class Climb:
    """One world under one policy: what actors may do there, and what they can grant each other."""

    def __init__(self, policy: CasbinPolicy, world: World) -> None:
        self.policy, self.world = policy, world
        self.facts = {
            table: {row["id"]: facts_of(world, ties_of(world, table, row)) for row in rows}
            for table, rows in world.rows.items()
        }

    def rights(self, actor: Actor) -> set[Right]:
        return {
            (name, action, row_id)
            for name, resource in self.policy.resources.items()
            for action in resource.actions
            if (decision := self.policy.decide(actor, name, action)).arms
            for row_id, facts in self.facts[table_of(name)].items()
            if covers(decision, facts)
        }

    def walk(self, start: Actor) -> Actor:
        """Grant at random, every grant judged by the rights that all holders have together by then."""
        actor = start
        for _ in range(STEPS):
            role = self.world.random.choice(self.roles(actor))
            kinds = (
                sorted(self.policy.anchors(role)) if self.world.random.random() < 0.8 else list(AnchorType)
            )
            anchor = random_anchor(self.world, self.world.random.choice(kinds))
            if self.may_grant(actor, role, anchor):
                actor = replace(actor, holdings=(*actor.holdings, Holding(role, anchor)))
        return actor

    def roles(self, actor: Actor) -> list[str]:
        """All roles, or now and then those only that can be granted somewhere."""
        some = [one for one in self.policy.roles if self.policy.decide(actor, f"role.{one}", "grant").arms]
        return sorted(some if some and self.world.random.random() < 0.6 else self.policy.roles)

    def may_grant(self, actor: Actor, role: str, anchor: Anchor) -> bool:
        return covers(self.policy.decide(actor, f"role.{role}", "grant"), self.anchor_facts(anchor))

    def anchor_facts(self, anchor: Anchor) -> Facts:
        return self.facts[anchor.type.value][anchor.id]

    def given(self, start: Actor) -> set[Right]:
        """What appointing managers opens: members and projects of organisations seated below the granter."""
        anchors = (Anchor(AnchorType.ORGANIZATION, row["id"]) for row in self.world.rows["organization"])
        managed = (Holding("organization_manager", anchor) for anchor in anchors)
        holdings = (one for one in managed if one.anchor and self.may_grant(start, one.role, one.anchor))
        return self.rights(replace(start, holdings=tuple(holdings)))

    def excess(self, start: Actor, end: Actor) -> set[Right]:
        return self.rights(end) - self.rights(start) - self.given(start)


def starts(climb: Climb) -> Iterator[Actor]:
    """Each role anywhere, and a secretary with others below."""
    above = climb.world.rows["party_branch"][0]
    top = Anchor(AnchorType.PARTY_BRANCH, above["id"], above["tree_path"])
    yield random_actor(climb.world, "party_secretary", [Holding("party_secretary", top)])
    for role in sorted(climb.policy.roles):
        kind = climb.world.random.choice(sorted(climb.policy.anchors(role)))
        yield random_actor(climb.world, role, [Holding(role, random_anchor(climb.world, kind))])


@pytest.mark.case(77)
def test_a_random_walk_of_grants_never_climbs() -> None:
    generator = seeded("grants")
    policy = load_policy(RESOURCES)
    granting = dict.fromkeys(("city_admin", "district_admin", "street_admin", "community_worker"), 0)
    granting["party_secretary"] = 0
    for _ in range(times(8)):
        climb = Climb(policy, random_world(generator))
        for start in starts(climb):
            end = climb.walk(start)
            assert not climb.excess(start, end), (start.name, start.holdings, end.holdings)
            if len(end.holdings) > 1:
                granting[start.name] += 1
    say(f"walks with grants: {granting}")
    assert all(granting.values()), "too few walks granted anything"


@pytest.mark.parametrize(
    "hole",
    [
        "p, community_worker, role.street_admin, grant, subtree, allow",
        "p, grid_worker, role.grid_worker, grant, all, allow",
        "p, street_admin, role.party_secretary, grant, subtree, allow",
        "a, building_leader, organization\na, building_leader, grid",
        "a, grid_worker, party_branch\na, grid_worker, grid",
        "p, street_admin, role.auditor, grant, unit, allow",
        "p, building_leader, grid, close, unit, allow",
    ],
)
def test_the_walk_finds_a_hole(hole: str) -> None:
    """Each line opens a way up that the walk must find."""
    generator = seeded("holes")
    policy = load_policy(RESOURCES, [PolicySource("hole.csv", hole)])
    for _ in range(60):
        climb = Climb(policy, random_world(generator))
        for start in starts(climb):
            if climb.excess(start, climb.walk(start)):
                return
    pytest.fail("the walk did not find the way up")


def test_nobody_grants_a_role_at_or_above_the_own() -> None:
    """The roles that a role may grant, and those that these may grant, never lead back."""
    policy = load_policy(RESOURCES)
    grants = {
        role: {one for one in policy.roles if policy.decide(_everywhere(role), f"role.{one}", "grant").arms}
        for role in policy.roles
    }
    reached = grants
    for _ in grants:
        reached = {role: ones.union(*(grants[one] for one in ones)) for role, ones in reached.items()}
    assert {role for role, ones in reached.items() if role in ones} == {"party_secretary"}
    assert not any(
        {"auditor", "platform_operator", "city_admin", "public", "resident"} & one for one in grants.values()
    )


def _everywhere(role: str) -> Actor:
    anchors = (
        Anchor(AnchorType.GRID, "grid", "/1/"),
        Anchor(AnchorType.PARTY_BRANCH, "branch", "/1/"),
        Anchor(AnchorType.ORGANIZATION, "organization"),
    )
    return Actor(holdings=tuple(Holding(role, anchor) for anchor in anchors))
