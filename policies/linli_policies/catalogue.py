"""The resources that lines may name: those declared, their sensitive fields, the granting of each role."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from linli.model import assignment
from linli.policy import Reach, Resource

FIELD_ACTIONS: Final = frozenset({"read", "reveal"})
GRANT: Final = "grant"
ROLE_PREFIX: Final = "role."


def catalogue(declared: Mapping[str, Resource], roles: Iterable[str]) -> Mapping[str, Resource]:
    """Return every resource by name: `resident`, `resident.phone`, `role.grid_worker` and their like."""
    found = dict(declared)
    for resource in declared.values():
        for field in _fields(resource):
            found.setdefault(field.name, field)
    for role in sorted(roles):
        found[ROLE_PREFIX + role] = granting(role)
    return MappingProxyType(found)


def granting(role: str) -> Resource:
    """The right to grant a role is a right on assignments, judged by the place of the anchor."""
    return Resource(
        ROLE_PREFIX + role,
        assignment,
        path=assignment.c.path,
        grid=assignment.c.grid_id,
        organization=assignment.c.anchor_organization_id,
        branch=assignment.c.anchor_branch_id,
        actions=frozenset({GRANT}),
    )


def reaches(resource: Resource) -> frozenset[Reach]:
    """The reaches that lines may use: membership of a body is never a reason to hand out roles in it."""
    if resource.name.startswith(ROLE_PREFIX):
        return resource.reaches - {Reach.MEMBER}
    return resource.reaches


def _fields(resource: Resource) -> Iterator[Resource]:
    for field in resource.fields:
        yield replace(resource, name=f"{resource.name}.{field}", fields=(), actions=FIELD_ACTIONS)
