"""Hooks: each is documented as it is, answered by a plugin of this repository, and named by a test."""

import ast
import inspect
import re
from collections.abc import Iterator

import pluggy
import pytest

from linli.plugins import hookspecs
from linli.plugins.discovery import installed_rooms
from linli.plugins.markers import PREFIX, PROJECT
from linli.rooms import all_hookspecs
from tests.house.source import ROOT, Module, all_python, files

PAGE = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
SHORTEST = 40


def specified() -> dict[str, pluggy._hooks.HookSpec]:
    """Return what the plugin manager knows of each hook."""
    manager = pluggy.PluginManager(PROJECT)
    for module in (hookspecs, *all_hookspecs(installed_rooms())):
        manager.add_hookspecs(module)
    callers = {name: one for name, one in vars(manager.hook).items() if name.startswith(PREFIX)}
    return {name: one.spec for name, one in callers.items() if one.spec is not None}


HOOKS = specified()


def sections() -> dict[str, str]:
    """Return the sections of the page by their headings."""
    parts = re.split(r"^## (\w+)\n", PAGE, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def answering() -> Iterator[tuple[Module, str]]:
    """Yield each hook that a plugin of the repository answers in its __init__.py."""
    plugins = {place.rpartition("/")[0] for place in files() if place.endswith("/plugin.toml")}
    for module in (Module(f"{folder}/__init__.py") for folder in sorted(plugins)):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef) and "hookimpl" in map(ast.unparse, node.decorator_list):
                yield module, node.name


def test_there_are_hooks_of_the_core_and_of_the_rooms() -> None:
    assert {"linli_tables", "linli_graphql"} <= HOOKS.keys()


def test_the_page_has_one_section_for_each_hook() -> None:
    assert sorted(sections()) == sorted(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_the_page_shows_signature_and_docstring(name: str) -> None:
    section = sections()[name]
    (signature,) = re.findall(rf"^def {name}\((.*)\) -> ([^:]+)$", section, re.MULTILINE)
    arguments = [part.partition(":")[0].strip() for part in signature[0].split(",") if part.strip()]
    assert arguments == list(HOOKS[name].argnames)
    said = inspect.getdoc(HOOKS[name].function) or ""
    assert len(said) > SHORTEST
    assert f"\n\n{said}\n\n" in section


@pytest.mark.parametrize("name", HOOKS)
def test_a_plugin_of_this_repository_answers_it(name: str) -> None:
    answered = {hook for _, hook in answering()}
    assert name in answered, "a hook exists only when a plugin uses it: use it, or strike it"


@pytest.mark.parametrize("name", HOOKS)
def test_a_test_bears_its_name(name: str) -> None:
    wanted = f"test_hook_{name.removeprefix(PREFIX)}_"
    tests = [module for module in all_python() if re.search(r"(^|/)test_\w+\.py$", module.place)]
    functions = (node for module in tests for node in ast.walk(module.tree))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    named = [one.name for one in functions if isinstance(one, kinds) and one.name.startswith(wanted)]
    assert named, f"write a test {wanted}… of what the hook brings about"


def test_no_plugin_answers_a_hook_that_is_not_there() -> None:
    unknown = [f"{module.place}: {hook}" for module, hook in answering() if hook not in HOOKS]
    assert not unknown
