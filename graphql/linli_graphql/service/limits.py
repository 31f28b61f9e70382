"""Limits on a document, linear in its size: each fragment is measured once."""

from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
)

from linli_graphql.service.errors import RequestError

MOST_DEPTH = 16
MOST_ALIASES = 60
MOST_DIRECTIVES = 60
MOST_OPERATIONS = 5
LONGEST_ALIAS = 60


@dataclass(frozen=True, slots=True)
class Size:
    """How deep a selection goes, and how many aliases and directives it has, fragments opened."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0


class _Measure:
    def __init__(self, document: DocumentNode) -> None:
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.known: dict[str, Size] = {}

    def of(self, node: Any) -> Size:
        """Return the size of a definition or selection; a fragment in a cycle counts as nothing."""
        depth, aliases, directives = 0, 0, len(node.directives or ())
        for child in node.selection_set.selections if node.selection_set else ():
            size = (
                self._fragment(child.name.value) if isinstance(child, FragmentSpreadNode) else self.of(child)
            )
            if isinstance(child, FragmentSpreadNode):
                directives += len(child.directives or ())
            depth, aliases, directives = (
                max(depth, size.depth),
                aliases + size.aliases,
                directives + size.directives,
            )
        if isinstance(node, FieldNode):
            depth += 1
            aliases += node.alias is not None
            _check_alias(node)
        return Size(depth, aliases, directives)

    def _fragment(self, name: str) -> Size:
        if name not in self.known:
            self.known[name] = Size()
            fragment = self.fragments.get(name)
            if fragment is not None:
                self.known[name] = self.of(fragment)
        return self.known[name]


def check_limits(document: DocumentNode) -> None:
    """Refuse a document that is too large to be worth validating.

    Raises:
        RequestError: it is over a limit; the sentence says which, and how far it goes.
    """
    measure = _Measure(document)
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if not operations:
        raise RequestError.of(400, "GRAPHQL_VALIDATION_FAILED", "The document holds no operation.")
    _refuse_over("operations", len(operations), MOST_OPERATIONS)
    for one in [*operations, *measure.fragments.values()]:
        size = measure.of(one)
        _refuse_over("levels", size.depth, MOST_DEPTH)
        _refuse_over("aliases", size.aliases, MOST_ALIASES)
        _refuse_over("directives", size.directives, MOST_DIRECTIVES)


def _refuse_over(what: str, number: int, most: int) -> None:
    if number > most:
        raise RequestError.of(
            400, "LIMIT_EXCEEDED", f"The document has {number} {what}; at most {most} are allowed."
        )


def _check_alias(node: FieldNode) -> None:
    if node.alias is not None and len(node.alias.value) > LONGEST_ALIAS:
        raise RequestError.of(400, "LIMIT_EXCEEDED", f"An alias may have {LONGEST_ALIAS} characters.")
