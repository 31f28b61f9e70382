"""Shrinking a document that shows a difference: parts are taken away as long as it still does."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphql import (
    REMOVE,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

if TYPE_CHECKING:
    from tests.support.fuzz.trial import Asked

PARTS = frozenset(
    {
        "operation_definition",
        "field",
        "fragment_spread",
        "inline_fragment",
        "argument",
        "directive",
        "object_field",
    }
)
MOST_STEPS = 250
Differs = Callable[["Asked"], Awaitable[str | None]]


class _Without(Visitor):
    """Takes away the part of a number, counted in the order of the document."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def enter(self, node: Node, *_: Any) -> Any:
        if node.kind not in PARTS:
            return None
        self.left -= 1
        return REMOVE if self.left == -1 else None


class _Names(Visitor):
    """Gathers which fragments and variables are used."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def enter(self, node: Node, *_: Any) -> Any:
        if isinstance(node, VariableDefinitionNode):
            return False
        if isinstance(node, FragmentSpreadNode):
            self.used.add(f"...{node.name.value}")
        if isinstance(node, VariableNode):
            self.used.add(f"${node.name.value}")
        return None


class _Unused(Visitor):
    """Takes away definitions that nothing uses."""

    def __init__(self, used: set[str]) -> None:
        super().__init__()
        self.used = used

    def enter(self, node: Node, *_: Any) -> Any:
        if isinstance(node, VariableDefinitionNode):
            return None if f"${node.variable.name.value}" in self.used else REMOVE
        if isinstance(node, FragmentDefinitionNode) and f"...{node.name.value}" not in self.used:
            return REMOVE
        return None


async def shrunk(asked: "Asked", schema: GraphQLSchema, differs: Differs) -> "Asked":
    """Return the smallest document found that still differs."""
    number = steps = 0
    smaller_yet = False
    while steps < MOST_STEPS:
        smaller = _without(asked.document, number)
        if smaller is None and not smaller_yet:
            break
        if smaller is None:
            number, smaller_yet = 0, False  # what could not go before may go now
            continue
        steps += 1
        tried = replace(asked, document=smaller, text=print_ast(smaller))
        if smaller is not asked.document and not validate(schema, smaller) and await _still(tried, differs):
            asked, smaller_yet = tried, True
        else:
            number += 1
    return _trimmed(asked)


async def _still(asked: "Asked", differs: Differs) -> bool:
    try:
        return await differs(asked) is not None
    except AssertionError:
        return False


def _without(document: DocumentNode, number: int) -> DocumentNode | None:
    """Return the document without a part, unchanged if it cannot be missed; None where it has not so many."""
    visitor = _Without(number)
    smaller = visit(document, visitor)
    if visitor.left >= 0:
        return None
    for _ in range(4):
        names = _Names()
        visit(smaller, names)
        smaller = visit(smaller, _Unused(names.used))
    try:
        found = parse(print_ast(smaller))
    except GraphQLError:
        return document
    return document if "{}" in print_ast(found) else found


def _trimmed(asked: "Asked") -> "Asked":
    names = _Names()
    visit(asked.document, names)
    used = {name: value for name, value in asked.variables.items() if f"${name}" in names.used}
    return replace(asked, variables=used, text=print_ast(asked.document))
