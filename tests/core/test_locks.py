"""Advisory locks of PostgreSQL share one space of numbers: no two of ours may be the same by accident."""

import ast
from collections import Counter
from collections.abc import Iterator

from tests.house.source import Module, modules


def test_no_two_locks_have_the_same_number() -> None:
    numbers = [number for module in modules() for number in _locks(module)]
    assert len(numbers) >= 4
    assert [number for number, count in Counter(numbers).items() if count > 1] == []


def _locks(module: Module) -> Iterator[int]:
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value
            if node.targets[0].id.endswith("_LOCK") and isinstance(value, ast.Constant):
                yield int(value.value)  # type: ignore[arg-type]  # a lock is named by a number
