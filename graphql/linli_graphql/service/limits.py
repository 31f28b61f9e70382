"""Limits on a document, linear in its size: each fragment is measured once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from linli_graphql.service.errors import RequestError

MOST_TOKENS: Final = 3_000
MOST_DEPTH: Final = 16
MOST_FIELDS: Final = 500
MOST_REPEATS: Final = 40
MOST_ALIASES: Final = 60
MOST_DIRECTIVES: Final = 60
MOST_VARIABLES: Final = 100
MOST_FRAGMENTS: Final = 40
MOST_OPERATIONS: Final = 5
LONGEST_ALIAS: Final = 60


@dataclass(frozen=True, slots=True)
class Size:
    """How deep a selection goes, and how much it holds, fragments opened."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    def beside(self, other: "Size") -> "Size":
        """Return the size of two selections in one."""
        return Size(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
        )

    def check(self) -> None:
        """Refuse what is too large.

        Raises:
            RequestError: which limit it is over, and how far.
        """
        _refuse_over("levels", self.depth, MOST_DEPTH)
        _refuse_over("aliases", self.aliases, MOST_ALIASES)
        _refuse_over("directives", self.directives, MOST_DIRECTIVES)
        _refuse_over("fields", self.fields, MOST_FIELDS)


class Measure:
    """Measures a document.

    Attributes:
        visited: how many nodes of the document were looked at so far.
    """

    def __init__(self, document: DocumentNode) -> None:
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.visited = 0
        self._known: dict[str, Size] = {}

    def of(self, node: Any) -> Size:
        """Return the size of a definition or selection; a fragment in a cycle counts as nothing."""
        self.visited += 1
        size = Size(directives=len(node.directives or ()))
        for child in node.selection_set.selections if node.selection_set else ():
            size = size.beside(self._of_child(child))
        if isinstance(node, FieldNode):
            _check_alias(node)
            aliased = node.alias is not None
            size = Size(size.depth + 1, size.fields + 1, size.aliases + aliased, size.directives)
        return size

    def _of_child(self, child: Any) -> Size:
        if not isinstance(child, FragmentSpreadNode):
            return self.of(child)
        self.visited += 1
        return self._fragment(child.name.value).beside(Size(directives=len(child.directives or ())))

    def _fragment(self, name: str) -> Size:
        if name not in self._known:
            self._known[name] = Size()
            fragment = self.fragments.get(name)
            if fragment is not None:
                self._known[name] = self.of(fragment)
        return self._known[name]

    def check_repeats(self, selections: Sequence[SelectionSetNode]) -> None:
        """Refuse a field that stands in one place too often: validation compares each pair of them.

        The number of fields must have been checked before.

        Raises:
            RequestError: one does.
        """
        for nodes in self._merged(selections).values():
            if len(nodes) > MOST_REPEATS:
                message = (
                    f"A field stands {len(nodes)} times in one place; at most {MOST_REPEATS} are allowed."
                )
                raise RequestError.of(400, "LIMIT_EXCEEDED", message)
            below = [one.selection_set for one in nodes if one.selection_set is not None]
            if below:
                self.check_repeats(below)

    def _merged(self, selections: Sequence[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """Return the fields that stand in one place, by response key, whatever their types."""
        found: dict[str, list[FieldNode]] = {}
        waiting, seen = [*selections], set[str]()
        while waiting:
            for node in waiting.pop().selections:
                self.visited += 1
                if isinstance(node, FieldNode):
                    found.setdefault((node.alias or node.name).value, []).append(node)
                elif not isinstance(node, FragmentSpreadNode):
                    waiting.append(node.selection_set)  # type: ignore[attr-defined]  # an inline fragment has one
                elif node.name.value not in seen and node.name.value in self.fragments:
                    seen.add(node.name.value)
                    waiting.append(self.fragments[node.name.value].selection_set)
        return found


def check_limits(document: DocumentNode) -> Measure:
    """Refuse a document that is too large to be worth validating; return what measured it.

    Raises:
        RequestError: it is over a limit; the sentence says which, and how far it goes.
    """
    measure = Measure(document)
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if not operations:
        raise RequestError.of(400, "GRAPHQL_VALIDATION_FAILED", "The document holds no operation.")
    _refuse_over("operations", len(operations), MOST_OPERATIONS)
    _refuse_over("fragments", len(measure.fragments), MOST_FRAGMENTS)
    for operation in operations:
        _refuse_over("variables", len(operation.variable_definitions or ()), MOST_VARIABLES)
    definitions = [*operations, *measure.fragments.values()]
    for size in map(measure.of, definitions):
        size.check()
    for one in definitions:
        measure.check_repeats([one.selection_set])
    return measure


def _refuse_over(what: str, number: int, most: int) -> None:
    if number > most:
        raise RequestError.of(
            400, "LIMIT_EXCEEDED", f"The document has {number} {what}; at most {most} are allowed."
        )


def _check_alias(node: FieldNode) -> None:
    if node.alias is not None and len(node.alias.value) > LONGEST_ALIAS:
        raise RequestError.of(400, "LIMIT_EXCEEDED", f"An alias may have {LONGEST_ALIAS} characters.")
