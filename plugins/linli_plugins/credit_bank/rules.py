"""Rules of more than a table: expressions in CEL over what is known of an activity, checked when saved.

https://cel.dev; a rule sees only the values named here, has no lists and no loops, and gives whole points.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import cel

from linli.errors import Invalid

MOST_POINTS: Final = 1_000_000
LONGEST: Final = 500
FUNCTIONS: Final = frozenset({"int", "double", "string", "size", "min", "max", "startsWith", "endsWith"})
LOOPS: Final = ("[", "{")

# Each value with samples on which a rule is tried when it is saved; their types are the values' types.
SAMPLES: Final[Mapping[str, tuple[Any, ...]]] = {
    "points": (1, 5),
    "quantity": (1, 2, 1000),
    "difficulty": ("", "难"),
    "frequency": ("", "每周"),
    "times_this_month": (0, 1, 31),
    "weekday": (1, 7),
    "organization": (False, True),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may know of an activity; `weekday` is 1 for Monday, `points` the table's for one."""

    points: int
    quantity: int
    difficulty: str
    frequency: str
    times_this_month: int
    weekday: int
    organization: bool

    def values(self) -> dict[str, Any]:
        """The facts by name."""
        return {name: getattr(self, name) for name in SAMPLES}


def check_rule(rule: str, *path: str) -> None:
    """Refuse a rule that cannot be read, names what is unknown, or does not give whole points.

    Raises:
        Invalid: with the reason.
    """
    if len(rule) > LONGEST or any(sign in rule for sign in LOOPS):
        raise Invalid("credit_bank.rule_shape", *path, most=LONGEST)
    try:
        program = cel.compile(rule)
    except ValueError as error:
        raise Invalid("credit_bank.rule_syntax", *path, reason=_first_line(error)) from error
    unknown = sorted({*program.variables()} - SAMPLES.keys())
    if unknown:
        raise Invalid("credit_bank.rule_names", *path, names=", ".join(unknown), known=", ".join(SAMPLES))
    strange = sorted(name for name in program.functions() if name.isidentifier() and name not in FUNCTIONS)
    if strange:
        raise Invalid(
            "credit_bank.rule_functions", *path, names=", ".join(strange), known=", ".join(sorted(FUNCTIONS))
        )
    for values in product(*SAMPLES.values()):
        _run(program, dict(zip(SAMPLES, values, strict=True)), path)


def by_rule(rule: str, facts: Facts, *path: str) -> int:
    """Return the points that a rule gives.

    Raises:
        Invalid: the rule fails on these facts, or gives what are no points.
    """
    return _run(cel.compile(rule), facts.values(), path)


def _run(program: cel.Program, values: Mapping[str, Any], path: tuple[str, ...]) -> int:
    try:
        given = program.execute(dict(values))
    except (ArithmeticError, RuntimeError, TypeError, ValueError) as error:
        case = ", ".join(f"{name}={value!r}" for name, value in values.items())
        raise Invalid("credit_bank.rule_fails", *path, case=case, reason=_first_line(error)) from error
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= MOST_POINTS:
        raise Invalid("credit_bank.rule_result", *path, given=repr(given)[:80], most=MOST_POINTS)
    return given


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
