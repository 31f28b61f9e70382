"""Memberships, posts and relationships."""

from linli import model as t
from linli_graphql.declare.fields import Column, ObjectType, ToAny, ToOne
from linli_graphql.declare.kinds import Scalar
from linli_graphql.nodes.choices import MEMBERSHIP_KIND
from linli_graphql.nodes.shared import equal, grid_field, node_fields, refers, term_fields, text

MEMBERSHIP = ObjectType(
    name="Membership",
    description="A resident or organisation as member of an organisation or party branch.",
    table=t.membership,
    resource="membership",
    node_type="membership",
    fields={
        **node_fields(),
        **grid_field(),
        **term_fields(),
        "kind": Column(column="kind", kind=MEMBERSHIP_KIND, description="Kind."),
        "position": text("position", "Position held, such as secretary."),
        "group": text("group_name", "Group within the body."),
        "represents": text("represents", "Whom a delegate stands for."),
        "resident": ToOne(
            target="Resident",
            on=lambda row, to: to.c.id == row.c.resident_id,
            description="The member, if a person.",
        ),
        "memberOrganization": ToOne(
            target="Organization",
            on=lambda row, to: to.c.id == row.c.member_organization_id,
            description="The member, if an organisation.",
        ),
        "organization": ToOne(
            target="Organization",
            on=lambda row, to: to.c.id == row.c.organization_id,
            description="The organisation.",
        ),
        "partyBranch": ToOne(
            target="PartyBranch",
            on=lambda row, to: to.c.id == row.c.branch_id,
            description="The party branch.",
        ),
    },
    filters={
        "kind": equal("kind", MEMBERSHIP_KIND, "Only this kind."),
        "resident": refers("resident_id", "resident", "Only this person's."),
    },
)

POST = ObjectType(
    name="Post",
    description="A resident in a post at a grid or organisation.",
    table=t.post,
    resource="post",
    node_type="post",
    fields={
        **node_fields(),
        **grid_field(),
        **term_fields(),
        "kind": text("kind", "Kind of post, such as `grid_worker`."),
        "isFullTime": Column(column="full_time", kind=Scalar.BOOLEAN, description="Whether it is full time."),
        "source": text("source", "Where the entry comes from."),
        "resident": ToOne(
            target="Resident", on=lambda row, to: to.c.id == row.c.resident_id, description="Who holds it."
        ),
        "organization": ToOne(
            target="Organization",
            on=lambda row, to: to.c.id == row.c.organization_id,
            description="At which body.",
        ),
    },
    filters={"kind": equal("kind", Scalar.STRING, "Only this kind.")},
)

RELATIONSHIP = ObjectType(
    name="Relationship",
    description="A typed tie of two nodes; the types are declared by plugins.",
    table=t.relationship,
    resource="relationship",
    node_type="relationship",
    fields={
        **node_fields(),
        **grid_field(),
        **term_fields(),
        "type": text("type", "Type, as the plugin names it."),
        "terms": Column(
            column="terms", kind=Scalar.JSON, description="What was agreed, in the type's own form."
        ),
        "subject": ToAny(type_column="subject_type", id_column="subject_id", description="From whom."),
        "object": ToAny(type_column="object_type", id_column="object_id", description="To whom."),
    },
    filters={"type": equal("type", Scalar.STRING, "Only this type.")},
)
