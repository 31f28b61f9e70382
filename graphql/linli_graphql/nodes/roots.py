"""The root fields of the core, and all of its types, in one contribution."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_

from linli.verbs import core_verbs
from linli_graphql.declare.fields import (
    Argument,
    Connection,
    Field,
    ObjectType,
    RootNode,
    RootNodes,
    RootOne,
    RootSelf,
    Rows,
)
from linli_graphql.declare.kinds import Scalar
from linli_graphql.declare.registry import Contribution
from linli_graphql.nodes import access, bodies, people, privacy, ties
from linli_graphql.nodes.choices import LEVEL
from linli_graphql.nodes.grid import GRID, STATISTICS
from linli_graphql.nodes.shared import equal
from linli_graphql.nodes.tools import EXPLANATION, GRID_IMPACT, TOOL_ROOTS

TYPES: tuple[ObjectType, ...] = (
    GRID,
    STATISTICS,
    people.RESIDENT,
    people.RESIDENCE,
    people.HOUSEHOLD,
    people.DWELLING,
    people.OCCUPANCY,
    bodies.PARTY_BRANCH,
    bodies.ORGANIZATION,
    bodies.PROJECT,
    bodies.PROJECT_PARTY,
    ties.MEMBERSHIP,
    ties.POST,
    ties.RELATIONSHIP,
    access.ACCOUNT,
    access.ASSIGNMENT,
    access.ROLE_HELD,
    access.VIEWER,
    access.DATA_ACCESS,
    access.EVENT,
    *privacy.TYPES,
    EXPLANATION,
    GRID_IMPACT,
)


def by_code(rows: Rows, values: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    """The open grid of a code."""
    return and_(rows.c.code == values["code"], rows.c.valid_to.is_(None))


def by_grid(rows: Rows, values: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    """The grid of an id."""
    return rows.c.id == values["within"]


ROOTS: dict[str, Field] = {
    "viewer": RootSelf(target="Viewer", description="The account that asks; null without a token."),
    "node": RootNode(description="Any node by its id; null if there is none or it may not be seen."),
    "nodes": RootNodes(
        description="Any nodes by their ids, in the order asked; null in each place not seen."
    ),
    "grid": RootOne(
        target="Grid",
        arguments={"code": Argument(kind=Scalar.STRING, required=True, description="Official or own code.")},
        where=by_code,
        description="The current grid of a code.",
    ),
    "grids": Connection(
        target="Grid",
        filters={"level": equal("level", LEVEL, "Only this level.")},
        description="Grids that the caller may see.",
    ),
    "residents": Connection(target="Resident", description="Residents that the caller may see."),
    "households": Connection(target="Household", description="Households that the caller may see."),
    "partyBranches": Connection(
        target="PartyBranch", description="Party organisations that the caller may see."
    ),
    "organizations": Connection(target="Organization", description="Organisations that the caller may see."),
    "projects": Connection(target="Project", description="Projects that the caller may see."),
    "memberships": Connection(target="Membership", description="Memberships that the caller may see."),
    "posts": Connection(target="Post", description="Posts that the caller may see."),
    "relationships": Connection(target="Relationship", description="Relationships that the caller may see."),
    "assignments": Connection(
        target="Assignment", description="Roles that accounts hold, as far as visible."
    ),
    "dataAccesses": Connection(
        target="DataAccess",
        description="Who looked at personal values in clear text; residents see who looked at theirs.",
    ),
    "events": Connection(target="Event", description="Events that the caller may see."),
    "statistics": RootOne(
        target="Statistics",
        arguments={
            "within": Argument(kind=Scalar.ID, node_type="grid", required=True, description="Id of the grid.")
        },
        where=by_grid,
        description="Official figures of a grid and all below it.",
    ),
    **privacy.ROOTS,
    **TOOL_ROOTS,
}


def core_contribution() -> Contribution:
    """Return what the core itself declares."""
    return Contribution("core", TYPES, (), ROOTS, core_verbs())
