"""Who asks, what is asked, and the one decision that answers it. Knows no Casbin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Column, Table


class Reach(StrEnum):
    """How far a policy line carries from the place where its role is held."""

    SELF = "self"
    UNIT = "unit"
    SUBTREE = "subtree"
    MEMBER = "member"
    ALL = "all"


class AnchorType(StrEnum):
    """The kinds of place at which a role can be held."""

    GRID = "grid"
    PARTY_BRANCH = "party_branch"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place at which a role is held.

    `path` is the territory path of a grid, the tree path of a party branch, and empty for an organisation.
    """

    type: AnchorType
    id: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """A role held at an anchor until a day; `anchor` is None for the roles that everyone holds."""

    role: str
    anchor: Anchor | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: an account with its resident and what it holds, as of one version and epoch.

    `scopes` are the permissions that a token keeps of all that the account may; None keeps all.
    """

    account_id: str | None = None
    name: str = "public"
    version: int = 0
    epoch: int = 0
    resident_id: str | None = None
    holdings: tuple[Holding, ...] = (Holding("public"),)
    organizations: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    expires: datetime | None = None
    scopes: frozenset[str] | None = None

    def in_scope(self, resource: str, action: str) -> bool:
        """Whether the token's scopes leave this permission; a resource never stands for its fields."""
        if self.scopes is None:
            return True
        return not self.scopes.isdisjoint((f"{resource}:{action}", f"{resource}:*", f"*:{action}"))


@dataclass(frozen=True, slots=True)
class Through:
    """Rows reach an anchor through a tie: `key` names the row, `value` the anchor, while `until` is null."""

    key: Column[str]
    value: Column[str]
    until: Column[object] | None = None


Link = Column[str] | Through


@dataclass(frozen=True)
class Resource:
    """What policies speak of: a table and, for each reach, the column that carries it.

    `path` carries *subtree* and `grid` *unit* for roles held at a grid; `organization` and `branch` carry
    *unit*, *subtree* (branches only) and *member*; `resident` carries *self*. `fields` are resources of
    their own, written `resident.phone`; the parent's lines never imply them.
    """

    name: str
    table: Table | None = None
    path: Column[str] | None = None
    grid: Column[str] | None = None
    organization: Link | None = None
    branch: Link | None = None
    resident: Link | None = None
    fields: tuple[str, ...] = ()
    actions: frozenset[str] = frozenset({"read", "create", "update", "close"})

    @property
    def reaches(self) -> frozenset[Reach]:
        """The reaches that policy lines may use for this resource."""
        bodies = self.organization is not None or self.branch is not None
        carried = {
            Reach.ALL: True,
            Reach.SUBTREE: self.path is not None or self.branch is not None,
            Reach.UNIT: self.grid is not None or bodies,
            Reach.MEMBER: bodies,
            Reach.SELF: self.resident is not None,
        }
        return frozenset(reach for reach, has in carried.items() if has)


@dataclass(frozen=True, slots=True)
class Range:
    """A half-open range of paths: `low <= path < high`."""

    low: str
    high: str

    @classmethod
    def below(cls, path: str) -> "Range":
        """The range of a place and all below it; `path` ends with `/`."""
        return cls(path, path[:-1] + "0")

    def __contains__(self, path: str) -> bool:
        return self.low <= path < self.high


class ArmType(StrEnum):
    """The forms that a right takes in SQL."""

    ALL = "all"
    PATHS = "paths"
    GRIDS = "grids"
    ORGANIZATIONS = "organizations"
    BRANCHES = "branches"
    BRANCH_TREES = "branch_trees"
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Arm:
    """One way in: rows of `ids` or `ranges`, less what `but` names (denials of the same role)."""

    type: ArmType
    ids: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    but: tuple["Arm", ...] = ()

    @property
    def shape(self) -> tuple[object, ...]:
        """What of this arm changes the text of a statement: never its values."""
        return (self.type, len(self.ranges) == 1, tuple(arm.shape for arm in self.but))


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to "may I, and on which rows?"; no arms means no.

    `reason` names the lines that allow, or the absence that denies.
    """

    resource: str
    action: str
    arms: tuple[Arm, ...]
    reason: str

    @property
    def shape(self) -> tuple[object, ...]:
        """The part of the decision that a compiled statement depends on."""
        return tuple(arm.shape for arm in self.arms)

    @property
    def everything(self) -> bool:
        """Whether every row is allowed."""
        return any(arm.type is ArmType.ALL and not arm.but for arm in self.arms)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a policy may know of one row, or of the place where a row is about to stand."""

    path: str | None = None
    grid_id: str | None = None
    organization_ids: frozenset[str] = frozenset()
    branch_ids: frozenset[str] = frozenset()
    branch_paths: frozenset[str] = frozenset()
    resident_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an actor may or may not: the policy lines that allow, or the sentence that says what is absent."""

    allowed: bool
    reason: str
    lines: tuple[str, ...] = field(default=())


class Policy(Protocol):
    """The door to the policy engine, implemented by `linli_policies`."""

    @property
    def resources(self) -> Mapping[str, Resource]:
        """Every resource by name."""
        ...

    @property
    def roles(self) -> frozenset[str]:
        """Every role that some line names."""
        ...

    def anchors(self, role: str) -> frozenset[AnchorType]:
        """Return the kinds of place where a role can be held; elsewhere it carries nothing."""
        ...

    def decide(self, actor: Actor, resource: str, action: str) -> Decision:
        """Return which rows of `resource` the actor may `action`; any doubt is no rows."""
        ...

    def explain(self, actor: Actor, resource: str, action: str, facts: Facts) -> Explanation:
        """Return whether the actor may `action` the row that `facts` describe, and why."""
        ...
