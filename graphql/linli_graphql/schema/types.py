"""Building graphql-core types from declarations; no resolver is attached, for nothing is resolved there."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLID,
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
from linli_graphql.schema.arguments import ArgumentBuilder, listed
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
        return self.once(
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
            args=ArgumentBuilder(self).of(f"{owner}.{name}", one),
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
        made: GraphQLEnumType = self.once(
            one.name,
            lambda: GraphQLEnumType(one.name, values, description=self.describe(one.name, one.description)),
        )
        return made

    def once(self, name: str, make: Callable[[], N]) -> N:
        """Return the type of a name, made at the first call."""
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
                return listed(self.object(one.target))
            case f.RootResolver():
                return listed(self.object(one.target)) if one.many else self.object(one.target)
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
        made: GraphQLObjectType = self.once(
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
        return self.once(
            name,
            lambda: GraphQLObjectType(
                name,
                lambda: self._plain(
                    "Connection",
                    {
                        "nodes": (listed(self.object(target)), "The rows of this page."),
                        "edges": (listed(self.edge(target)), "The rows of this page with their cursors."),
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
        return self.once(
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
        return self.once(
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
