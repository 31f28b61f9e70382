"""Party branches, organisations and projects."""

from sqlalchemy import select

from linli import model as t
from linli_graphql.declare.fields import Column, Connection, ObjectType, ToMany, ToOne
from linli_graphql.declare.kinds import Scalar
from linli_graphql.nodes.choices import (
    BRANCH_KIND,
    BRANCH_RELATION,
    PROJECT_ROLE,
    PROJECT_STATE,
    REGISTRATION,
)
from linli_graphql.nodes.shared import (
    NAME_ORDERINGS,
    closed_field,
    day,
    equal,
    grid_field,
    instant,
    node_fields,
    refers,
    term_fields,
    text,
)

PARTY_BRANCH = ObjectType(
    name="PartyBranch",
    description="A party organisation of any kind, in a tree of its own.",
    table=t.party_branch,
    resource="party_branch",
    node_type="party_branch",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "name": text("name", "Name.", never_null=True),
        "kind": Column(column="kind", kind=BRANCH_KIND, description="Kind."),
        "relation": Column(
            column="relation", kind=BRANCH_RELATION, description="Relation to those below it."
        ),
        "parent": ToOne(
            target="PartyBranch", on=lambda row, to: to.c.id == row.c.parent_id, description="The one above."
        ),
        "children": Connection(
            target="PartyBranch",
            on=lambda row, to: to.c.parent_id == row.c.id,
            description="Those directly below.",
        ),
        "coverage": ToMany(
            target="Grid",
            on=lambda row, to: to.c.id.in_(
                select(t.branch_coverage.c.covered_grid_id)
                .where(t.branch_coverage.c.branch_id == row.c.id)
                .correlate(row)
            ),
            order=lambda to: [to.c.path],
            description="The grids it covers.",
        ),
        "hosts": ToMany(
            target="Organization",
            on=lambda row, to: to.c.id.in_(
                select(t.branch_host.c.organization_id)
                .where(t.branch_host.c.branch_id == row.c.id)
                .correlate(row)
            ),
            order=lambda to: [to.c.path, to.c.id],
            description="The organisations that host it.",
        ),
        "memberships": Connection(
            target="Membership", on=lambda row, to: to.c.branch_id == row.c.id, description="Its memberships."
        ),
    },
    orderings=NAME_ORDERINGS,
    filters={
        "kind": equal("kind", BRANCH_KIND, "Only this kind."),
        "grid": refers("grid_id", "grid", "Only those seated in this very cell."),
        "parent": refers("parent_id", "party_branch", "Only those directly below this one."),
    },
)

ORGANIZATION = ObjectType(
    name="Organization",
    description="An organisation, from a government department to an informal team.",
    table=t.organization,
    resource="organization",
    node_type="organization",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "name": text("name", "Name.", never_null=True),
        "officialName": text("official_name", "The string of the official table, as it stands there."),
        "kind": text("kind", "Kind, such as `residents_committee` or `volunteer_team`."),
        "legalForm": text("legal_form", "Legal form."),
        "registration": Column(column="registration", kind=REGISTRATION, description="How it is on record."),
        "roles": Column(
            column="roles", kind=Scalar.JSON, description="Roles it plays, such as `resident_unit`."
        ),
        "creditCode": text("credit_code", "Unified social credit code."),
        "parent": ToOne(
            target="Organization", on=lambda row, to: to.c.id == row.c.parent_id, description="The one above."
        ),
        "children": Connection(
            target="Organization",
            on=lambda row, to: to.c.parent_id == row.c.id,
            description="Those directly below.",
        ),
        "memberships": Connection(
            target="Membership",
            on=lambda row, to: to.c.organization_id == row.c.id,
            description="Its memberships.",
        ),
        "projects": Connection(
            target="Project",
            on=lambda row, to: to.c.organization_id == row.c.id,
            description="Projects it leads.",
        ),
    },
    orderings=NAME_ORDERINGS,
    filters={
        "kind": equal("kind", Scalar.STRING, "Only this kind."),
        "registration": equal("registration", REGISTRATION, "Only those on record in this way."),
        "grid": refers("grid_id", "grid", "Only those of this very cell."),
    },
)

PROJECT = ObjectType(
    name="Project",
    description="Something done for a place.",
    table=t.project,
    resource="project",
    node_type="project",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "name": text("name", "Name.", never_null=True),
        "state": Column(column="state", kind=PROJECT_STATE, description="State."),
        "category": text("category", "Category."),
        "description": text("description", "What it is."),
        "budgetFen": Column(
            column="budget_fen", kind=Scalar.BIG_INT, description="Budget in fen, as digits."
        ),
        "startsOn": day("starts_on", "First day planned."),
        "endsOn": day("ends_on", "Last day planned."),
        "acceptedAt": instant("accepted_at", "When it was accepted."),
        "acceptanceNote": text("acceptance_note", "What was found at acceptance."),
        "organization": ToOne(
            target="Organization",
            on=lambda row, to: to.c.id == row.c.organization_id,
            description="The organisation that leads it.",
        ),
        "parties": Connection(
            target="ProjectParty",
            on=lambda row, to: to.c.project_id == row.c.id,
            description="Who takes part, and how.",
        ),
        "grids": ToMany(
            target="Grid",
            on=lambda row, to: to.c.id.in_(
                select(t.project_grid.c.served_grid_id)
                .where(t.project_grid.c.project_id == row.c.id)
                .correlate(row)
            ),
            order=lambda to: [to.c.path],
            description="The grids it serves.",
        ),
    },
    orderings=NAME_ORDERINGS,
    filters={
        "state": equal("state", PROJECT_STATE, "Only this state."),
        "category": equal("category", Scalar.STRING, "Only this category."),
        "organization": refers("organization_id", "organization", "Only those this organisation leads."),
    },
)

PROJECT_PARTY = ObjectType(
    name="ProjectParty",
    description="Somebody's part in a project.",
    table=t.project_party,
    resource="project_party",
    node_type="project_party",
    fields={
        **node_fields(),
        **grid_field(),
        **term_fields(),
        "role": Column(column="role", kind=PROJECT_ROLE, description="The part."),
        "project": ToOne(
            target="Project", on=lambda row, to: to.c.id == row.c.project_id, description="The project."
        ),
        "organization": ToOne(
            target="Organization",
            on=lambda row, to: to.c.id == row.c.organization_id,
            description="The organisation.",
        ),
        "resident": ToOne(
            target="Resident", on=lambda row, to: to.c.id == row.c.resident_id, description="The person."
        ),
    },
    filters={"role": equal("role", PROJECT_ROLE, "Only this part.")},
)
