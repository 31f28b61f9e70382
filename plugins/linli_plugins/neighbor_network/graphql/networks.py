"""Networks, who convenes them, their members and spaces."""

from sqlalchemy import ColumnElement, select

from linli import model as t
from linli_graphql.declare.fields import Column, Computed, ObjectType, Part, Rows
from linli_graphql.declare.kinds import Scalar
from linli_graphql.nodes.shared import (
    NAME_ORDERINGS,
    closed_field,
    equal,
    grid_field,
    node_fields,
    refers,
    term_fields,
    text,
)
from linli_plugins.neighbor_network.models import member, network, space

from .shared import many, name_of, network_field, one


def _label(rows: Rows) -> ColumnElement[str]:
    home = t.household.alias()
    found = select(home.c.label).where(home.c.id == rows.c.core_household_id, home.c.valid_to.is_(None))
    return found.correlate(rows).scalar_subquery()


CONTACT = ObjectType(
    name="NetworkContact",
    description="Whom neighbours turn to; named to those who live in the cell, its members and its staff.",
    table=network,
    resource="network",
    action="contact",
    fields={
        "convenorName": name_of("convenor_id", "Who convenes the network; null while nobody does."),
        "coreHousehold": Computed(
            sql=_label, description="The household that it gathers around; null while there is none."
        ),
    },
)

NETWORK = ObjectType(
    name="Network",
    description="A network of neighbours, of a kind that the place has set up.",
    table=network,
    resource="network",
    node_type="network",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "name": text("name", "Name that people use."),
        "kind": text("kind", "Name of its kind, see `networkKinds`."),
        "introduction": text("introduction", "What it is for."),
        "functions": Column(
            column="functions", kind=Scalar.JSON, description="Names of its functions, see `networkKinds`."
        ),
        "contact": Part(
            target="NetworkContact",
            action="contact",
            description="Whom to turn to; null for those who neither live nor work there.",
        ),
        "parent": one("Network", "parent_id", "The network to which it passes matters up."),
        "convenor": one("Resident", "convenor_id", "Who convenes it, for those who see the person's record."),
        "leadOrganization": one("Organization", "lead_organization_id", "The organisation that leads it."),
        "partyBranch": one("PartyBranch", "party_branch_id", "The party organisation that leads it."),
        "networks": many("Network", "The networks below it.", "parent_id"),
        "members": many("NetworkMember", "Its members, as far as the caller may see them."),
        "spaces": many("NeighborSpace", "The spaces that it has made."),
        "matters": many("Matter", "Matters that stand here, as far as the caller may see them."),
        "help": many("MutualHelp", "Help asked for and offered here, as far as the caller may see it."),
        "shifts": many("RotaShift", "Its rota, as far as the caller may see it."),
    },
    orderings=NAME_ORDERINGS,
    filters={
        "kind": equal("kind", Scalar.STRING, "Only this kind."),
        "grid": refers("grid_id", "grid", "Only networks of this very cell."),
        "parent": refers("parent_id", "network", "Only networks below this one."),
    },
)

MEMBER = ObjectType(
    name="NetworkMember",
    description="A resident in a network; seen by the person, by who convenes the network, and by its staff.",
    table=member,
    resource="network_member",
    node_type="network_member",
    fields={
        **node_fields(),
        **grid_field(),
        **term_fields(),
        **network_field(),
        "role": text("role", "Name of the role, see `networkKinds`."),
        "consent": text("consent", "How the person agreed; null if they joined of their own accord."),
        "name": name_of("resident_id", "The person's name."),
        "resident": one("Resident", "resident_id", "The person, for those who see the person's record."),
    },
    filters={"role": equal("role", Scalar.STRING, "Only this role.")},
)

SPACE = ObjectType(
    name="NeighborSpace",
    description="A space that a network has made for its neighbours.",
    table=space,
    resource="neighbor_space",
    node_type="neighbor_space",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        **network_field(),
        "name": text("name", "Name that people use."),
        "elements": Column(
            column="elements", kind=Scalar.JSON, description="Names of the elements that it has."
        ),
    },
    orderings=NAME_ORDERINGS,
)
