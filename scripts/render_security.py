"""Write the table of docs/security.md: each case that blocks a release, beside its tests and their proof.

.venv/bin/python scripts/render_security.py            writes the table
.venv/bin/python scripts/render_security.py --check    says whether it is what tests and faults say

A test names its cases by `@pytest.mark.case(19)`. A guard proves a test when the test went red without it:
the seeded faults name their tests, and docs/soak.md tells which of them were planted in the last soak.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.house.seeded_faults.faults import FAULTS, Fault  # noqa: E402 - a script stands outside the packages
from tests.security.cases import GROUPS  # noqa: E402 - same

PAGE: Final = ROOT / "docs" / "security.md"
SOAK: Final = ROOT / "docs" / "soak.md"
BEGIN, END = "<!-- cases -->\n", "<!-- end of cases -->\n"
NOTICED: Final = re.compile(r"^\| (?P<fault>[^|]+) \| `tests/[^|]+` \|$", re.MULTILINE)
Proofs = Mapping[int, Sequence[str]]


def tests_by_case() -> Proofs:
    """Return the ids of the tests of each case, in the order of their files."""
    found: dict[int, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        place = file.relative_to(ROOT).as_posix()
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for case in _cases(node):
                    found[case].append(f"{place}::{node.name}")
    return found


def faults_by_case(tests: Proofs) -> Mapping[int, Sequence[Fault]]:
    """Return the seeded faults that name a test of each case."""
    return {case: [one for one in FAULTS if set(one.tests) & set(named)] for case, named in tests.items()}


def table() -> str:
    """Return the groups with their cases, and above them how many are proved."""
    tests = tests_by_case()
    faults = faults_by_case(tests)
    noticed = set(NOTICED.findall(SOAK.read_text(encoding="utf-8")))
    parts = []
    for title, cases in GROUPS.items():
        rows = [_row(case, cases[case], tests.get(case, ()), faults.get(case, ()), noticed) for case in cases]
        head = "| Case | Attempted | Tests | Guard taken away | Last soak |\n|---|---|---|---|---|"
        parts.append("\n".join([f"### {title}\n", head, *rows]))
    all_cases = [case for cases in GROUPS.values() for case in cases]
    shown = sum(bool(tests.get(case)) for case in all_cases)
    proved = sum(bool(faults.get(case)) for case in all_cases)
    told = f"{len(all_cases)} cases; {shown} have tests, {proved} a guard that is taken away to see them red."
    return "\n\n".join([told, *parts]) + "\n"


def page() -> str:
    """Return docs/security.md with its table made anew."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def _row(case: int, title: str, tests: Sequence[str], faults: Sequence[Fault], noticed: set[str]) -> str:
    named = "<br>".join(f"`{one.removeprefix('tests/')}`" for one in tests) or "**open**"
    guards = "<br>".join(one.name for one in faults) or "**open**"
    seen = sum(one.name in noticed for one in faults)
    return f"| {case} | {title} | {named} | {guards} | {seen} of {len(faults)} red |"


def _cases(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[int]:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.case":
            yield from (int(ast.literal_eval(one)) for one in mark.args)


def main() -> None:
    told = page()
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text(encoding="utf-8") != told)
    PAGE.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()
