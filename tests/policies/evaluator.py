"""The policies once more, slowly: raw lines, parents walked one by one. Shares nothing with the engine."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from linli.policy import Actor, Anchor, Facts, Holding
from tests.policies.worlds import Row, World

TABLES = {"role": "assignment"}


@dataclass(frozen=True)
class Ties:
    """What a row hangs on."""

    grid: str | None
    organizations: frozenset[str] = frozenset()
    branches: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()


def table_of(resource: str) -> str:
    first = resource.partition(".")[0]
    return TABLES.get(first, first)


def ties_of(world: World, table: str, row: Row) -> Ties:
    """Say what a row hangs on, table by table, from the design's words."""
    match table:
        case "grid":
            return Ties(row["id"])
        case "party_branch":
            return Ties(row["grid_id"], branches=frozenset({row["id"]}))
        case "organization":
            return Ties(row["grid_id"], organizations=frozenset({row["id"]}))
        case "household":
            at_home = (one for one in world.rows["resident"] if one["household_id"] == row["id"])
            return Ties(row["grid_id"], people=some(one["id"] for one in at_home if not one["valid_to"]))
        case "resident":
            mine = [one for one in world.rows["membership"] if one["resident_id"] == row["id"]]
            present = [one for one in mine if not one["until"]]
            return Ties(
                row["grid_id"],
                some(one["organization_id"] for one in present),
                some(one["branch_id"] for one in present),
                frozenset({row["id"]}),
            )
        case "assignment":
            return Ties(
                row["grid_id"], some([row["anchor_organization_id"]]), some([row["anchor_branch_id"]])
            )
        case _:
            return Ties(
                row.get("grid_id"),
                some([row.get("organization_id")]),
                some([row.get("branch_id")]),
                some([row.get("resident_id")]),
            )


def some(ids: Iterable[str | None]) -> frozenset[str]:
    return frozenset(one for one in ids if one)


def facts_of(world: World, ties: Ties) -> Facts:
    """The same as the policy sees it when it judges one row."""
    return Facts(
        path=world.path("grid", ties.grid) if ties.grid else None,
        grid_id=ties.grid,
        organization_ids=ties.organizations,
        branch_ids=ties.branches,
        branch_paths=frozenset(world.path("party_branch", branch) for branch in ties.branches),
        resident_ids=ties.people,
    )


def kept(actor: Actor, resource: str, action: str) -> bool:
    """Whether the token that the actor has shown is for this."""
    scopes = [scope.split(":") for scope in actor.scopes or ()]
    return actor.scopes is None or any(
        name in ("*", resource) and verb in ("*", action) for name, verb in scopes
    )


@dataclass(frozen=True)
class Evaluator:
    """Judges by the text of the lines."""

    text: str

    @cached_property
    def lines(self) -> list[list[str]]:
        rows = csv.reader(line for line in self.text.splitlines() if line and not line.startswith("#"))
        return [[word.strip() for word in row] for row in rows]

    def family(self, role: str) -> set[str]:
        """The role and all whose allows it has."""
        parents = [line[2] for line in self.lines if line[0] == "g" and line[1] == role]
        return {role}.union(*(self.family(parent) for parent in parents))

    def seats(self, role: str) -> set[str]:
        return {line[2] for line in self.lines if line[0] == "a" and line[1] == role} or {"grid"}

    @cached_property
    def rights(self) -> dict[tuple[str, ...], set[str]]:
        found: dict[tuple[str, ...], set[str]] = {}
        for line in self.lines:
            if line[0] == "p":
                role, resource, action, reach, effect = line[1:]
                found.setdefault((role, resource, action, effect), set()).add(reach)
        return found

    def reaches(self, role: str, resource: str, action: str, effect: str) -> set[str]:
        roles = self.family(role) if effect == "allow" else {role}
        nothing: set[str] = set()
        return nothing.union(*(self.rights.get((one, resource, action, effect), ()) for one in roles))

    def question(self, world: World, actor: Actor, resource: str, action: str) -> "Question":
        held = [
            HeldReaches(
                holding,
                frozenset(self.reaches(holding.role, resource, action, "allow")),
                frozenset(self.reaches(holding.role, resource, action, "deny")),
            )
            for holding in actor.holdings
            if holding.anchor is None or holding.anchor.type.value in self.seats(holding.role)
            if kept(actor, resource, action)
        ]
        return Question(world, actor, tuple(one for one in held if one.allow))


@dataclass(frozen=True)
class HeldReaches:
    """The reaches that one holding has for one question."""

    holding: Holding
    allow: frozenset[str]
    deny: frozenset[str]


@dataclass(frozen=True)
class Question:
    """May this actor do that to a row: asked for row after row."""

    world: World
    actor: Actor
    held: tuple[HeldReaches, ...]

    def allows(self, ties: Ties) -> bool:
        return any(
            any(self.reached(reach, one.holding.anchor, ties) for reach in one.allow)
            and not any(self.reached(reach, one.holding.anchor, ties) for reach in one.deny)
            for one in self.held
        )

    def touched(self, ties: Ties) -> Iterator[tuple[str, str, bool]]:
        """(effect, reach, whether it reaches the row) of every line in play, for the coverage."""
        for one in self.held:
            for effect, reaches in (("allow", one.allow), ("deny", one.deny)):
                for reach in reaches:
                    yield effect, reach, self.reached(reach, one.holding.anchor, ties)

    def reached(self, reach: str, anchor: Anchor | None, ties: Ties) -> bool:
        match reach:
            case "all":
                return True
            case "self":
                return self.actor.resident_id in ties.people
            case "member":
                bodies = {*self.actor.organizations} & ties.organizations
                return bool(bodies | ({*self.actor.branches} & ties.branches))
            case "unit":
                return anchor is not None and anchor.id in self._units(anchor, ties)
            case _:
                return anchor is not None and anchor.id in self._above(anchor, ties)

    def _units(self, anchor: Anchor, ties: Ties) -> set[str]:
        match anchor.type.value:
            case "grid":
                return {ties.grid} if ties.grid else set()
            case "organization":
                return {*ties.organizations}
            case _:
                return {*ties.branches}

    def _above(self, anchor: Anchor, ties: Ties) -> set[str]:
        match anchor.type.value:
            case "grid":
                return {row["id"] for row in self.world.lineage("grid", ties.grid)}
            case "party_branch":
                trees = (self.world.lineage("party_branch", branch) for branch in ties.branches)
                return {row["id"] for tree in trees for row in tree}
            case _:
                return set()
