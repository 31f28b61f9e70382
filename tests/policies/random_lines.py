"""Random policy files over every resource, action and reach that there is."""

import random
from collections.abc import Iterator, Mapping

from linli.policy import AnchorType, Reach, Resource
from linli_policies.arms import carrier
from linli_policies.catalogue import reaches

ROLES = tuple(f"role{number}" for number in range(9))
SEATS = tuple(tuple(AnchorType)[number % 3] for number in range(9))


def random_text(generator: random.Random, resources: Mapping[str, Resource], lines: int) -> str:
    """Text of a file without faults: roles inherit from earlier ones, and many lines deny.

    Every reach of every resource is allowed to some role, and taken from one that has something to lose.
    """
    found = dict.fromkeys(_systematic(generator, resources))
    names = sorted(resources)
    while len(found) < lines:
        resource = resources[generator.choice(names)]
        effect = generator.choice(("allow", "allow", "deny"))
        found[_right(generator, resource, _any_reach(generator, resource), effect)] = None
    for number, role in enumerate(ROLES):
        found[f"p, {role}, grid, read, all, allow"] = None
        if SEATS[number] is not AnchorType.GRID or generator.random() < 0.3:
            found[f"a, {role}, {SEATS[number].value}"] = None
        for parent in generator.sample(ROLES[:number], min(number, generator.randrange(3))):
            found[f"g, {role}, {parent}"] = None
    return "\n".join(found)


def _systematic(generator: random.Random, resources: Mapping[str, Resource]) -> Iterator[str]:
    for resource in resources.values():
        for reach in sorted(reaches(resource)):
            yield _right(generator, resource, reach, "allow")
            denial = _right(generator, resource, reach, "deny")
            _, role, _, action, _, _ = denial.split(", ")
            yield denial
            for _ in range(2):
                yield _right(generator, resource, _any_reach(generator, resource), "allow", role, action)


def _any_reach(generator: random.Random, resource: Resource) -> Reach:
    return generator.choice(sorted(reaches(resource)))


def _right(
    generator: random.Random,
    resource: Resource,
    reach: Reach,
    effect: str,
    role: str | None = None,
    action: str | None = None,
) -> str:
    fitting = [one for one, seat in zip(ROLES, SEATS, strict=True) if _carries(resource, reach, seat)]
    chosen = role if role in fitting else generator.choice(fitting)
    action = action or generator.choice(sorted(resource.actions)[:2])
    return f"p, {chosen}, {resource.name}, {action}, {reach.value}, {effect}"


def _carries(resource: Resource, reach: Reach, seat: AnchorType) -> bool:
    placed = reach in {Reach.UNIT, Reach.SUBTREE}
    return not placed or carrier(resource, reach, seat) is not None
