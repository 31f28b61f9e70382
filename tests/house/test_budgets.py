"""Functions and modules stay small enough to be read in one look."""

import ast
from collections.abc import Iterator

from tests.house.source import Module, all_python

FUNCTION_LINES = 40
MODULE_LINES = 300

# place, or place:function -> the sentence that says why it may be longer
EXEMPT: dict[str, str] = {}


def test_functions_stay_small() -> None:
    long = [entry for entry in _long_functions() if entry.rsplit(" ", 1)[0] not in EXEMPT]
    assert not long, f"over {FUNCTION_LINES} lines: divide it, or give the reason in EXEMPT"


def test_modules_stay_small() -> None:
    long = [entry for entry in _long_modules() if entry.rsplit(" ", 1)[0] not in EXEMPT]
    assert not long, f"over {MODULE_LINES} lines: divide it, or give the reason in EXEMPT"


def test_exemptions_are_needed_and_reasoned() -> None:
    needed = {entry.rsplit(" ", 1)[0] for entry in (*_long_functions(), *_long_modules())}
    assert set(EXEMPT) <= needed, "strike what is no longer needed"
    assert all(len(reason.split()) > 3 for reason in EXEMPT.values())


def _long_functions() -> list[str]:
    return [
        f"{module.place}:{function.name} {lines}"
        for module in all_python()
        for function in _functions(module)
        if (lines := _lines(function)) > FUNCTION_LINES
    ]


def _long_modules() -> list[str]:
    counted = ((module.place, len(module.text.splitlines())) for module in all_python())
    return [f"{place} {lines}" for place, lines in counted if lines > MODULE_LINES]


def _functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """From `def` to the end; a docstring is counted apart, being there for strangers."""
    whole = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is None:
        return whole
    return whole - ((first.end_lineno or first.lineno) - first.lineno + 1)
