"""Hooks: asked plugin by plugin, checked, contained; what is misspelt or unfit stops the start."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from linli.config import PluginError
from linli.plugins import hookspec, hookspecs
from linli.plugins.manager import Plugins, load_plugins
from tests.support.configs import ENGLISH, loaded, refusals
from tests.support.distributions import Site, installed_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with installed_site(tmp_path / "site") as site:
        yield site


INDICATOR = '@hookimpl\ndef linli_indicators():\n    return [Indicator("{}", "Lit", "亮灯", "lit")]\n'


def load(folder: Path, *enabled: str, specs: tuple[ModuleType, ...] = ()) -> Plugins:
    return load_plugins(enabled, loaded(folder, **ENGLISH), hookspecs=specs)


def refused(folder: Path, *enabled: str) -> list[str]:
    """Load, and ask for what is only asked for later."""
    with pytest.raises(PluginError) as caught:
        load(folder, *enabled).policy_lines()
    return refusals(caught, folder)


def specifications() -> list[str]:
    return [name for name in vars(hookspecs) if name.startswith("linli_")]


def test_each_answer_comes_with_its_plugin_in_the_order_of_loading(tmp_path: Path, site: Site) -> None:
    site.plugin("first", INDICATOR.format("first.lit"), requires=("second",))
    site.plugin("second", INDICATOR.format("second.lit"))
    site.plugin("silent")
    answers = load(tmp_path, "first", "silent").each("linli_indicators")
    assert [plugin.name for plugin, _ in answers] == ["second", "first"]
    assert [[one.name for one in answer] for _, answer in answers] == [["second.lit"], ["first.lit"]]
    assert all(isinstance(answer, tuple) for _, answer in answers)


def test_every_hook_of_the_core_has_a_reference_page_and_a_return_type() -> None:
    for name in specifications():
        spec = getattr(hookspecs, name)
        assert len(inspect.getdoc(spec) or "") > 40, name
        assert spec.__annotations__["return"] is not None


@pytest.mark.parametrize("hook", specifications())
def test_a_hook_that_raises_names_its_plugin_and_line(tmp_path: Path, site: Site, hook: str) -> None:
    site.plugin("broken", f"@hookimpl\ndef {hook}():\n    raise ValueError('out of oil\\nsecond line')\n")
    site.plugin("sound", INDICATOR.format("lit"))
    found = refused(tmp_path, "broken", "sound")
    assert found == [
        f'site/broken/__init__.py, line 4: the hook {hook} of plugin "broken" failed: ValueError: out of oil.'
    ]


def test_the_innermost_line_of_the_plugin_is_named(tmp_path: Path, site: Site) -> None:
    code = "def light():\n    return int('x')\n@hookimpl\ndef linli_indicators():\n    return light()\n"
    site.plugin("lantern", code)
    (sentence,) = refused(tmp_path, "lantern")
    assert sentence.startswith("site/lantern/__init__.py, line 3: ")


@pytest.mark.parametrize("hook", specifications())
def test_a_hook_that_answers_with_nothing_is_refused(tmp_path: Path, site: Site, hook: str) -> None:
    site.plugin("empty", f"@hookimpl\ndef {hook}():\n    pass\n")
    (sentence,) = refused(tmp_path, "empty")
    assert f'the hook {hook} of plugin "empty" returned NoneType, where ' in sentence


WRONG_ANSWERS = [
    ("linli_indicators", "['lit']", "str, where Indicator is due"),
    ("linli_indicators", "'lit'", "str, where list is due"),
    ("linli_indicators", "(one for one in [])", "generator, where list is due"),
    ("linli_tables", "[Indicator]", "Indicator, where Table is due"),
    ("linli_verbs", "[print]", "builtin_function_or_method, where Verb is due"),
    ("linli_settings", "Indicator", "Indicator, where type[BaseModel] is due"),
    ("linli_settings", "5", "int, where type[BaseModel] is due"),
]


@pytest.mark.parametrize(("hook", "answer", "told"), WRONG_ANSWERS)
def test_an_answer_of_the_wrong_type_is_refused(
    tmp_path: Path, site: Site, hook: str, answer: str, told: str
) -> None:
    site.plugin("lantern", f"@hookimpl\ndef {hook}():\n    return {answer}\n")
    (sentence,) = refused(tmp_path, "lantern")
    assert sentence.endswith(f'the hook {hook} of plugin "lantern" returned {told}.')


UNFIT = [
    (
        "@hookimpl\ndef linli_indicator():\n    return []",
        (
            'the plugin "{}" has a hook linli_indicator, and there is none of that name; '
            "did you mean linli_indicators?"
        ),
    ),
    (
        "def linli_qqq():\n    return []",
        'the plugin "{}" has a hook linli_qqq, and there is none of that name.',
    ),
    (
        "@hookimpl\ndef lint_tables():\n    return []",
        'the plugin "{}" has a hook lint_tables, and there is none of that name; did you mean linli_tables?',
    ),
    (
        "@hookimpl(specname='linli_tabels')\ndef tables():\n    return []",
        'the plugin "{}" has a hook linli_tabels, and there is none of that name; did you mean linli_tables?',
    ),
    (
        "def linli_tables():\n    return []",
        'the hook linli_tables of plugin "{}" is not marked; write @hookimpl above it.',
    ),
    (
        "@hookimpl(wrapper=True)\ndef linli_tables():\n    return (yield)",
        'the hook linli_tables of plugin "{}" is a wrapper; hooks are asked one by one, so remove that mark.',
    ),
    (
        "@hookimpl\nasync def linli_tables():\n    return []",
        'the hook linli_tables of plugin "{}" is async; write it with def alone.',
    ),
    (
        "@hookimpl\nasync def linli_tables():\n    yield []",
        'the hook linli_tables of plugin "{}" is async; write it with def alone.',
    ),
    (
        "@hookimpl\ndef linli_tables(config, *rest, quiet=True):\n    return []",
        'the hook linli_tables of plugin "{}" asks for config; on offer are: –.',
    ),
]


@pytest.mark.parametrize(("code", "told"), UNFIT)
def test_a_hook_that_could_not_be_asked_stops_therefused(
    tmp_path: Path, site: Site, code: str, told: str
) -> None:
    site.plugin("lantern", code)
    (sentence,) = refused(tmp_path, "lantern")
    assert sentence == f"site/lantern/__init__.py, line 2: {told.format('lantern')}"


def test_an_optional_hook_may_belong_to_a_room_that_is_not_there(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern", "@hookimpl(optionalhook=True)\ndef linli_of_another_room():\n    return []")
    site.plugin("lost", "@hookimpl\ndef linli_of_another_rom():\n    return []")
    assert load(tmp_path, "lantern").names == ("lantern",)
    (sentence,) = refused(tmp_path, "lantern", "lost")
    assert sentence.endswith("a hook linli_of_another_rom, and there is none of that name.")


def test_hooks_imported_from_a_module_of_the_plugin_count(tmp_path: Path, site: Site) -> None:
    folder = site.plugin("lantern", "from lantern.counts import linli_indicators")
    (folder / "counts.py").write_text(
        "from linli.plugins import Indicator, hookimpl\n" + INDICATOR.format("lit"), encoding="utf-8"
    )
    assert len(load(tmp_path, "lantern").each("linli_indicators")) == 1


IMPORTS = [
    ("raise ValueError('no wick')", "line 2: ", "ValueError: no wick."),
    ("raise KeyboardError", "line 2: ", "NameError: name 'KeyboardError' is not defined."),
    ("import sys\nsys.exit(3)", "line 3: ", "SystemExit: 3."),
    ("\n\ndef x(:\n", "line 4: ", "SyntaxError: invalid syntax (__init__.py, line 4)."),
    ("raise AssertionError", "line 2: ", "AssertionError."),
]


@pytest.mark.parametrize(("code", "line", "told"), IMPORTS)
def test_a_plugin_that_cannot_be_imported(
    tmp_path: Path, site: Site, code: str, line: str, told: str
) -> None:
    site.plugin("lantern", code)
    assert refused(tmp_path, "lantern") == [
        f'site/lantern/__init__.py, {line}the plugin "lantern" cannot be imported: {told}'
    ]


def test_a_room_adds_hooks_of_its_own(tmp_path: Path, site: Site) -> None:
    room = ModuleType("room")

    def linli_greeting(name: str, loud: bool) -> str:
        """Return a greeting."""
        raise NotImplementedError

    vars(room)["linli_greeting"] = hookspec(linli_greeting)
    site.plugin("lantern", "@hookimpl\ndef linli_greeting(name):\n    return f'Hello {name}'")
    plugins = load(tmp_path, "lantern", specs=(room,))
    assert [answer for _, answer in plugins.each("linli_greeting", name="Wang", loud=True)] == ["Hello Wang"]
    assert "no room: linli_greeting" not in refused(tmp_path, "lantern")[0]


def test_a_hook_that_nobody_has_or_knows(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern")
    plugins = load(tmp_path, "lantern")
    assert plugins.each("linli_indicators") == []
    with pytest.raises(AttributeError):
        plugins.each("linli_nonsense")
    with pytest.raises(LookupError):
        plugins.hooks.ask("lantern", tmp_path, "linli_indicators", {})
    with pytest.raises(KeyError):
        plugins.settings("absent")
