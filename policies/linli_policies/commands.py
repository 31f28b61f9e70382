"""What the commands of `linli policy` stand on: who gains and loses what, and the truth tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from linli.policy import AnchorType, Reach, Resource
from linli_policies.cases import CaseFailure, Cases, load_cases, run_cases
from linli_policies.lines import Effect, Lines
from linli_policies.tables import Tables, compiled

__all__ = ["AnchorChange", "CaseFailure", "Cases", "RightChange", "diff", "load_cases", "run_cases"]


@dataclass(frozen=True, slots=True)
class RightChange:
    """A right that a role gains or loses; the end of a denial is a gain."""

    role: str
    resource: str
    action: str
    reach: Reach
    effect: Effect
    gains: bool

    def __str__(self) -> str:
        right = f"{self.resource}:{self.action} ({self.reach.value})"
        if self.effect is Effect.ALLOW:
            return f"{self.role} {'gains' if self.gains else 'loses'} {right}"
        return f"{self.role} is {'no longer' if self.gains else 'now'} denied {right}"


@dataclass(frozen=True, slots=True)
class AnchorChange:
    """A kind of place at which a role can or cannot be held any more."""

    role: str
    anchor: AnchorType
    gains: bool

    def __str__(self) -> str:
        return f"{self.role} can {'now' if self.gains else 'no longer'} be held at {self.anchor.value}"


Change = RightChange | AnchorChange
Right = tuple[str, str, str, Reach, Effect]
Anchored = tuple[str, AnchorType]


def diff(old: Lines, new: Lines, resources: Mapping[str, Resource]) -> tuple[Change, ...]:
    """Return who gains and loses what when `new` lines take the place of `old`, inheritance counted.

    `resources` are those that core and plugins declare. Raises `PolicyFaultsError` where one of the two
    could not be loaded.
    """
    before, after = compiled(old, resources), compiled(new, resources)
    had, has = frozenset(_rights(before)), frozenset(_rights(after))
    rights = [RightChange(*right, (right in has) is (right[4] is Effect.ALLOW)) for right in had ^ has]
    stood, stands = frozenset(_anchors(before)), frozenset(_anchors(after))
    anchors = [AnchorChange(*anchored, anchored in stands) for anchored in stood ^ stands]
    return tuple(sorted((*rights, *anchors), key=str))


def _rights(tables: Tables) -> Iterator[Right]:
    for (role, resource, action), rule in tables.rules.items():
        left = set() if Reach.ALL in rule.denied else set(rule.allowed) - set(rule.denied)
        yield from ((role, resource, action, reach, Effect.ALLOW) for reach in left)
        if left:
            yield from ((role, resource, action, reach, Effect.DENY) for reach in rule.denied)


def _anchors(tables: Tables) -> Iterator[Anchored]:
    for (role, _, _), rule in tables.rules.items():
        yield from ((role, anchor) for anchor in rule.anchors)
