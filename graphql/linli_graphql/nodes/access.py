"""Accounts, roles held, the viewer, and events."""

from typing import Any

from sqlalchemy import ColumnElement, select

from linli import model as t
from linli_graphql.declare.fields import Column, Computed, ObjectType, Ordering, Rows, ToAny, ToMany, ToOne
from linli_graphql.declare.kinds import Scalar
from linli_graphql.nodes.choices import ANCHOR_TYPE
from linli_graphql.nodes.shared import grid_field, instant, node_fields, term_fields, text

ROLE_FIELDS = {
    **term_fields(),
    "role": text("role", "Name of the role."),
    "anchorType": Column(column="anchor_type", kind=ANCHOR_TYPE, description="Kind of place."),
    "anchorGrid": ToOne(
        target="Grid", on=lambda row, to: to.c.id == row.c.anchor_grid_id, description="The place, if a grid."
    ),
    "anchorPartyBranch": ToOne(
        target="PartyBranch",
        on=lambda row, to: to.c.id == row.c.anchor_branch_id,
        description="The place, if a party branch.",
    ),
    "anchorOrganization": ToOne(
        target="Organization",
        on=lambda row, to: to.c.id == row.c.anchor_organization_id,
        description="The place, if an organisation.",
    ),
}

ACCOUNT = ObjectType(
    name="Account",
    description="An identity that signs in.",
    table=t.account,
    resource="account",
    node_type="account",
    fields={
        **node_fields(),
        "name": text("name", "Name to sign in with."),
        "displayName": text("display_name", "Name that others see."),
        "state": text("state", "`active` or `closed`."),
        "resident": ToOne(
            target="Resident",
            on=lambda row, to: to.c.id == row.c.resident_id,
            description="Whose account it is.",
        ),
    },
)

ASSIGNMENT = ObjectType(
    name="Assignment",
    description="A role that an account holds at a grid, party branch or organisation.",
    table=t.assignment,
    resource="assignment",
    node_type="assignment",
    fields={
        **node_fields(),
        **grid_field(),
        **ROLE_FIELDS,
        "account": ToOne(
            target="Account", on=lambda row, to: to.c.id == row.c.account_id, description="Who holds it."
        ),
        "grantedBy": ToOne(
            target="Account", on=lambda row, to: to.c.id == row.c.granted_by_id, description="Who granted it."
        ),
    },
)

ROLE_HELD = ObjectType(
    name="RoleHeld",
    description="A role that the viewer holds.",
    table=t.assignment,
    resource="assignment",
    own=True,
    fields=ROLE_FIELDS,
)

VIEWER = ObjectType(
    name="Viewer",
    description="The account that asks.",
    table=t.account,
    resource="account",
    own=True,
    fields={
        "name": text("name", "Name to sign in with.", never_null=True),
        "displayName": text("display_name", "Name that others see.", never_null=True),
        "resident": ToOne(
            target="Resident",
            on=lambda row, to: to.c.id == row.c.resident_id,
            description="The viewer as a resident.",
        ),
        "roles": ToMany(
            target="RoleHeld",
            on=lambda row, to: to.c.account_id == row.c.id,
            order=lambda to: [to.c.id],
            current=True,
            description="Roles that have not ended.",
        ),
    },
)


def seer(rows: Rows) -> ColumnElement[Any]:
    """The name of the account that looked: whose data it is may know it, and nothing else of the account."""
    a = t.account.alias()
    return select(a.c.display_name).where(a.c.id == rows.c.account_id).correlate(rows).scalar_subquery()


DATA_ACCESS = ObjectType(
    name="DataAccess",
    description="Somebody looked at personal values of a resident in clear text.",
    table=t.data_access,
    resource="data_access",
    node_type="data_access",
    fields={
        "id": node_fields()["id"],
        "at": instant("at", "When.", never_null=True),
        "by": Computed(sql=seer, description="Who looked: the name of the account that others see."),
        "fields": Column(
            column="fields",
            kind=Scalar.JSON,
            description="What was seen, as a list such as `resident.phone`.",
        ),
        "purpose": text("purpose", "What for, in the words of who looked."),
        "resident": ToOne(
            target="Resident",
            on=lambda row, to: to.c.id == row.c.resident_id,
            description="Whose values were seen, as far as visible.",
        ),
    },
    orderings={"at": Ordering("By when it was.", ("id",))},  # ids begin with the time
)

EVENT = ObjectType(
    name="Event",
    description="A fact: something that happened at a place.",
    table=t.event,
    resource="event",
    node_type="event",
    fields={
        "id": node_fields()["id"],
        "topic": text("topic", "What happened, such as `resident.moved`."),
        "at": instant("at", "When."),
        "subject": ToAny(
            type_column="subject_type",
            id_column="subject_id",
            description="To whom or what, as far as visible.",
        ),
        **grid_field(),
        "data": Column(
            column="data", kind=Scalar.JSON, description="Ids and names of fields; no personal values."
        ),
    },
)
