"""Random policy files over every resource, action and reach that there is."""

import random
from collections.abc import Iterator, Mapping

from linli.policy import AnchorType, Reach, Resource
from linli_policies.arms import carrier
from linli_policies.catalogue import reaches

ROLES = tuple(f"role{number}" for number in range(9))
SEATS = tuple(tuple(AnchorType)[number % 3] for number in range(9))


def random_text(generator: random.Random, resources: Mapping[str, Resource], lines: int) -> str:
    """Text of a file without faults: each role inherits from earlier ones, a third of the lines deny."""
    found = dict.fromkeys(_rights(generator, resources, lines))
    for number, role in enumerate(ROLES):
        found[f"p, {role}, grid, read, all, allow"] = None
        if SEATS[number] is not AnchorType.GRID or generator.random() < 0.3:
            found[f"a, {role}, {SEATS[number].value}"] = None
        for parent in generator.sample(ROLES[:number], min(number, generator.randrange(3))):
            found[f"g, {role}, {parent}"] = None
    return "\n".join(found)


def _rights(generator: random.Random, resources: Mapping[str, Resource], lines: int) -> Iterator[str]:
    names = sorted(resources)
    for _ in range(lines):
        number = generator.randrange(len(ROLES))
        resource = resources[generator.choice(names)]
        reach = generator.choice(sorted(reaches(resource)))
        if reach in {Reach.UNIT, Reach.SUBTREE} and carrier(resource, reach, SEATS[number]) is None:
            continue
        action = generator.choice(sorted(resource.actions)[:2])
        effect = generator.choice(("allow", "allow", "deny"))
        yield f"p, {ROLES[number]}, {resource.name}, {action}, {reach.value}, {effect}"
