"""Fields and filters that several types of the credit bank have."""

from sqlalchemy import ColumnElement

from linli_graphql.declare.fields import Column, Field, Filter, Rows, ToOne
from linli_graphql.declare.kinds import Scalar
from linli_graphql.nodes.shared import refers


def number(column: str, description: str) -> Column:
    """A column of whole numbers."""
    return Column(column=column, kind=Scalar.INT, description=description)


def bank_field(column: str = "bank_id", description: str = "Its bank.") -> ToOne:
    """The bank that a row belongs to."""
    return ToOne(target="CreditBank", on=lambda row, to: to.c.id == row.c[column], description=description)


def measure_field() -> ToOne:
    """The version of a measure by which something earned."""
    return ToOne(
        target="CreditMeasure",
        on=lambda row, to: to.c.id == row.c.measure_id,
        description="The line of the measure table, in the version that was in force.",
    )


def member_field() -> ToOne:
    """The member whose a row is."""
    return ToOne(
        target="CreditMember", on=lambda row, to: to.c.id == row.c.member_id, description="Whose it is."
    )


def titles() -> dict[str, Field]:
    """A title in both languages."""
    return {
        "titleZh": Column(column="title_zh", description="What it is, in Chinese."),
        "titleEn": Column(column="title_en", description="What it is, in English."),
    }


def bank_filter() -> Filter:
    """Only what belongs to one bank."""
    return refers("bank_id", "credit_bank", "Only of this bank.")


def in_force(rows: Rows, day: ColumnElement[object]) -> ColumnElement[bool]:
    """The row holds on a day."""
    return (rows.c.since <= day) & (rows.c.until.is_(None) | (rows.c.until > day))
