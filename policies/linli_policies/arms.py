"""What a reach means at an anchor, as arms; and arms put into one order, nested and repeated ones merged."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from linli.policy import Actor, Anchor, AnchorType, Arm, ArmType, Range, Reach, Resource

PATH: Final = re.compile(r"/(?:[0-9]+/)+")
EVERYTHING: Final = Arm(ArmType.ALL)
ORDER: Final = {kind: place for place, kind in enumerate(ArmType)}


def carrier(resource: Resource, reach: Reach, anchor: AnchorType) -> ArmType | None:
    """Return the form that *unit* or *subtree* takes at a kind of anchor; None where it carries nothing."""
    match reach, anchor:
        case Reach.SUBTREE, AnchorType.GRID if resource.path is not None:
            return ArmType.PATHS
        case Reach.SUBTREE, AnchorType.PARTY_BRANCH if resource.branch is not None:
            return ArmType.BRANCH_TREES
        case Reach.UNIT, AnchorType.GRID if resource.grid is not None:
            return ArmType.GRIDS
        case Reach.UNIT, AnchorType.ORGANIZATION if resource.organization is not None:
            return ArmType.ORGANIZATIONS
        case Reach.UNIT, AnchorType.PARTY_BRANCH if resource.branch is not None:
            return ArmType.BRANCHES
        case _:
            return None


def arms_of(resource: Resource, reach: Reach, anchor: Anchor | None, actor: Actor) -> tuple[Arm, ...]:
    """Return the rows that a reach opens to an actor from an anchor; none where it carries nothing."""
    match reach:
        case Reach.ALL:
            return (EVERYTHING,)
        case Reach.SELF:
            return _own(resource, actor)
        case Reach.MEMBER:
            return tuple(_bodies(resource, actor))
        case _:
            return _placed(resource, reach, anchor) if anchor else ()


def merged(arms: Iterable[Arm]) -> tuple[Arm, ...]:
    """Return the same rows in canonical form, so that equal rights give equal statements."""
    ids: dict[ArmType, set[str]] = {}
    ranges: dict[ArmType, set[Range]] = {}
    apart: set[Arm] = set()
    for arm in arms:
        if arm.but:
            apart.add(arm)
        else:
            ids.setdefault(arm.type, set()).update(arm.ids)
            ranges.setdefault(arm.type, set()).update(arm.ranges)
    if ArmType.ALL in ids:
        return (EVERYTHING,)
    plain = [Arm(kind, tuple(sorted(ids[kind])), _joined(ranges[kind])) for kind in ids]
    return tuple(sorted((*plain, *apart), key=_rank))


def _own(resource: Resource, actor: Actor) -> tuple[Arm, ...]:
    if actor.resident_id is None or resource.resident is None:
        return ()
    return (Arm(ArmType.SELF, (actor.resident_id,)),)


def _bodies(resource: Resource, actor: Actor) -> Iterator[Arm]:
    if actor.organizations and resource.organization is not None:
        yield Arm(ArmType.ORGANIZATIONS, tuple(sorted(set(actor.organizations))))
    if actor.branches and resource.branch is not None:
        yield Arm(ArmType.BRANCHES, tuple(sorted(set(actor.branches))))


def _placed(resource: Resource, reach: Reach, anchor: Anchor) -> tuple[Arm, ...]:
    kind = carrier(resource, reach, anchor.type)
    if kind is None:
        return ()
    if reach is Reach.UNIT:
        return (Arm(kind, (anchor.id,)),)
    if not PATH.fullmatch(anchor.path):
        raise ValueError(f"{anchor.path!r} is no path of an anchor: every key in it ends with '/'")
    return (Arm(kind, ranges=(Range.below(anchor.path),)),)


def _joined(ranges: set[Range]) -> tuple[Range, ...]:
    joined: list[Range] = []
    for reach in sorted(ranges, key=lambda one: (one.low, one.high)):
        if joined and reach.low <= joined[-1].high:
            joined[-1] = Range(joined[-1].low, max(joined[-1].high, reach.high))
        else:
            joined.append(reach)
    return tuple(joined)


def _rank(arm: Arm) -> tuple[object, ...]:
    # What shapes the statement comes first: arms of equal shape may then differ in values only.
    form = (ORDER[arm.type], len(arm.ranges) == 1, tuple(_form(but) for but in arm.but))
    return (bool(arm.but), form, _values(arm), tuple(_values(but) for but in arm.but))


def _form(arm: Arm) -> tuple[int, bool]:
    return (ORDER[arm.type], len(arm.ranges) == 1)


def _values(arm: Arm) -> tuple[object, ...]:
    return (arm.ids, tuple((one.low, one.high) for one in arm.ranges))
