"""Whoever silences a tool says which rule and why; nobody imports everything."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from tests.house.source import Module, all_python

SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|ruff:|mypy:|pragma:|nosec|fmt:|pyright:)", re.IGNORECASE)
CODE = r"[A-Za-z][\w-]*"
REASONED = re.compile(
    rf"""\#\s*(?:noqa:\s*{CODE}(?:,\s*{CODE})*
      |type:\s*ignore\[{CODE}(?:,\s*{CODE})*\]
      |ruff:\s*noqa:\s*{CODE}(?:,\s*{CODE})*
      |pragma:\s*no\s(?:cover|branch)
      )\s+(?:\#|--?|:)\s*\S+(?:\s+\S+)+""",
    re.VERBOSE,
)


def test_every_suppression_names_a_rule_and_a_reason() -> None:
    bare = [
        f"{module.place}:{line}: {comment}"
        for module in all_python()
        for line, comment in _comments(module)
        if SUPPRESSION.search(comment) and not REASONED.search(comment)
    ]
    assert not bare, "write it as: # noqa: S608 - the reason in a few words"


@pytest.mark.parametrize(
    ("comment", "good"),
    [
        ("# noqa", False),
        ("# noqa: S608", False),
        ("# noqa: S608 - names come from our own tables", True),
        ("# noqa: S608 -- names come from our own tables", True),
        ("# type: ignore", False),
        ("# type: ignore[no-untyped-call]", False),
        ("# type: ignore[no-untyped-call]  # casbin ships no types", True),
        ("# pragma: no cover", False),
        ("# fmt: off", False),
    ],
)
def test_what_counts_as_reasoned(comment: str, *, good: bool) -> None:
    assert bool(SUPPRESSION.search(comment))
    assert bool(REASONED.search(comment)) is good


def test_nothing_imports_everything() -> None:
    stars = [
        f"{module.place}:{node.lineno}"
        for module in all_python()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    assert not stars


def _comments(module: Module) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
