"""Policy lines compiled: for each role, resource and action the reaches that allow and that deny."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from linli.policy import Actor, Anchor, AnchorType, Arm, Reach, Resource
from linli_policies.arms import EVERYTHING, arms_of, merged
from linli_policies.catalogue import catalogue
from linli_policies.checks import anchors_of, faults
from linli_policies.lines import Effect, Lines, Parsed, PolicyFaultsError, Right
from linli_policies.store import CasbinStore

Question = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """What one role may do to one resource: its own allows and inherited ones, and its own denials."""

    anchors: frozenset[AnchorType]
    allows: tuple[Right, ...]
    denies: tuple[Right, ...]
    allowed: tuple[Reach, ...]
    denied: tuple[Reach, ...]
    reason: str

    def arms(self, resource: Resource, anchor: Anchor | None, actor: Actor) -> tuple[Arm, ...]:
        """Return the rows that the role opens at an anchor: denials take away from this role there only."""
        if not self.fits(anchor):
            return ()
        opened = _arms(self.allowed, resource, anchor, actor)
        denied = merged(_arms(self.denied, resource, anchor, actor)) if self.denied else ()
        if not denied:
            return opened
        if EVERYTHING in denied:
            return ()
        return tuple(replace(arm, but=denied) for arm in merged(opened) if arm not in denied)

    def fits(self, anchor: Anchor | None) -> bool:
        """Whether the role may be held at an anchor of this kind; what everyone holds has no anchor."""
        return anchor is None or anchor.type in self.anchors


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that the engine knows; never changed, only replaced."""

    lines: Lines
    roles: frozenset[str]
    resources: Mapping[str, Resource]
    rules: Mapping[Question, Rule]


def compiled(lines: Lines, declared: Mapping[str, Resource]) -> Tables:
    """Compile lines, or raise `PolicyFaultsError` with all that is wrong with them."""
    if found := faults(Parsed(lines, ()), declared):
        raise PolicyFaultsError(found)
    store = CasbinStore(lines)
    rules = {
        question: rule
        for role in lines.roles
        for question, rule in _rules(role, lines, store.inherited(role)).items()
    }
    roles = lines.roles
    return Tables(lines, roles, catalogue(declared, roles), MappingProxyType(rules))


def _rules(role: str, lines: Lines, inherited: frozenset[str]) -> dict[Question, Rule]:
    allows: dict[Question, list[Right]] = {}
    denies: dict[Question, list[Right]] = {}
    for line in lines.rights:
        question = (role, line.resource, line.action)
        if line.effect is Effect.ALLOW and (line.role == role or line.role in inherited):
            allows.setdefault(question, []).append(line)
        elif line.effect is Effect.DENY and line.role == role:
            denies.setdefault(question, []).append(line)
    anchors = anchors_of(lines, role)
    return {question: _rule(anchors, allows[question], denies.get(question, [])) for question in allows}


def _rule(anchors: frozenset[AnchorType], allows: list[Right], denies: list[Right]) -> Rule:
    return Rule(
        anchors,
        tuple(allows),
        tuple(denies),
        _reaches(allows),
        _reaches(denies),
        "; ".join(str(line) for line in allows),
    )


def _reaches(lines: Iterable[Right]) -> tuple[Reach, ...]:
    named = {line.reach for line in lines}
    return tuple(reach for reach in Reach if reach in named)


def _arms(
    reaches: Iterable[Reach], resource: Resource, anchor: Anchor | None, actor: Actor
) -> tuple[Arm, ...]:
    return tuple(arm for reach in reaches for arm in arms_of(resource, reach, anchor, actor))
