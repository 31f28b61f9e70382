"""Grid and its official statistics."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, cast, func, literal, select
from sqlalchemy.types import Integer

from linli import model as t
from linli import rollup
from linli.database.sql import key_in_path
from linli_graphql.declare.fields import (
    Column,
    Computed,
    Connection,
    Field,
    ObjectType,
    Ordering,
    Part,
    Rows,
    ToMany,
    ToOne,
)
from linli_graphql.declare.kinds import Scalar
from linli_graphql.nodes.choices import LEVEL
from linli_graphql.nodes.shared import NAME_ORDERINGS, closed_field, equal, node_fields, refers, text
from linli_graphql.plan.dialect import constant

SMALL_CELL = 5


def counted(metric: str, *, of_people: bool) -> Callable[[Rows], ColumnElement[Any]]:
    """Return the expression of a grid's count; counts of people from 1 to 4 are withheld."""

    def expression(rows: Rows) -> ColumnElement[Any]:
        number = cast(rollup.counted(metric, rows.c.key, rows.c.path), Integer)
        if not of_people:
            return number
        # OFFSET keeps the databases from putting the count in the place of each mention of it.
        counts = select(number.label("number")).offset(constant(0)).subquery()
        large = ~counts.c.number.between(constant(1), constant(SMALL_CELL - 1))
        return select(counts.c.number).where(large).scalar_subquery()

    return expression


def statistic(metric: str, description: str, *, of_people: bool = False) -> Computed:
    """Declare a count by grid, folded and pending, exact at any moment."""
    return Computed(sql=counted(metric, of_people=of_people), kind=Scalar.INT, description=description)


def ancestors(rows: Rows, to: Rows) -> ColumnElement[bool]:
    """`to` lies above `rows`: its key stands in the other's path; fillers are left out."""
    return (to.c.key != rows.c.key) & to.c.filler.is_(False) & key_in_path(to.c.key, rows.c.path)


def below(row: Rows, to: Rows) -> ColumnElement[bool]:
    """`to` stands at the grid `row` or below it."""
    high = func.substr(row.c.path, 1, func.length(row.c.path) - 1).concat(literal("0"))
    return (to.c.path >= row.c.path) & (to.c.path < high)


def standing_below(target: str, description: str) -> Connection:
    """Declare the list of all that stands at a grid and below it."""
    return Connection(target=target, on=below, subtree=True, description=description)


GRID_FIELDS: dict[str, Field] = {
    **node_fields(),
    **closed_field(),
    "code": text("code", "Official code, or the place's own below the official division."),
    "codeScheme": text("code_scheme", "Which list the code is from: `gb2260`, `nbs` or `place`."),
    "name": text("name", "Name that people use.", never_null=True),
    "officialName": text("official_name", "The string of the official table, as it stands there."),
    "level": Column(column="level", kind=LEVEL, never_null=True, description="Level or kind."),
    "isFiller": Column(
        column="filler",
        kind=Scalar.BOOLEAN,
        never_null=True,
        description="Whether it only fills a level of the official table; left out of ancestors.",
    ),
    "isVirtual": Column(
        column="virtual",
        kind=Scalar.BOOLEAN,
        never_null=True,
        description="Whether it is a virtual community.",
    ),
    "isQuasi": Column(
        column="quasi",
        kind=Scalar.BOOLEAN,
        never_null=True,
        description="Whether its committee is a quasi-committee (class 4 or 5 of the official codes).",
    ),
    "parent": ToOne(
        target="Grid", on=lambda row, to: to.c.id == row.c.parent_id, description="The cell above."
    ),
    "ancestors": ToMany(
        target="Grid",
        on=ancestors,
        order=lambda to: [to.c.path],
        limit=24,
        description="The cells above, outermost first, fillers left out.",
    ),
    "children": Connection(
        target="Grid", on=lambda row, to: to.c.parent_id == row.c.id, description="The cells directly below."
    ),
    "residents": standing_below("Resident", "Residents here and below."),
    "households": standing_below("Household", "Households here and below."),
    "dwellings": standing_below("Dwelling", "Dwellings here and below."),
    "partyBranches": Connection(
        target="PartyBranch",
        on=below,
        subtree=True,
        description="Party organisations seated here and below.",
    ),
    "organizations": standing_below("Organization", "Organisations here and below."),
    "projects": standing_below("Project", "Projects here and below."),
    "posts": standing_below("Post", "Posts held here and below."),
    "successors": ToMany(
        target="Grid",
        on=lambda row, to: to.c.id.in_(
            select(t.succession.c.successor_id)
            .where(t.succession.c.predecessor_id == row.c.id)
            .correlate(row)
        ),
        order=lambda to: [to.c.path],
        description="The grids that took over when this one was merged or split.",
    ),
    "covers": ToMany(
        target="Grid",
        on=lambda row, to: to.c.id.in_(
            select(t.coverage.c.spine_grid_id).where(t.coverage.c.side_grid_id == row.c.id).correlate(row)
        ),
        order=lambda to: [to.c.path],
        description="The spine cells that a side territory covers.",
    ),
    "statistics": Part(
        target="Statistics",
        action="statistics",
        description="Official figures; null for those who may not see them.",
    ),
}


GRID = ObjectType(
    name="Grid",
    description="A cell of territory, from province to micro-grid, or a side territory such as an estate.",
    table=t.grid,
    resource="grid",
    node_type="grid",
    fields=GRID_FIELDS,
    orderings={**NAME_ORDERINGS, "level": Ordering("By level, by name of level.", ("level",))},
    filters={
        "level": equal("level", LEVEL, "Only this level."),
        "code": equal("code", Scalar.STRING, "Only the grid of this code."),
        "parent": refers("parent_id", "grid", "Only cells directly below this one."),
    },
)

STATISTICS = ObjectType(
    name="Statistics",
    description="Official figures of a grid and all below it; 1 to 4 people are withheld as null.",
    table=t.grid,
    resource="grid",
    action="statistics",
    fields={
        "grid": ToOne(
            target="Grid", on=lambda row, to: to.c.id == row.c.id, description="The grid they are of."
        ),
        "residents": statistic("resident", "People who live there.", of_people=True),
        "households": statistic("household", "Households."),
        "partyBranches": statistic("party_branch", "Party organisations seated there."),
        "organizations": statistic("organization", "Organisations."),
        "projects": statistic("project", "Projects."),
    },
)
