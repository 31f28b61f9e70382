"""Building graphql-core types from declarations; no resolver is attached, for nothing is resolved there."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from linli_graphql.declare import fields as f
from linli_graphql.declare.kinds import Choice, Kind
from linli_graphql.declare.registry import Registry
from linli_graphql.schema.scalars import scalars

Describe = Callable[[str, str], str]
N = TypeVar("N", bound=GraphQLNamedType)


class TypeBuilder:
    """Makes each type once, by name; descriptions come through `describe(coordinate, english)`."""

    def __init__(self, registry: Registry, describe: Describe) -> None:
        self.registry = registry
        self.describe = describe
        self.scalars = scalars(describe)
        self.made: dict[str, Any] = {}
        self.node = GraphQLInterfaceType(
            "Node",
            {"id": GraphQLField(GraphQLNonNull(GraphQLID), description=describe("Node.id", "Public id."))},
            description=describe("Node", "Anything with a public id."),
        )

    def object(self, name: str) -> GraphQLObjectType:
        """Return the object type of a declaration."""
        declared = self.registry.types[name]
        return self._once(
            name,
            lambda: GraphQLObjectType(
                name,
                lambda: {key: self.field(name, key, one) for key, one in declared.fields.items()},
                interfaces=[self.node] if declared.node_type is not None else [],
                description=self.describe(name, declared.description),
            ),
        )

    def field(self, owner: str, name: str, one: f.Field) -> GraphQLField:
        """Return the field of a declaration."""
        return GraphQLField(
            self._type_of(one),
            args=self._arguments(f"{owner}.{name}", one),
            description=self.describe(f"{owner}.{name}", one.description),
            deprecation_reason=one.deprecated,
        )

    def kind(self, kind: Kind) -> Any:
        """Return the scalar or enum of a kind."""
        return self.enum(kind) if isinstance(kind, Choice) else self.scalars[kind]

    def enum(self, one: Choice) -> GraphQLEnumType:
        """Return an enum; its values are stored in lower case and shown in upper case."""
        values = {
            value.upper(): GraphQLEnumValue(
                value, description=self.describe(f"{one.name}.{value.upper()}", text)
            )
            for value, text in one.values
        }
        made: GraphQLEnumType = self._once(
            one.name,
            lambda: GraphQLEnumType(one.name, values, description=self.describe(one.name, one.description)),
        )
        return made

    def _once(self, name: str, make: Callable[[], N]) -> N:
        if name not in self.made:
            self.made[name] = make()
        made: N = self.made[name]
        return made

    def _type_of(self, one: f.Field) -> Any:
        match one:
            case f.PublicId():
                return GraphQLNonNull(GraphQLID)
            case f.Column() | f.Computed():
                kind = self.kind(one.kind)
                return GraphQLNonNull(kind) if one.never_null else kind
            case f.Grafted():
                return self.kind(one.kind)
            case f.Sensitive():
                return self.sensitive()
            case f.ToAny() | f.RootNode():
                return self.node
            case f.RootNodes():
                return GraphQLNonNull(GraphQLList(self.node))
            case _:
                return self._type_of_target(one)

    def _type_of_target(self, one: f.Field) -> Any:
        match one:
            case f.ToOne() | f.Part() | f.RootOne() | f.RootSelf():
                return self.object(one.target)
            case f.ToMany():
                return _listed(self.object(one.target))
            case f.RootResolver():
                return _listed(self.object(one.target)) if one.many else self.object(one.target)
            case f.Connection():
                return GraphQLNonNull(self.connection(one.target))
            case _:
                raise TypeError(type(one).__name__)

    def sensitive(self) -> GraphQLObjectType:
        """Return the type of a personal value."""
        state = self.enum(
            Choice(
                "SensitiveState",
                "Why a personal value reads as it does.",
                (("masked", "Shown masked."), ("hidden", "There may be one; the caller may not see it.")),
            )
        )
        texts = {
            "value": (GraphQLString, "The masked value; null if hidden."),
            "state": (GraphQLNonNull(state), "Why it reads as it does."),
        }
        made: GraphQLObjectType = self._once(
            "Sensitive",
            lambda: GraphQLObjectType(
                "Sensitive",
                self._plain("Sensitive", texts),
                description=self.describe(
                    "Sensitive", "A personal value; never in clear text, see `revealSensitive`."
                ),
            ),
        )
        return made

    def connection(self, target: str) -> GraphQLObjectType:
        """Return the connection type of a type."""
        name = f"{target}Connection"
        return self._once(
            name,
            lambda: GraphQLObjectType(
                name,
                lambda: self._plain(
                    "Connection",
                    {
                        "nodes": (_listed(self.object(target)), "The rows of this page."),
                        "edges": (_listed(self.edge(target)), "The rows of this page with their cursors."),
                        "pageInfo": (GraphQLNonNull(self.page_info()), "Whether there are more pages."),
                        "totalCount": (
                            GraphQLNonNull(GraphQLInt),
                            "How many rows the caller may see in all.",
                        ),
                    },
                ),
                description=self.describe("Connection", "A page of rows."),
            ),
        )

    def edge(self, target: str) -> GraphQLObjectType:
        """Return the edge type of a type."""
        name = f"{target}Edge"
        texts = {
            "cursor": (GraphQLNonNull(GraphQLString), "Where this row stands, for `after` and `before`."),
            "node": (GraphQLNonNull(self.object(target)), "The row."),
        }
        return self._once(
            name,
            lambda: GraphQLObjectType(
                name,
                lambda: self._plain("Edge", texts),
                description=self.describe("Edge", "A row of a page with its cursor."),
            ),
        )

    def page_info(self) -> GraphQLObjectType:
        """Return the type of a page's borders."""
        texts = {
            "hasNextPage": (GraphQLNonNull(GraphQLBoolean), "Whether rows follow."),
            "hasPreviousPage": (GraphQLNonNull(GraphQLBoolean), "Whether rows precede."),
            "startCursor": (GraphQLString, "Cursor of the first row."),
            "endCursor": (GraphQLString, "Cursor of the last row."),
        }
        return self._once(
            "PageInfo",
            lambda: GraphQLObjectType(
                "PageInfo",
                self._plain("PageInfo", texts),
                description=self.describe("PageInfo", "The borders of a page."),
            ),
        )

    def _plain(self, owner: str, texts: Mapping[str, tuple[Any, str]]) -> dict[str, GraphQLField]:
        return {
            name: GraphQLField(kind, description=self.describe(f"{owner}.{name}", text))
            for name, (kind, text) in texts.items()
        }

    def _arguments(self, owner: str, one: f.Field) -> dict[str, GraphQLArgument]:
        match one:
            case f.Connection():
                return self._page_arguments(one)
            case f.RootOne() | f.RootResolver():
                return {name: self._argument(f"{owner}({name})", arg) for name, arg in one.arguments.items()}
            case f.RootNode():
                return {"id": self.given("id", GraphQLNonNull(GraphQLID), "Public id.")}
            case f.RootNodes():
                return {"ids": self.given("ids", _listed(GraphQLID), "Public ids, 100 at most.")}
            case _:
                return {}

    def _argument(self, coordinate: str, one: f.Argument) -> GraphQLArgument:
        kind = _listed(self.kind(one.kind)) if one.many else self.kind(one.kind)
        if one.required and not one.many:
            kind = GraphQLNonNull(kind)
        return GraphQLArgument(kind, description=self.describe(coordinate, one.description))

    def given(self, name: str, kind: Any, description: str) -> GraphQLArgument:
        """Return an argument that many fields share."""
        return GraphQLArgument(kind, description=self.describe(f"argument.{name}", description))

    def _page_arguments(self, one: f.Connection) -> dict[str, GraphQLArgument]:
        target = self.registry.types[one.target]
        found = {
            "first": self.given(
                "first", GraphQLInt, "Rows of a page from the start, 20 if left out, 200 at most."
            ),
            "after": self.given("after", GraphQLString, "Only rows after this cursor."),
            "last": self.given("last", GraphQLInt, "Rows of a page from the end, 200 at most."),
            "before": self.given("before", GraphQLString, "Only rows before this cursor."),
            "within": self.given("within", GraphQLID, "Only rows at this grid or below it."),
        }
        if target.searchable:
            found["search"] = self.given("search", GraphQLString, "Only rows whose name holds these words.")
        for name, extra in one.filters.items():
            found[name] = self.given(name, self.kind(extra.kind), extra.description)
        if target.filters or target.open_column:
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
                self.kind(extra.kind), description=self.describe(f"{one.name}Where.{name}", extra.description)
            )
            for name, extra in one.filters.items()
        }
        if one.open_column is not None:
            text = "Only closed or ended rows, in place of current ones."
            fields["closed"] = GraphQLInputField(
                GraphQLBoolean, description=self.describe("Where.closed", text)
            )
        name = f"{one.name}Where"
        return self._once(
            name,
            lambda: GraphQLInputObjectType(
                name, fields, description=self.describe("Where", "Conditions that must all hold.")
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
                GraphQLNonNull(self.enum(choices)),
                description=self.describe("Order.field", "What to order by."),
            ),
            "direction": GraphQLInputField(
                GraphQLNonNull(self.enum(direction)),
                default_value="asc",
                description=self.describe("Order.direction", "Which way."),
            ),
        }
        return self._once(
            name,
            lambda: GraphQLInputObjectType(
                name, fields, description=self.describe("Order", "An order of rows.")
            ),
        )


def _listed(kind: Any) -> GraphQLNonNull[Any]:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(kind)))
