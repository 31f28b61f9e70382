"""What the plugin adds to the schema. Every field is declared; none has a resolver that could read rows."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, literal, select

from linli.model import resident
from linli.privacy.consents import consented
from linli_graphql.declare.fields import Column, Computed, Connection, Grafted, ObjectType, Rows, ToOne
from linli_graphql.declare.kinds import Scalar, choice
from linli_graphql.declare.registry import Extension, PluginSchema
from linli_graphql.nodes.grid import below
from linli_graphql.nodes.shared import (
    BY_AGE,
    closed_field,
    equal,
    grid_field,
    instant,
    node_fields,
    refers,
)

from .models import motto

__all__ = ["SCHEMA", "PluginSchema"]

THANKS: Final = "motto__thanks"
STATE = choice(
    "MottoState",
    "How far a motto has come.",
    [
        ("proposed", "Proposed by a resident."),
        ("adopted", "Adopted: the motto of its grid."),
        ("replaced", "Adopted once; another took its place."),
        ("withdrawn", "Withdrawn."),
    ],
)


def quotation(rows: Rows) -> ColumnElement[Any]:
    """The text as it is written on a board; SQL, so the database does it."""
    return literal("「").concat(rows.c.text).concat("」")


def thanked(rows: Rows) -> ColumnElement[Any]:
    """The proposer's name for everybody who reads the motto: only while the person agrees to that."""
    agreed = consented(rows.c.proposer_id, THANKS, 1)
    name = select(resident.c.name).where(resident.c.id == rows.c.proposer_id, agreed)
    return name.correlate(rows).scalar_subquery()


def characters(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Characters without punctuation and blanks, for all rows of an answer in one call."""
    return [sum(unicodedata.category(letter)[0] in "LN" for letter in row["text"]) for row in rows]


MOTTO = ObjectType(
    name="Motto",
    description="A few words that a grid goes by.",
    table=motto,
    resource="motto",
    node_type="motto",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "text": Column(column="text", description="The words."),
        "quotation": Computed(sql=quotation, description="The words in corner brackets, as on a board."),
        "characters": Grafted(
            needs=("text",),
            resolve=characters,
            kind=Scalar.INT,
            description="How many characters a painter has to paint.",
        ),
        "state": Column(column="state", kind=STATE, description="How far it has come."),
        "adoptedAt": instant("adopted_at", "When it was adopted; null if it never was."),
        "thanks": Computed(sql=thanked, description="Who is thanked for it, if they agreed to be named."),
        "proposer": ToOne(
            target="Resident", on=lambda row, to: to.c.id == row.c.proposer_id, description="Who proposed it."
        ),
    },
    orderings=BY_AGE,
    filters={
        "state": equal("state", STATE, "Only this state."),
        "grid": refers("grid_id", "grid", "Only mottos of this very cell."),
    },
)


def current(grid: Rows, to: Rows) -> ColumnElement[bool]:
    """The motto that the grid adopted last: after a merger of grids there can be two."""
    newest = (
        select(motto.c.id)
        .where(motto.c.grid_id == grid.c.id, motto.c.state == "adopted")
        .order_by(motto.c.adopted_at.desc(), motto.c.id.desc())
        .limit(1)
    )
    return to.c.id == newest.correlate(grid).scalar_subquery()


EXTENSIONS = (
    Extension(
        "Grid",
        {
            "mottos": Connection(target="Motto", on=below, description="Mottos here and below."),
            "currentMotto": ToOne(target="Motto", on=current, description="The motto it goes by."),
        },
    ),
    Extension(
        "Resident",
        {
            "proposedMottos": Connection(
                target="Motto",
                on=lambda row, to: to.c.proposer_id == row.c.id,
                description="Mottos that the person has proposed.",
            )
        },
    ),
)

SCHEMA = PluginSchema(
    types=(MOTTO,),
    extensions=EXTENSIONS,
    roots={"mottos": Connection(target="Motto", description="Mottos that the caller may see.")},
)
