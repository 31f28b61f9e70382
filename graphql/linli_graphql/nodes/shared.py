"""Fields and filters that many node types share."""

from collections.abc import Mapping

from sqlalchemy import func

from linli_graphql.declare.fields import Column, Field, Filter, Ordering, PublicId, ToOne
from linli_graphql.declare.kinds import Kind, Scalar


def text(column: str, description: str, *, never_null: bool = False) -> Column:
    """A column of text."""
    return Column(column=column, description=description, never_null=never_null)


def day(column: str, description: str) -> Column:
    """A column of days."""
    return Column(column=column, description=description, kind=Scalar.DATE)


def instant(column: str, description: str, *, never_null: bool = False) -> Column:
    """A column of instants."""
    return Column(column=column, description=description, kind=Scalar.DATE_TIME, never_null=never_null)


def node_fields() -> dict[str, Field]:
    """The fields of every node whose rows change."""
    return {
        "id": PublicId(description="Public id, opaque to clients."),
        "version": Column(
            column="version", kind=Scalar.INT, never_null=True, description="Version to send with a change."
        ),
        "createdAt": instant("created_at", "When the row was made.", never_null=True),
        "updatedAt": instant("updated_at", "When the row was last changed.", never_null=True),
    }


def closed_field() -> dict[str, Field]:
    """The field of nodes that are closed, never deleted."""
    return {"closedAt": instant("valid_to", "When it was closed; null while it is current.")}


def term_fields() -> dict[str, Field]:
    """The fields of ties that last from a day until a day."""
    return {
        "since": day("since", "First day."),
        "until": day("until", "The day on which it ended; null while it lasts."),
    }


def grid_field() -> dict[str, Field]:
    """The field of rows that stand at a grid."""
    return {
        "grid": ToOne(
            target="Grid", on=lambda row, to: to.c.id == row.c.grid_id, description="Where it stands."
        )
    }


BY_AGE: Mapping[str, Ordering] = {
    "created_at": Ordering("By when it was made.", ("id",)),  # ids begin with the time
}
NAME_ORDERINGS: Mapping[str, Ordering] = {"name": Ordering("By name.", ("name",)), **BY_AGE}


def equal(column: str, kind: Kind, description: str) -> Filter:
    """A filter: the column equals the value; enums are stored in lower case."""
    if isinstance(kind, Scalar):
        return Filter(kind, description, lambda rows, value: rows.c[column] == value)
    return Filter(kind, description, lambda rows, value: rows.c[column] == func.lower(value))


def refers(column: str, node_type: str, description: str) -> Filter:
    """A filter: the column refers to a node that the caller can see."""
    return Filter(Scalar.ID, description, lambda rows, value: rows.c[column] == value, node_type)
