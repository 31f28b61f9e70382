"""What is wrong with the SQL of a value: it must be of the row that it is given, and of no other."""

from collections.abc import Iterator

from sqlalchemy import FromClause, SelectBase, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement

from linli_graphql.declare import fields as f

OWN_ROW = "linli_own_row"


def faults_of(one: f.ObjectType, field: f.Field) -> Iterator[str]:
    """Yield a sentence for each fault of a value's SQL, as far as the declarations tell."""
    expression = _expression(field)
    if expression is None or one.table is None:
        return
    rows = one.table.alias(OWN_ROW)
    try:
        value = expression(rows)
        read = select(value).select_from(rows)
        written = str(read.compile(dialect=sqlite.dialect()))
    except Exception as error:  # noqa: BLE001 - a plugin's code may raise anything
        yield f"its SQL fails: {type(error).__name__}: {error}."
        return
    others = [str(source) for source in read.get_final_froms() if source is not rows]
    if others:
        yield f"it reads {', '.join(others)} beside its own row; read another table in a sub-select."
    apart = written.count(f"AS {OWN_ROW}") > 1
    if apart or not all(_mentions(source, rows) for source in _outermost(value)):
        yield "its sub-select does not depend on the row; compare with columns of what it is given."


def _expression(field: f.Field) -> f.Expression | None:
    match field:
        case f.Computed():
            return field.sql
        case f.Sensitive():
            return field.masked
        case _:
            return None


def _outermost(element: visitors.ExternallyTraversible) -> Iterator[SelectBase]:
    """Yield the sub-selects of an expression, and not those within them."""
    if isinstance(element, SelectBase):
        yield element
        return
    for part in element.get_children():
        yield from _outermost(part)


def _mentions(source: ClauseElement, rows: FromClause) -> bool:
    return any(getattr(part, "table", None) is rows for part in visitors.iterate(source))
