"""Residents, their ties to grids, households and dwellings."""

from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, func

from linli import model as t
from linli.personal import ID_NUMBER, PHONE
from linli_graphql.declare.fields import Column, Connection, Field, ObjectType, Rows, Sensitive, ToMany, ToOne
from linli_graphql.declare.kinds import Scalar
from linli_graphql.nodes import privacy
from linli_graphql.nodes.choices import OCCUPANCY_KIND, RESIDENCE_KIND
from linli_graphql.nodes.shared import (
    BY_AGE,
    NAME_ORDERINGS,
    closed_field,
    equal,
    grid_field,
    node_fields,
    refers,
    term_fields,
    text,
)


def birth_year(rows: Rows) -> ColumnElement[Any]:
    """A birth date as it is shown masked: the year alone."""
    day = func.substr(cast(rows.c.birth_date, String), 1, 4).concat("-**-**")
    return case((rows.c.birth_date.is_not(None), day))


RESIDENT_FIELDS: dict[str, Field] = {
    **node_fields(),
    **closed_field(),
    **grid_field(),
    "name": text("name", "Full name.", never_null=True),
    "birthDate": Sensitive(
        masked=birth_year, permission="resident.birth_date", description="Date of birth, masked."
    ),
    "phone": Sensitive(
        masked=lambda rows: rows.c.phone_masked,
        permission="resident.phone",
        sealed=PHONE,
        description="Telephone number, masked as 138****5678.",
    ),
    "idNumber": Sensitive(
        masked=lambda rows: rows.c.id_number_masked,
        permission="resident.id_number",
        sealed=ID_NUMBER,
        description="Identity number, masked.",
    ),
    "household": ToOne(
        target="Household", on=lambda row, to: to.c.id == row.c.household_id, description="The household."
    ),
    "residences": ToMany(
        target="Residence",
        on=lambda row, to: to.c.resident_id == row.c.id,
        order=lambda to: [to.c.since.desc(), to.c.id],
        description="Ties to grids, past ones too, newest first.",
    ),
    "memberships": Connection(
        target="Membership",
        on=lambda row, to: to.c.resident_id == row.c.id,
        description="Memberships in organisations and party branches.",
    ),
    "posts": Connection(
        target="Post", on=lambda row, to: to.c.resident_id == row.c.id, description="Posts held."
    ),
    **privacy.RESIDENT_FIELDS,
    "dataAccesses": Connection(
        target="DataAccess",
        on=lambda row, to: to.c.resident_id == row.c.id,
        description="Who looked at the person's values in clear text.",
    ),
}

RESIDENT = ObjectType(
    name="Resident",
    description="A natural person of the place's graph.",
    table=t.resident,
    resource="resident",
    node_type="resident",
    fields=RESIDENT_FIELDS,
    orderings=NAME_ORDERINGS,
    filters={
        "name": equal("name", Scalar.STRING, "Only this full name."),
        "grid": refers("grid_id", "grid", "Only people of this very cell."),
        "household": refers("household_id", "household", "Only members of this household."),
    },
)

RESIDENCE = ObjectType(
    name="Residence",
    description="A tie of a person to a grid.",
    table=t.residence,
    resource="residence",
    node_type="residence",
    fields={
        **node_fields(),
        **grid_field(),
        **term_fields(),
        "kind": Column(column="kind", kind=RESIDENCE_KIND, description="Kind of tie."),
        "resident": ToOne(
            target="Resident", on=lambda row, to: to.c.id == row.c.resident_id, description="The person."
        ),
    },
)

HOUSEHOLD = ObjectType(
    name="Household",
    description="People who keep house together.",
    table=t.household,
    resource="household",
    node_type="household",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "label": text("label", "Door or number by which people know it, such as 3-2-501."),
        "kind": text("kind", "`family` or `collective`."),
        "head": ToOne(
            target="Resident", on=lambda row, to: to.c.id == row.c.head_id, description="Its head."
        ),
        "dwelling": ToOne(
            target="Dwelling", on=lambda row, to: to.c.id == row.c.dwelling_id, description="Where it lives."
        ),
        "members": Connection(
            target="Resident",
            on=lambda row, to: to.c.household_id == row.c.id,
            description="The people in it.",
        ),
    },
    orderings=BY_AGE,
    filters={
        "label": equal("label", Scalar.STRING, "Only this label."),
        "grid": refers("grid_id", "grid", "Only households of this very cell."),
    },
)

DWELLING = ObjectType(
    name="Dwelling",
    description="A room or house.",
    table=t.dwelling,
    resource="dwelling",
    node_type="dwelling",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "estate": text("estate", "Estate."),
        "building": text("building", "Building."),
        "unit": text("unit", "Unit."),
        "room": text("room", "Room."),
        "floorArea": Column(
            column="floor_area", kind=Scalar.DECIMAL, description="Floor area in square metres."
        ),
        "occupancies": ToMany(
            target="Occupancy",
            on=lambda row, to: to.c.dwelling_id == row.c.id,
            order=lambda to: [to.c.since.desc(), to.c.id],
            description="Owners, tenants and inhabitants, past ones too.",
        ),
        "households": Connection(
            target="Household",
            on=lambda row, to: to.c.dwelling_id == row.c.id,
            description="Households in it.",
        ),
    },
    filters={
        "building": equal("building", Scalar.STRING, "Only this building."),
        "room": equal("room", Scalar.STRING, "Only this room."),
    },
)

OCCUPANCY = ObjectType(
    name="Occupancy",
    description="A tie of a person to a dwelling.",
    table=t.occupancy,
    resource="occupancy",
    node_type="occupancy",
    fields={
        **node_fields(),
        **grid_field(),
        **term_fields(),
        "kind": Column(column="kind", kind=OCCUPANCY_KIND, description="Kind of tie."),
        "dwelling": ToOne(
            target="Dwelling", on=lambda row, to: to.c.id == row.c.dwelling_id, description="The dwelling."
        ),
        "resident": ToOne(
            target="Resident", on=lambda row, to: to.c.id == row.c.resident_id, description="The person."
        ),
    },
)
