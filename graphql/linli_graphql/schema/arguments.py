"""Arguments of fields, and the inputs `where` and `orderBy`, from declarations."""

from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
)

from linli_graphql.declare import fields as f
from linli_graphql.declare.kinds import Choice

if TYPE_CHECKING:
    from linli_graphql.schema.types import TypeBuilder


class ArgumentBuilder:
    """Makes the arguments of fields."""

    def __init__(self, types: "TypeBuilder") -> None:
        self._types = types

    def of(self, owner: str, one: f.Field) -> dict[str, GraphQLArgument]:
        """Return the arguments of a field, by name."""
        match one:
            case f.Connection():
                return self._page(one)
            case f.RootOne() | f.RootResolver():
                return {name: self._argument(f"{owner}({name})", arg) for name, arg in one.arguments.items()}
            case f.RootNode():
                return {"id": self.given("id", GraphQLNonNull(GraphQLID), "Public id.")}
            case f.RootNodes():
                return {"ids": self.given("ids", listed(GraphQLID), "Public ids, 100 at most.")}
            case _:
                return {}

    def _argument(self, coordinate: str, one: f.Argument) -> GraphQLArgument:
        kind = listed(self._types.kind(one.kind)) if one.many else self._types.kind(one.kind)
        if one.required and not one.many:
            kind = GraphQLNonNull(kind)
        return GraphQLArgument(kind, description=self._types.describe(coordinate, one.description))

    def given(self, name: str, kind: Any, description: str) -> GraphQLArgument:
        """Return an argument that many fields share."""
        return GraphQLArgument(kind, description=self._types.describe(f"argument.{name}", description))

    def _page(self, one: f.Connection) -> dict[str, GraphQLArgument]:
        target = self._types.registry.types[one.target]
        found = {
            "first": self.given(
                "first", GraphQLInt, "Rows of a page from the start, 20 if left out, 200 at most."
            ),
            "after": self.given("after", GraphQLString, "Only rows after this cursor."),
            "last": self.given("last", GraphQLInt, "Rows of a page from the end, 200 at most."),
            "before": self.given("before", GraphQLString, "Only rows before this cursor."),
        }
        if target.part_of is None:
            found["within"] = self.given("within", GraphQLID, "Only rows at this grid or below it.")
        if target.searchable:
            found["search"] = self.given("search", GraphQLString, "Only rows whose name holds these words.")
        for name, extra in one.filters.items():
            found[name] = self.given(name, self._types.kind(extra.kind), extra.description)
        if target.filters or target.lookups or target.open_column:
            found["where"] = self.given("where", self.where(target), "Only rows for which all of this holds.")
        if target.orderings:
            found["orderBy"] = self.given(
                "orderBy", self.order(target), "Order of the rows; by place if left out."
            )
        return found

    def where(self, one: f.ObjectType) -> GraphQLInputObjectType:
        """Return the filter input of a type."""
        fields = {
            name: GraphQLInputField(
                self._types.kind(extra.kind),
                description=self._types.describe(f"{one.name}Where.{name}", extra.description),
            )
            for name, extra in one.filters.items()
        }
        for name in one.lookups:
            text = "Only whose value is this, all of it, as far as the caller may reveal it."
            fields[name] = GraphQLInputField(
                GraphQLString, description=self._types.describe("Where.lookup", text)
            )
        if one.open_column is not None:
            text = "Only closed or ended rows, in place of current ones."
            fields["closed"] = GraphQLInputField(
                GraphQLBoolean, description=self._types.describe("Where.closed", text)
            )
        name = f"{one.name}Where"
        return self._types.once(
            name,
            lambda: GraphQLInputObjectType(
                name, fields, description=self._types.describe("Where", "Conditions that must all hold.")
            ),
        )

    def order(self, one: f.ObjectType) -> GraphQLInputObjectType:
        """Return the ordering input of a type."""
        choices = Choice(
            f"{one.name}OrderField",
            "What rows are ordered by.",
            tuple((name, ordering.description) for name, ordering in one.orderings.items()),
        )
        direction = Choice("OrderDirection", "Which way.", (("asc", "Ascending."), ("desc", "Descending.")))
        name = f"{one.name}Order"
        fields = {
            "field": GraphQLInputField(
                GraphQLNonNull(self._types.enum(choices)),
                description=self._types.describe("Order.field", "What to order by."),
            ),
            "direction": GraphQLInputField(
                GraphQLNonNull(self._types.enum(direction)),
                default_value="asc",
                description=self._types.describe("Order.direction", "Which way."),
            ),
        }
        return self._types.once(
            name,
            lambda: GraphQLInputObjectType(
                name, fields, description=self._types.describe("Order", "An order of rows.")
            ),
        )


def listed(kind: Any) -> GraphQLNonNull[Any]:
    """Return the type of a list without nulls that is never null."""
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(kind)))
