"""Fields that several of the plugin's types share."""

from sqlalchemy import ColumnElement, select

from linli import model as t
from linli_graphql.declare.fields import Computed, Connection, Field, Rows, ToOne


def name_of(column: str, description: str) -> Computed:
    """The name of a person, for whoever may read the row; null once the person's record is closed."""

    def sql(rows: Rows) -> ColumnElement[str]:
        person = t.resident.alias()
        found = select(person.c.name).where(person.c.id == rows.c[column], person.c.valid_to.is_(None))
        return found.correlate(rows).scalar_subquery()

    return Computed(sql=sql, description=description)


def one(target: str, column: str, description: str) -> ToOne:
    """Another node that a column of the row refers to."""
    return ToOne(target=target, on=lambda row, to: to.c.id == row.c[column], description=description)


def many(target: str, description: str, column: str = "network_id") -> Connection:
    """The rows of another type that refer to this one."""
    return Connection(target=target, on=lambda row, to: to.c[column] == row.c.id, description=description)


def of_resident(target: str, column: str, description: str) -> Connection:
    """The rows that refer to a resident."""
    return many(target, description, column)


def network_field() -> dict[str, Field]:
    """The field of rows that belong to a network."""
    return {"network": one("Network", "network_id", "The network.")}
