"""The resources of the core graph, for policies to speak of."""

from collections.abc import Mapping

from linli import model as t
from linli.policy import Resource, Through

NODE = frozenset({"read", "create", "update", "close"})
TIE = frozenset({"read", "create", "close"})

MEMBER_OF_ORGANIZATION = Through(
    t.membership.c.resident_id, t.membership.c.organization_id, t.membership.c.until
)
MEMBER_OF_BRANCH = Through(t.membership.c.resident_id, t.membership.c.branch_id, t.membership.c.until)
LIVES_IN = Through(t.resident.c.household_id, t.resident.c.id, t.resident.c.valid_to)

CORE_RESOURCES = (
    Resource(
        "grid",
        t.grid,
        path=t.grid.c.path,
        grid=t.grid.c.id,
        actions=NODE | {"move", "merge", "split", "statistics"},
    ),
    Resource(
        "party_branch",
        t.party_branch,
        path=t.party_branch.c.path,
        grid=t.party_branch.c.grid_id,
        branch=t.party_branch.c.id,
        actions=NODE | {"move"},
    ),
    Resource(
        "organization",
        t.organization,
        path=t.organization.c.path,
        grid=t.organization.c.grid_id,
        organization=t.organization.c.id,
    ),
    Resource("dwelling", t.dwelling, path=t.dwelling.c.path, grid=t.dwelling.c.grid_id),
    Resource(
        "household",
        t.household,
        path=t.household.c.path,
        grid=t.household.c.grid_id,
        resident=LIVES_IN,
        actions=NODE | {"move"},
    ),
    Resource(
        "resident",
        t.resident,
        path=t.resident.c.path,
        grid=t.resident.c.grid_id,
        organization=MEMBER_OF_ORGANIZATION,
        branch=MEMBER_OF_BRANCH,
        resident=t.resident.c.id,
        fields=("phone", "id_number", "birth_date"),
        actions=NODE | {"move", "reveal", "erase"},
    ),
    Resource(
        "residence",
        t.residence,
        path=t.residence.c.path,
        grid=t.residence.c.grid_id,
        resident=t.residence.c.resident_id,
        actions=TIE,
    ),
    Resource(
        "occupancy",
        t.occupancy,
        path=t.occupancy.c.path,
        grid=t.occupancy.c.grid_id,
        resident=t.occupancy.c.resident_id,
        actions=TIE,
    ),
    Resource(
        "project",
        t.project,
        path=t.project.c.path,
        grid=t.project.c.grid_id,
        organization=t.project.c.organization_id,
        actions=NODE | {"change_state"},
    ),
    Resource(
        "project_party",
        t.project_party,
        path=t.project_party.c.path,
        grid=t.project_party.c.grid_id,
        organization=t.project_party.c.organization_id,
        resident=t.project_party.c.resident_id,
        actions=TIE,
    ),
    Resource(
        "membership",
        t.membership,
        path=t.membership.c.path,
        grid=t.membership.c.grid_id,
        organization=t.membership.c.organization_id,
        branch=t.membership.c.branch_id,
        resident=t.membership.c.resident_id,
        actions=TIE | {"update"},
    ),
    Resource(
        "post",
        t.post,
        path=t.post.c.path,
        grid=t.post.c.grid_id,
        organization=t.post.c.organization_id,
        resident=t.post.c.resident_id,
        actions=TIE,
    ),
    Resource(
        "consent",
        t.consent,
        path=t.consent.c.path,
        grid=t.consent.c.grid_id,
        resident=t.consent.c.resident_id,
        actions=frozenset({"read", "give", "record"}),
    ),
    Resource(
        "data_request",
        t.data_request,
        path=t.data_request.c.path,
        grid=t.data_request.c.grid_id,
        resident=t.data_request.c.resident_id,
        actions=frozenset({"read", "ask", "record", "decide"}),
    ),
    Resource(
        "relationship",
        t.relationship,
        path=t.relationship.c.path,
        grid=t.relationship.c.grid_id,
        actions=TIE,
    ),
    Resource("account", t.account, resident=t.account.c.resident_id),
    Resource(
        "assignment",
        t.assignment,
        path=t.assignment.c.path,
        grid=t.assignment.c.grid_id,
        organization=t.assignment.c.anchor_organization_id,
        branch=t.assignment.c.anchor_branch_id,
        actions=frozenset({"read"}),
    ),
    Resource(
        "event",
        t.event,
        path=t.event.c.path,
        grid=t.event.c.grid_id,
        actions=frozenset({"read"}),
    ),
    Resource("audit", t.audit, actions=frozenset({"read"})),
    Resource(
        "data_access",
        t.data_access,
        path=t.data_access.c.path,
        grid=t.data_access.c.grid_id,
        resident=t.data_access.c.resident_id,
        actions=frozenset({"read"}),
    ),
)


def by_name(resources: tuple[Resource, ...]) -> Mapping[str, Resource]:
    """Return the resources by name; two of one name are a fault of the programmer."""
    found = {resource.name: resource for resource in resources}
    if len(found) != len(resources):
        raise ValueError("two resources have one name")
    return found
