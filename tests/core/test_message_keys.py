"""Every message that the code speaks is in both catalogues, with what its sentence names."""

import ast
import re
from collections.abc import Iterator

import pytest

from linli.messages import LANGUAGES, Language, core_messages, placeholders
from tests.house.source import Module, modules

KEY = re.compile(r"(error|command|import|verify)\.[a-z_]+")
SPEAKING = {"AlreadyExists", "Invalid", "text"}  # the calls that name what a sentence needs as keywords


def spoken() -> dict[str, list[str]]:
    """Return the keys that stand in the code of the three rooms, and where."""
    places: dict[str, list[str]] = {}
    for module, node in _nodes():
        if isinstance(node, ast.Constant) and (key := _key(node)):
            places.setdefault(key, []).append(f"{module.place}:{node.lineno}")
    return places


def calls() -> Iterator[tuple[str, str, set[str]]]:
    """Yield place, key and keywords of each call whose keywords fill the sentence."""
    for module, node in _nodes():
        if not isinstance(node, ast.Call) or any(word.arg is None for word in node.keywords):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        for key in filter(None, map(_key, node.args)) if name in SPEAKING else ():
            yield f"{module.place}:{node.lineno}", key, {str(word.arg) for word in node.keywords}


def _nodes() -> Iterator[tuple[Module, ast.AST]]:
    for module in modules():
        if module.room != "plugins":
            yield from ((module, node) for node in ast.walk(module.tree))


def _key(node: ast.expr) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) and KEY.fullmatch(value) else None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_in_the_code_has_its_sentence(language: Language) -> None:
    found = spoken()
    assert {"error.not_found", "error.bad_id", "command.migrate_first"} <= set(found)
    texts = core_messages(strict=True).texts[language]
    lacking = {key: places for key, places in found.items() if not texts.get(key, "").strip()}
    assert not lacking, f"add these to {language}.toml"


def test_every_call_names_what_its_sentence_needs() -> None:
    texts = core_messages(strict=True).texts["en"]
    found = list(calls())
    assert any(key == "error.code_taken" for _, key, _ in found)
    unfilled = [
        f"{place}: {key} needs {sorted(lacking)}"
        for place, key, given in found
        if (lacking := placeholders(texts.get(key, ""), key) - given)
    ]
    assert not unfilled, "these sentences would be shown with their braces"
