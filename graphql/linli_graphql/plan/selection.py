"""Collecting the fields of a selection: fragments opened, skips obeyed, equal response keys merged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    is_abstract_type,
)
from graphql.execution.values import get_argument_values, get_directive_values

Selection = Mapping[str, list[FieldNode]]


@dataclass(frozen=True)
class Document:
    """What selections are read from: the schema, the fragments by name, and the variables of this shape."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Any

    def fields(self, type_name: str, nodes: list[FieldNode]) -> Selection:
        """Return the fields selected below these nodes for a concrete type, by response key, in order."""
        found: dict[str, list[FieldNode]] = {}
        for node in nodes:
            if node.selection_set is not None:
                self._collect(type_name, node.selection_set, found, set())
        return found

    def root(self, type_name: str, selections: SelectionSetNode) -> Selection:
        """Return the root fields of an operation."""
        found: dict[str, list[FieldNode]] = {}
        self._collect(type_name, selections, found, set())
        return found

    def _collect(
        self, type_name: str, selections: SelectionSetNode, found: dict[str, list[FieldNode]], seen: set[str]
    ) -> None:
        for node in self._applying(type_name, selections, seen):
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
            else:
                self._collect(type_name, node, found, seen)

    def _applying(
        self, type_name: str, selections: SelectionSetNode, seen: set[str]
    ) -> Iterator[FieldNode | SelectionSetNode]:
        for node in selections.selections:
            if not self._wanted(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._matches(type_name, node.type_condition.name.value):
                    yield node.selection_set
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._matches(type_name, fragment.type_condition.name.value):
                    yield fragment.selection_set

    def _wanted(self, node: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _matches(self, type_name: str, condition: str) -> bool:
        if type_name == condition:
            return True
        abstract = self.schema.type_map[condition]
        concrete: Any = self.schema.type_map[type_name]
        return is_abstract_type(abstract) and self.schema.is_sub_type(abstract, concrete)


def arguments_of(document: Document, type_name: str, node: FieldNode) -> dict[str, Any]:
    """Return the arguments of a field; values from variables are as the document's variables hold them."""
    parent = document.schema.type_map[type_name]
    if not isinstance(parent, GraphQLObjectType):
        raise TypeError(f"{type_name} is not an object type")
    return get_argument_values(parent.fields[node.name.value], node, document.variables)


def picked(document: Document, type_name: str, nodes: list[FieldNode], value: Any) -> Any:
    """Return what is selected of a flat object that Python made, or of each of a list."""
    if value is None:
        return None
    if isinstance(value, list):
        return [picked(document, type_name, nodes, one) for one in value]
    selected = document.fields(type_name, nodes)
    whole = {"__typename": type_name, **value}
    return {key: whole.get(group[0].name.value) for key, group in selected.items()}
