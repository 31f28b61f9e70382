"""docs/policies.md says what the lines say: its examples run, its tables are complete."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

from linli.access.resources import CORE_RESOURCES, by_name
from linli.policy import Reach
from linli_policies.cases import load_cases, run_cases
from linli_policies.checks import faults
from linli_policies.engine import default_source, load_policy
from linli_policies.lines import PolicySource, parse

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
RESOURCES = by_name(CORE_RESOURCES)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def first_column(heading: str) -> list[str]:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE)


def test_its_lines_can_be_read_and_are_default_lines() -> None:
    (text,) = blocks("csv")
    assert not faults(
        parse([PolicySource("page", text + "\np, party_secretary, grid, read, all, allow")]), RESOURCES
    )
    assert {line for line in text.splitlines() if not line.startswith("#")} <= set(
        default_source().text.splitlines()
    )


def test_its_program_prints_what_stands_below_it() -> None:
    (program,), (printed,) = blocks("python"), blocks("text")
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(program, "docs/policies.md", "exec"), {})  # noqa: S102 - the page's own example
    assert out.getvalue() == printed


def test_its_truth_table_holds() -> None:
    (table,) = blocks("toml")
    assert run_cases(load_policy(RESOURCES), load_cases([PolicySource("docs/policies.md", table)])) == ()


def test_its_tables_name_every_role_and_reach() -> None:
    assert sorted(first_column("The default roles")) == sorted(load_policy(RESOURCES).roles)
    assert sorted(first_column("Reach")) == sorted(Reach)
