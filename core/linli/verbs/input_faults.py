"""What is wrong with an input, as refusals: pydantic's findings in the catalogue's sentences."""

from typing import Any, Final

from pydantic import ValidationError

from linli.errors import Refusal

MOST: Final = 20
SENTENCES: Final = {
    "string_too_long": "error.too_long",
    "string_too_short": "error.too_short",
    "string_pattern_mismatch": "error.bad_form",
    "too_long": "error.too_many",
    "too_short": "error.too_few",
    "greater_than_equal": "error.too_low",
    "less_than_equal": "error.too_high",
    "missing": "error.missing",
}


def refusals_of(error: ValidationError, *within: str) -> list[Refusal]:
    """Return a refusal for each thing that is wrong; `within` leads to what was validated."""
    found = error.errors(include_url=False)
    # A list is said to be too short where one of its items is wrong: what is wrong is the item.
    around = {one["loc"][:steps] for one in found for steps in range(len(one["loc"]))}
    return [_refusal(one, within) for one in found if one["loc"] not in around][:MOST]


def _refusal(fault: Any, within: tuple[str, ...]) -> Refusal:
    path = (*within, *(str(step) for step in fault["loc"]))
    return Refusal("INVALID_INPUT", _key(fault), path, {"reason": fault["msg"], **fault.get("ctx", {})})


def _key(fault: Any) -> str:
    kind: str = fault["type"]
    if kind.startswith("error."):
        return kind
    return "error.missing" if fault["input"] is None else SENTENCES.get(kind, "error.invalid_value")
