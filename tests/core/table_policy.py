"""A policy for tests: roles as a dict of what each may do and how far. Knows no Casbin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from linli.access.resources import CORE_RESOURCES, by_name
from linli.policy import (
    Actor,
    AnchorType,
    Arm,
    ArmType,
    Decision,
    Explanation,
    Facts,
    Holding,
    Range,
    Reach,
    Resource,
)

Lines = Mapping[tuple[str, str], Reach]
GRANTED = ("admin", "grid_worker", "grid_leader", "manager", "secretary", "reader", "mover")
PLACES = (Reach.SUBTREE, Reach.ALL)


def _everything(*, reading: bool = False) -> Lines:
    """All actions on all resources, or all reading, as far as the resource can reach."""
    reaches = {r.name: next(reach for reach in PLACES if reach in r.reaches) for r in CORE_RESOURCES}
    actions = {
        (r.name, a): reaches[r.name] for r in CORE_RESOURCES for a in r.actions if a == "read" or not reading
    }
    return actions if reading else actions | {(f"role.{role}", "grant"): Reach.SUBTREE for role in GRANTED}


ROLES: Mapping[str, Lines] = {
    "public": {},
    "resident": {("resident", "read"): Reach.SELF, ("membership", "read"): Reach.SELF},
    "admin": _everything(),
    "reader": _everything(reading=True),
    "grid_worker": {("resident", "read"): Reach.SUBTREE},
    "grid_leader": {("resident", "read"): Reach.SUBTREE, ("post", "create"): Reach.SUBTREE},
    "mover": {
        ("grid", "read"): Reach.SUBTREE,
        ("household", "read"): Reach.SUBTREE,
        ("household", "create"): Reach.SUBTREE,
        ("household", "move"): Reach.SUBTREE,
        ("resident", "read"): Reach.SUBTREE,
    },
    "secretary": {
        (name, action): Reach.SUBTREE
        for name in ("party_branch", "membership", "resident")
        for action in ("read", "create", "update", "close", "move")
    }
    | {("grid", "read"): Reach.ALL},
    "manager": {
        ("grid", "read"): Reach.ALL,
        ("organization", "read"): Reach.ALL,
        ("resident", "read"): Reach.UNIT,
        ("membership", "create"): Reach.UNIT,
        ("project", "create"): Reach.UNIT,
        ("project", "read"): Reach.UNIT,
        ("project", "update"): Reach.UNIT,
    },
}


@dataclass(frozen=True)
class TablePolicy:
    """A policy that reads a dict; what it cannot find it denies."""

    lines: Mapping[str, Lines] = field(default_factory=lambda: ROLES)
    resources: Mapping[str, Resource] = field(default_factory=lambda: by_name(CORE_RESOURCES))

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(self.lines)

    def anchors(self, role: str) -> frozenset[AnchorType]:
        kinds = {"secretary": AnchorType.PARTY_BRANCH, "manager": AnchorType.ORGANIZATION}
        return frozenset({kinds.get(role, AnchorType.GRID)})

    def decide(self, actor: Actor, resource: str, action: str) -> Decision:
        arms = [
            arm
            for holding in actor.holdings
            if (reach := self.lines[holding.role].get((resource, action))) is not None
            for arm in _arms(reach, holding, actor)
        ]
        return Decision(resource, action, tuple(arms), f"{resource}:{action} by the table")

    def explain(self, actor: Actor, resource: str, action: str, facts: Facts) -> Explanation:
        raise NotImplementedError


def _arms(reach: Reach, holding: Holding, actor: Actor) -> Iterator[Arm]:
    anchor = holding.anchor
    if reach is Reach.ALL:
        yield Arm(ArmType.ALL)
    elif reach is Reach.SELF and actor.resident_id is not None:
        yield Arm(ArmType.SELF, (actor.resident_id,))
    elif reach is Reach.SUBTREE and anchor is not None:
        trees = {AnchorType.GRID: ArmType.PATHS, AnchorType.PARTY_BRANCH: ArmType.BRANCH_TREES}
        yield Arm(trees[anchor.type], ranges=(Range.below(anchor.path),))
    elif reach is Reach.UNIT and anchor is not None:
        yield Arm(ArmType.ORGANIZATIONS, (anchor.id,))
