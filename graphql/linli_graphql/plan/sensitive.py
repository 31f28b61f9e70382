"""Personal values as queries show them: masked, or hidden, and never as if they were not there."""

from typing import TYPE_CHECKING, Any

from graphql import FieldNode
from sqlalchemy import ColumnElement, FromClause, case

from linli_graphql.declare import fields as f

if TYPE_CHECKING:
    from linli_graphql.plan.compiler import Compiler


def sensitive(
    compiler: "Compiler", declared: f.Sensitive, nodes: list[FieldNode], rows: FromClause
) -> ColumnElement[Any]:
    """Return the object of a sensitive field; null says that the row has no such value."""
    json, masked = compiler.json, declared.masked(rows)
    selected = compiler.document.fields("Sensitive", nodes)

    def shown(state: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
        known = {"value": value, "state": json.text(state), "__typename": json.text("Sensitive")}
        return json.object([(key, known[group[0].name.value]) for key, group in selected.items()])

    allowed = compiler.permitted(declared.permission, rows, "read")
    return case(
        (~allowed, shown("HIDDEN", json.null())),
        (masked.is_(None), json.null()),
        else_=shown("MASKED", masked),
    )
