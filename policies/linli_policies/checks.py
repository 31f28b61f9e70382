"""Whether lines mean something: known names, reaches that carry, inheritance without cycles."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from linli.policy import AnchorType, Reach, Resource
from linli_policies.arms import carrier
from linli_policies.catalogue import ROLE_PREFIX, catalogue, reaches
from linli_policies.lines import Inheritance, Line, Lines, Parsed, PolicyFault, Right, Seat

LONGEST_CHAIN: Final = 8
PLACED: Final = frozenset({Reach.UNIT, Reach.SUBTREE})
GRID_ONLY: Final = frozenset({AnchorType.GRID})
Parents = Mapping[str, frozenset[str]]


def faults(parsed: Parsed, declared: Mapping[str, Resource]) -> tuple[PolicyFault, ...]:
    """Return every fault of the lines, those of their form included, in the order of files and lines."""
    lines = parsed.lines
    resources = catalogue(declared, lines.roles)
    found = [
        *parsed.faults,
        *_repeated(lines),
        *_inheritance_faults(lines),
        *(fault for seat in lines.seats for fault in _seat_faults(seat, lines)),
        *(fault for right in lines.rights for fault in _right_faults(right, lines, resources)),
    ]
    files = {file: order for order, file in enumerate(_files(parsed))}
    return tuple(sorted(found, key=lambda fault: (files[fault.at.file], fault.at.line)))


def parents_of(lines: Lines) -> Parents:
    """Return the direct parents of each role that has some."""
    found: dict[str, set[str]] = {}
    for link in lines.inheritances:
        found.setdefault(link.role, set()).add(link.parent)
    return {role: frozenset(parents) for role, parents in found.items()}


def anchors_of(lines: Lines, role: str) -> frozenset[AnchorType]:
    """Return where a role can be held: what its `a` lines say, else at grids."""
    return frozenset(seat.anchor for seat in lines.seats if seat.role == role) or GRID_ONLY


def _all(lines: Lines) -> tuple[Line, ...]:
    return (*lines.rights, *lines.inheritances, *lines.seats)


def _files(parsed: Parsed) -> Iterable[str]:
    places = [line.at for line in _all(parsed.lines)] + [fault.at for fault in parsed.faults]
    return dict.fromkeys(place.file for place in places)


def _repeated(lines: Lines) -> Iterator[PolicyFault]:
    first: dict[tuple[type[Line], tuple[str, ...]], Line] = {}
    for line in _all(lines):
        earlier = first.setdefault((type(line), line.words), line)
        if earlier is not line:
            yield PolicyFault(line.at, f"The line repeats {earlier.at}: remove one of the two.")


def _seat_faults(seat: Seat, lines: Lines) -> Iterator[PolicyFault]:
    if seat.role not in lines.roles:
        yield PolicyFault(seat.at, f"The role {seat.role!r} has no right: give it a p or g line.")


def _right_faults(right: Right, lines: Lines, resources: Mapping[str, Resource]) -> Iterator[PolicyFault]:
    resource = resources.get(right.resource)
    if resource is None:
        yield PolicyFault(right.at, _unknown(right.resource, resources))
        return
    if right.action not in resource.actions:
        known = ", ".join(sorted(resource.actions))
        yield PolicyFault(right.at, f"{right.resource} has no action {right.action!r}: use {known}.")
    if right.reach not in reaches(resource):
        known = ", ".join(sorted(reaches(resource)))
        yield PolicyFault(right.at, f"{right.resource} has no reach {right.reach.value!r}: use {known}.")
    elif right.reach in PLACED:
        anchors = anchors_of(lines, right.role)
        if not any(carrier(resource, right.reach, anchor) for anchor in anchors):
            held = ", ".join(sorted(anchors))
            yield PolicyFault(
                right.at,
                f"{right.reach.value!r} of {right.resource} carries nothing from the {held} where "
                f"{right.role} is held: use another reach, or say with an a line where the role is held.",
            )


def _unknown(name: str, resources: Mapping[str, Resource]) -> str:
    if name.startswith(ROLE_PREFIX):
        return f"There is no role {name.removeprefix(ROLE_PREFIX)!r} to grant: give it a right first."
    parent, _, field = name.rpartition(".")
    if parent in resources:
        return f"{parent} has no sensitive field {field!r}."
    return f"There is no resource {name!r}."


def _inheritance_faults(lines: Lines) -> Iterator[PolicyFault]:
    parents = parents_of(lines)
    for link in lines.inheritances:
        if link.parent not in lines.roles:
            yield PolicyFault(link.at, f"The parent role {link.parent!r} has no line: define it first.")
        elif link.role in _above(link.parent, parents):
            yield PolicyFault(
                link.at, f"{link.role} would inherit from itself through {link.parent}: remove one link."
            )
        elif _too_deep(link, parents):
            yield PolicyFault(
                link.at,
                f"{link.role} inherits through more than {LONGEST_CHAIN} links: shorten the chain.",
            )


def _above(role: str, parents: Parents) -> set[str]:
    """The role and all that it inherits from; stops at cycles."""
    seen: set[str] = set()
    waiting = [role]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(parents.get(one, ()))
    return seen


def _too_deep(link: Inheritance, parents: Parents) -> bool:
    """Whether a chain that begins with this link is too long; a cycle is, however short."""
    front = {link.parent}
    for _ in range(LONGEST_CHAIN):
        front = {above for role in front for above in parents.get(role, ())}
    return bool(front)
